"""Local delivery in each of its ways, through a real daemon: aliases, copies, transports, commands, and who hears of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.scripted_server import Rule, ScriptedServer

Make = Callable[..., Instance]
RETRIES = "minimal_backoff_time = 1s\nqueue_run_delay = 1s\nrecipient_delimiter = +\n"
IS_ROOT = os.geteuid() == 0


def with_aliases(instance: Instance, **aliases: str) -> None:
    """Give it aliases, in a table without a file."""
    entries = " ".join(f"{{ {name} = {value} }}" for name, value in aliases.items())
    add_settings(instance, f"alias_maps = inline:{{ {entries} }}")


def add_settings(instance: Instance, *lines: str) -> None:
    """More lines for main.cf."""
    instance.configure("\n".join(lines))


def open_directory(place: Path) -> Path:
    """A directory that commands can write to: in an instance of root they run as default_privs."""
    place.chmod(0o711)
    directory = place / "open"
    directory.mkdir()
    directory.chmod(0o777)
    return directory


def outcomes(instance: Instance) -> list[tuple[str, str]]:
    """(recipient, status with its text) of each delivery in the log, sorted."""
    lines = [line for line in instance.log_text().split("\n") if " status=" in line]
    return sorted(
        (line.partition(" to=<")[2].partition("@")[0], line.partition(" status=")[2])
        for line in lines
    )


def reports(instance: Instance) -> list[bytes]:
    """Notices that the instance's user got."""
    return [m for m in instance.delivered() if b"multipart/report" in m]


# -- aliases -----------------------------------------------------------------------------


def test_one_failing_member_is_one_notice(make_instance: Make) -> None:
    """The others get the message."""
    instance = make_instance(RETRIES)
    user = instance.user
    with_aliases(instance, all=f"{user}+a, {user}+b, nobody-1, nobody-2")
    instance.start()
    assert instance.submit("-f", user, "all") == 0
    wait_for(instance.is_queue_empty)
    wait_for(lambda: len(instance.delivered()) == 3)
    (notice,) = reports(instance)
    assert notice.count(b"Final-Recipient: ") == 2
    messages = [m for m in instance.delivered() if m != notice]
    assert len(messages) == 2
    for message in messages:
        assert b"Delivered-To: all@mail.example.test\n" in message


def test_a_copy_is_stored_with_the_result(make_instance: Make, place: Path) -> None:
    """The member of an :include: file gets a message of its own, which names the list."""
    instance = make_instance(RETRIES)
    place.chmod(0o711)
    (instance.directory / "list").write_text(
        f"# members\n{instance.user}+one\n\n{instance.user}+two\n"
    )
    with_aliases(instance, list=f":include:{instance.directory}/list")
    instance.start()
    assert instance.submit("list") == 0
    wait_for(instance.is_queue_empty)
    wait_for(lambda: len(instance.delivered()) == 2)
    for message in instance.delivered():
        assert message.count(b"\nDelivered-To: list@mail.example.test\n") == 1
        assert message.count(b"\nReceived: ") == 2
    assert instance.log_text().count("(forwarded as ") == 1


def test_an_owner_gets_the_notices(make_instance: Make) -> None:
    """The envelope sender is the owner- alias; the sender of the message hears nothing."""
    instance = make_instance(RETRIES)
    with_aliases(instance, list=f"gone-1, {instance.user}+m", **{"owner-list": instance.user})
    instance.start()
    assert instance.submit("-f", "someone@else.test", "list") == 0
    wait_for(instance.is_queue_empty)
    wait_for(lambda: len(instance.delivered()) == 2)
    (notice,) = reports(instance)
    assert b"X-Original-To: owner-list@mail.example.test\n" in notice
    (message,) = [m for m in instance.delivered() if m != notice]
    assert message.startswith(b"Return-Path: <owner-list@mail.example.test>\n")


def test_an_owner_hears_of_files(make_instance: Make) -> None:
    """Though the mail has no sender; of each in a notice of its own, which does not show the list's address."""
    instance = make_instance(RETRIES)
    with_aliases(instance, list="/nosuchdir/a, /nosuchdir/b", **{"owner-list": instance.user})
    instance.start()
    assert instance.submit("-f", "", "list") == 0
    wait_for(instance.is_queue_empty)
    wait_for(lambda: len(instance.delivered()) == 2)
    for notice in reports(instance):
        assert b"X-Original-To: owner-list@mail.example.test\n" in notice
        assert b"\nFinal-Recipient: rfc822; list@mail.example.test\nAction: failed\n" in notice
        assert notice.count(b"Final-Recipient: ") == 1


# -- other services ----------------------------------------------------------------------


def lmtp(instance: Instance, server: ScriptedServer, parameter: str = "mailbox_transport") -> None:
    """Leave deliveries to this server."""
    add_settings(instance, f"{parameter} = lmtp:inet:127.0.0.1:{server.port}")


def test_mailbox_transport(make_instance: Make) -> None:
    """The LMTP server has the message, with the user's address."""
    instance = make_instance(RETRIES)
    with ScriptedServer(is_lmtp=True) as server:
        lmtp(instance, server)
        instance.start()
        assert instance.submit(f"{instance.user}+ext") == 0
        wait_for(instance.is_queue_empty)
        assert len(server.messages) == 1
        assert any(f"RCPT TO:<{instance.user}+ext@" in c for c in server.commands)
        assert instance.delivered() == []
    assert f"passing <{instance.user}+ext@" in instance.log_text()


def test_members_behind_a_transport_are_tried_again(make_instance: Make) -> None:
    """One that waits brings all of the alias back, and no copy goes out before all are done."""
    instance = make_instance(RETRIES)
    rules: tuple[Rule, ...] = (
        ("RCPT", "bob@", "450 4.2.1 later"),
        ("RCPT", "bad@", "550 5.1.1 no"),
    )
    with ScriptedServer(*rules, is_lmtp=True) as server:
        lmtp(instance, server)
        with_aliases(instance, all="alice, bob, bad, copy@else.test")
        instance.start()
        assert instance.submit("-f", "", "all") == 0
        wait_for(lambda: len([o for o in outcomes(instance) if o[1].startswith("deferred")]) >= 2)
        assert not [who for who, _ in outcomes(instance) if who == "copy"]
        server.rules = rules[1:]
        wait_for(instance.is_queue_empty)
    said = [(who, status.split(" ")[0]) for who, status in outcomes(instance)]
    assert said.count(("bob", "sent")) == 1
    assert said.count(("copy", "sent")) == 1
    assert ("bad", "bounced") in said


def test_fallback_transport_and_luser_relay(make_instance: Make) -> None:
    """For those who are neither an alias nor a user: the transport first."""
    instance = make_instance(f"{RETRIES}luser_relay = $user+lost@else.test")
    instance.start()
    assert instance.submit("nobody-here") == 0
    wait_for(instance.is_queue_empty)
    wait_for(lambda: ("nobody-here+lost", "sent (else.test)") in outcomes(instance))
    with ScriptedServer(is_lmtp=True) as server:
        lmtp(instance, server, "fallback_transport")
        assert instance.run("postfix", "reload").returncode == 0
        assert instance.submit("nobody-here") == 0
        wait_for(lambda: server.messages)
        wait_for(instance.is_queue_empty)


# -- commands and files --------------------------------------------------------------------


@pytest.mark.skipif(IS_ROOT, reason="root's mail is never given to a .forward file")
def test_a_forward_file_names_a_command_and_its_owner(make_instance: Make, place: Path) -> None:
    """Both get it: the command once, the user a mailbox."""
    instance = make_instance(f"{RETRIES}forward_path = {place}/forward")
    target = open_directory(place) / "taken"
    (place / "forward").write_text(f'"|cat > {target}"\n{instance.user}\n')
    instance.start()
    assert instance.submit(instance.user) == 0
    wait_for(instance.delivered)
    wait_for(target.exists)
    assert f"Delivered-To: {instance.user}@".encode() in target.read_bytes()


def test_mailbox_command(make_instance: Make, place: Path) -> None:
    """Its environment and its input."""
    instance = make_instance(RETRIES)
    directory = open_directory(place)
    add_settings(instance, f'mailbox_command = (env; cat) > {directory}/"$EXTENSION"')
    instance.start()
    assert instance.submit("-f", "from@else.test", f"{instance.user}+some") == 0
    wait_for(instance.is_queue_empty)
    lines = (directory / "some").read_text().split("\n")
    expected = {
        f"USER={instance.user}",
        f"LOCAL={instance.user}+some",
        "DOMAIN=mail.example.test",
        "SENDER=from@else.test",
        f"Delivered-To: {instance.user}+some@mail.example.test",
    }
    assert expected <= set(lines)
    assert any(line.startswith("From from@else.test  ") for line in lines)


def test_a_command_that_fails_for_now_is_run_again(make_instance: Make, place: Path) -> None:
    """EX_TEMPFAIL, then success; output with a code decides instead."""
    instance = make_instance(RETRIES)
    directory = open_directory(place)
    script = f"mkdir {directory}/first 2>/dev/null && exit 75; touch {directory}/second"
    with_aliases(instance, once=f'"|{script}"', never='"|echo 5.7.1 not you; exit 75"')
    instance.start()
    assert instance.submit("-f", instance.user, "once", "never") == 0
    wait_for(instance.is_queue_empty)
    wait_for(instance.delivered)
    assert (directory / "second").exists()
    statuses = [(who, status) for who, status in outcomes(instance) if who in ("once", "never")]
    assert [(who, status.split(" ")[0]) for who, status in statuses] == [
        ("never", "bounced"),
        ("once", "deferred"),
        ("once", "sent"),
    ]
    assert statuses[0][1] == "bounced (not you )"


def test_files(make_instance: Make, place: Path) -> None:
    """A file and a Maildir that an alias names."""
    instance = make_instance(RETRIES)
    directory = open_directory(place)
    with_aliases(instance, keep=f"{directory}/box, {directory}/dir/")
    instance.start()
    assert instance.submit("keep") == 0
    wait_for(instance.is_queue_empty)
    assert (directory / "box").read_bytes().startswith(b"From ")
    assert len(list((directory / "dir" / "new").iterdir())) == 1


# -- sendmail -bv --------------------------------------------------------------------------


def test_a_probe_runs_nothing(make_instance: Make, place: Path) -> None:
    """The report says what would be done."""
    instance = make_instance(f"{RETRIES}luser_relay = lost@else.test")
    directory = open_directory(place)
    (place / "list").write_text("copy@else.test\n")
    user = instance.user
    with_aliases(
        instance,
        cmd=f'"|touch {directory}/ran"',
        file=f"{directory}/box",
        list=f":include:{place}/list",
        some=f"{user}, other@else.test",
    )
    instance.start()
    assert instance.submit("-bv", "-f", user, "cmd", "file", "list", "some", "nobody-here") == 0
    wait_for(instance.delivered)
    wait_for(instance.is_queue_empty)
    assert list(directory.iterdir()) == []
    said = [outcome for outcome in outcomes(instance) if not outcome[1].startswith("sent")]
    assert said == sorted(
        [
            ("cmd", f"deliverable (delivers to command: touch {directory}/ran)"),
            ("file", f"deliverable (delivers to file: {directory}/box)"),
            ("copy", "deliverable (forwards to copy@else.test)"),
            ("other", "deliverable (forwards to other@else.test)"),
            ("lost", "deliverable (forwards to lost@else.test)"),
            (user, "deliverable (delivers to maildir)"),
        ]
    )
    assert len(instance.delivered()) == 1


def test_postqueue_shows_the_alias_that_waits(make_instance: Make) -> None:
    """The recipient in the queue is the alias, not its members."""
    instance = make_instance(RETRIES)
    with_aliases(instance, all='"|exit 75", gone-1')
    instance.start()
    assert instance.submit("-f", "", "all") == 0
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["deferred"])
    (entry,) = instance.queue_entries()
    assert json.dumps(entry).count('"address"') == 1
    assert entry["recipients"] == [
        {"address": "all@mail.example.test", "delay_reason": "temporary failure"}
    ]
