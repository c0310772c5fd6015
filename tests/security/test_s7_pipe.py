"""S7: what pipe(8) hands to a command is data: an argument each, never a part of a line that a shell reads."""

from __future__ import annotations

import os
import string
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyfixcli.delivery.pipe.attributes import Attributes
from pyfixcli.delivery.pipe.macros import MESSAGE, RECIPIENT, expand_arguments
from pyfixcli.mail.address import Extensions
from pyfixcli.mail.delivery import RequestRecipient, Status
from tests.security.test_s7_shell import SHAPES
from tests.support.agent_run import OTHER, Piped, make_request
from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
ALL = tuple(f"${{{name}}}" for name in (*MESSAGE, *RECIPIENT))
HOSTILE = st.text(alphabet=string.printable + "\u00e9\u2028${}()", max_size=40)


def hostile_request(text: str):  # type: ignore[no-untyped-def]
    """A request in which everything that a peer chooses is this text."""
    recipients = (RequestRecipient(0, f"{text}@{text}", f"{text}+{text}@{text}"),)
    names = ("sender", "nexthop", "client_name", "client_address", "helo", "protocol")
    return make_request(recipients=recipients, **dict.fromkeys(names, text))


@given(text=HOSTILE, flags=st.sets(st.sampled_from("hqu")))
def test_s7_what_a_peer_says_is_never_expanded(text: str, flags: set[str]) -> None:
    """As many arguments as the service names, and no macro in an address is looked at."""
    attributes = Attributes(argv=("/cmd", *ALL, "end"), flags=frozenset(flags))
    found = expand_arguments(attributes, hostile_request(text), Extensions("+"))
    assert len(found) == len(ALL) + 2
    assert (found[0], found[-1]) == ("/cmd", "end")
    sender = found[1 + ALL.index("${sender}")]
    assert sender == (text or "MAILER-DAEMON") or "q" in flags


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE.filter(lambda text: "\0" not in text))
def test_s7_the_command_sees_what_was_said(text: str, place: Path) -> None:
    """A real command: each argument arrives octet by octet."""
    place.chmod(0o755)
    program, record = place / "program", place / "record"
    if not program.exists():
        program.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" > {record}\n")
        program.chmod(0o755)
        record.write_text("")
        os.chown(record, OTHER.pw_uid, OTHER.pw_gid)
    service = Piped(f"argv={program}", "-f", "$sender", "--", "$nexthop")
    (result,) = service.deliver("a@else.test", sender=text, nexthop=text)
    assert result.status is Status.SENT, result.text
    words = record.read_bytes().decode().split("\0")[:-1]
    assert words == ["-f", text or "MAILER-DAEMON", "--", text]


def test_s7_a_command_name_is_never_looked_for_by_a_shell(place: Path) -> None:
    """The first word of argv= is a program, whatever characters it has."""
    service = Piped(f"argv=touch {place}/canary;", "x")
    (result,) = service.deliver("a@else.test")
    assert result.status is Status.DEFERRED
    assert not (place / "canary").exists()


def test_s7_no_address_reaches_a_shell_through_pipe(make_instance: Make) -> None:
    """Hostile senders, recipients and extensions through a whole mail system; a canary never appears."""
    instance = make_instance("default_transport = run\nrecipient_delimiter = +\n")
    instance.directory.chmod(0o755)
    for directory in (instance.directory, instance.directory.parent):
        directory.chmod(0o755)
    shared = instance.directory / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    canary, record = shared / "canary", shared / "record"
    program = shared / "program"
    program.write_text(f'#!/bin/sh\necho "$#" >> {record}\ncat > /dev/null\n')
    program.chmod(0o755)
    with (instance.config / "master.cf").open("a") as stream:
        stream.write(
            "run unix - n n - - pipe\n"
            f"  flags=FROh user={OTHER.pw_name} directory=/ argv={program}\n"
            "  ${sender} ${nexthop} ${size} ${recipient} ${user} ${extension} ${mailbox}\n"
            "  ${domain} ${original_recipient} ${client_helo} --x=${extension}\n"
        )
    with (instance.config / "main.cf").open("a") as stream:
        stream.write("run_destination_recipient_limit = 1\n")
    instance.start()
    command = f"touch {canary}"
    count = 0
    for shape in SHAPES:
        text = shape.format(c=command, f=str(canary).lstrip("/"), user="x")
        for recipient in (f"x{text}@else.test", f'"{text}"@else.test', f'"x+{text}"@{text}.test'):
            count += not instance.submit("-f", text, "--", recipient)
    assert count > len(SHAPES)
    wait_for(instance.is_queue_empty, 60)
    assert not canary.exists()
    assert set(record.read_text().split()) == {"11"}
    assert "panic" not in instance.log_text()
