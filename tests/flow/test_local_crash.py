"""Processes die at random moments while local mail is delivered in each of its ways: none is lost, none doubled without need."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.flow.test_crash import EVERYTHING, SETTINGS, kill_at_random
from tests.support.instance import Instance, wait_for
from tests.support.load import Delivered, SendmailLoad, delivered_copies, unexplained_copies
from tests.support.smtp_sink import SmtpSink

Make = Callable[..., Instance]
KILLS = int(os.environ.get("PYFIX_KILLS", "8"))
PATIENCE = 0.5  # seconds in which a result is committed while nothing else dies

# What the delivery processes know outlives these.
KEEPING = (("store",), ("queue",), ("edge",))
# These take results with them that are not committed yet.
LOSING = (
    ("local",),
    ("deliver",),
    ("zygote",),
    ("queue", "local"),
    ("queue", "deliver"),
    ("store", "local"),
    EVERYTHING,
)
pytestmark = pytest.mark.timeout(150 + 10 * KILLS)
LIST = "both"
COPY = b"+copy"
RECORD = re.compile(
    rb"^From \S+  [^\n]+\n(?:[^\n]+\n)*?[^\n]*\bid ([0-9A-F]{8,});[^\n]*\n(?:[^\n]+\n)*?Subject: (m\d+)\n"
    rb"(?:[^\n]+\n)*\nbody of \2\n\n",
    re.MULTILINE,
)


@pytest.fixture(params=["keeping", "losing"])
def deaths(request: pytest.FixtureRequest) -> tuple[tuple[str, ...], ...]:
    """Which processes die together."""
    return KEEPING if request.param == "keeping" else LOSING


def under_load(
    instance: Instance, deaths: tuple[tuple[str, ...], ...], recipient: str = ""
) -> tuple[set[str], list[float]]:
    """Mail comes in while processes die: (what was accepted, when a delivery process died), with an empty queue."""
    instance.start()
    with SendmailLoad(instance, recipient=recipient) as load:
        ends = kill_at_random(instance, KILLS, *deaths)
    wait_for(instance.is_queue_empty, 120)
    check = instance.run("postsuper", "-s")
    assert (check.returncode, check.stderr) == (0, b"")
    panics = "\n".join(line for line in instance.log_text().split("\n") if "panic" in line)
    assert not panics, panics
    assert load.accepted
    return load.accepted, ends if deaths is LOSING else []


def assert_each_once(
    instance: Instance, accepted: set[str], copies: list[Delivered], ends: list[float]
) -> None:
    """Each message is there, and twice only where a death explains it; the log of what is wrong else."""
    assert accepted - {copy.subject for copy in copies} == set()
    wrong = unexplained_copies(copies, ends, PATIENCE)
    ids = {copy.queue_id for pair in wrong for copy in pair}
    log = [line for line in instance.log_text().split("\n") if any(each in line for each in ids)]
    assert (wrong, log) == ([], [])


def test_maildir(make_instance: Make, deaths: tuple[tuple[str, ...], ...]) -> None:
    """Nothing partial appears beneath ``new``."""
    instance = make_instance(SETTINGS)
    accepted, ends = under_load(instance, deaths)
    for message in instance.delivered():
        assert re.search(rb"^Subject: (m\d+)\n(?:.+\n)*\nbody of \1\n\Z", message, re.MULTILINE)
    assert_each_once(instance, accepted, delivered_copies(instance), ends)


def mbox_records(path: Path) -> Iterator[Delivered]:
    """The complete messages of a mailbox file."""
    for found in RECORD.finditer(path.read_bytes()):
        yield Delivered(found[2].decode(), found[1].decode(), 0.0)


def test_mbox(make_instance: Make, deaths: tuple[tuple[str, ...], ...]) -> None:
    """Each message is whole in the file; only what a kill interrupted is there in part."""
    instance = make_instance(f"{SETTINGS}\nstale_lock_time = 1s\ndeliver_lock_delay = 1s")
    path = instance.config / "main.cf"
    spool = f"mail_spool_directory = {instance.mail}"
    path.write_text(path.read_text().replace(f"{spool}/\n", f"{spool}\n"))
    accepted, ends = under_load(instance, deaths)
    mailbox = instance.mail / instance.user
    found = list(mbox_records(mailbox))
    assert accepted - {record.subject for record in found} == set()
    partial = mailbox.read_bytes().count(b"\nSubject: m") - len(found)
    assert partial <= len(ends) // 2
    if not ends:
        assert len({record.subject for record in found}) == len(found)


def test_alias_with_a_copy(
    make_instance: Make, place: Path, deaths: tuple[tuple[str, ...], ...]
) -> None:
    """A member of the alias gets the message, one of an :include: file a copy, which is stored with the result."""
    instance = make_instance(f"{SETTINGS}\nrecipient_delimiter = +")
    place.chmod(0o711)
    included = instance.directory / "included"
    included.write_text(f"{instance.user}{COPY.decode()}\n")
    members = f"{instance.user}, :include:{included}"
    instance.configure(f"alias_maps = inline:{{ {{ {LIST} = {members} }} }}")
    accepted, ends = under_load(instance, deaths, LIST)
    for is_copy in (True, False):
        copies = delivered_copies(instance, lambda text, wanted=is_copy: (COPY in text) is wanted)  # type: ignore[misc]
        assert_each_once(instance, accepted, copies, ends)


def test_mailbox_transport(make_instance: Make, deaths: tuple[tuple[str, ...], ...]) -> None:
    """What local leaves to lmtp, for a recipient and for both members of an alias."""
    with SmtpSink() as sink:
        instance = make_instance(f"{SETTINGS}\nmailbox_transport = lmtp:inet:127.0.0.1:{sink.port}")
        accepted, ends = under_load(instance, deaths)
        assert_each_once(instance, accepted, sink.copies, ends)
