"""virtual(8) and pipe(8) in a running instance: services of any name, all sizes, broken ones beside good ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.agent_run import OTHER
from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
LARGE = "Subject: large\n\n" + "0123456789012345678901234567890123456789\n" * 5000

VIRTUAL = """
virtual_mailbox_domains = v.test
virtual_mailbox_base = {shared}
virtual_mailbox_maps = inline:{{ {{joe@v.test=joe/}}, {{tim@v.test=tim}}, {{bad@v.test=bad}} }}
virtual_uid_maps = inline:{{ {{bad@v.test=0}}, {{@v.test={uid}}} }}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_transport = boxes
recipient_delimiter = +
"""
PIPES = """
transport_maps = inline:{{ {{a.test=archive}}, {{b.test=broken}}, {{s.test=slow}} }}
recipient_delimiter = +
archive_destination_recipient_limit = 1
slow_time_limit = 1s
"""


def prepare(instance: Instance) -> Path:
    """A directory that OTHER may enter and write."""
    for directory in (instance.directory.parent, instance.directory):
        directory.chmod(0o755)
    shared = instance.directory / "shared"
    shared.mkdir()
    os.chown(shared, OTHER.pw_uid, OTHER.pw_gid)
    return shared


def configure(instance: Instance, main: str, master: str) -> None:
    """Add lines to both files."""
    with (instance.config / "main.cf").open("a") as stream:
        stream.write(main)
    with (instance.config / "master.cf").open("a") as stream:
        stream.write(master)


@pytest.fixture
def instance(make_instance: Make) -> Instance:
    return make_instance()


def test_virtual_mailboxes(instance: Instance) -> None:
    """A Maildir and a mailbox file, an unknown user, an id that is refused; content from the environment and from a file."""
    shared = prepare(instance)
    settings = VIRTUAL.format(shared=shared, uid=OTHER.pw_uid, gid=OTHER.pw_gid)
    configure(instance, settings, "boxes unix - n n - - virtual\n")
    instance.start()
    for text in ("Subject: small\n\nsmall\n", LARGE):
        for to in ("Joe+x@V.test", "tim@v.test"):
            assert instance.submit("-f", "", to, text=text) == 0
    instance.submit("-f", "", "no@v.test")
    instance.submit("-f", "", "bad@v.test")
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["deferred"])
    messages = [path.read_bytes() for path in (shared / "joe/new").iterdir()]
    assert sorted(message.count(b"\n0123456789") for message in messages) == [0, 5000]
    assert all(b"\nDelivered-To: Joe+x@V.test\n" in message for message in messages)
    assert (shared / "tim").read_bytes().count(b"\nSubject: ") == 2
    log = instance.log_text()
    assert "/virtual[" in log
    assert "to=<tim@v.test>, relay=boxes, " in log
    assert 'dsn=5.1.1, status=bounced (unknown user: "no@v.test")' in log
    assert "warning: recipient bad@v.test: bad uid 0 in virtual_uid_maps" in log
    assert not (shared / "bad").exists()


def test_pipes(instance: Instance) -> None:
    """Commands that deliver, that take too long, and that no service can be made of."""
    shared = prepare(instance)
    program = instance.directory / "program"
    program.write_text(f'#!/bin/sh\ncat > {shared}/"$1.$2"\necho stored\n')
    program.chmod(0o755)
    user = OTHER.pw_name
    services = (
        f"archive unix - n n - 2 pipe flags=DRX user={user} directory=/ argv={program} $user $size\n"
        f"slow unix - n n - - pipe user={user} directory=/ argv=/bin/sleep 60\n"
        "broken unix - n n - - pipe user=no-such-user argv=/bin/true\n"
    )
    configure(instance, PIPES.format(), services)
    instance.start()
    for text in ("Subject: small\n\nsmall\n", LARGE):
        assert instance.submit("-f", "s@else.test", "one+x@a.test", "two@a.test", text=text) == 0
    instance.submit("-f", "", "x@b.test")
    instance.submit("-f", "", "x@s.test")
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["deferred"])
    files = {path.name.partition(".")[0]: path for path in shared.iterdir()}
    assert sorted(path.name.partition(".")[0] for path in shared.iterdir()) == [
        *("one", "one"),
        *("two", "two"),
    ]
    assert (
        files["one"]
        .read_bytes()
        .startswith(b"Return-Path: <s@else.test>\nDelivered-To: one+x@a.test\nReceived: ")
    )
    sizes = sorted(path.stat().st_size for path in shared.glob("two.*"))
    assert sizes[1] - sizes[0] == len(LARGE) - len("Subject: small\n\nsmall\n")
    log = instance.log_text()
    assert log.count("status=sent (delivered via archive service (stored))") == 4
    assert 'status=bounced (Command time limit exceeded: "/bin/sleep")' in log
    assert "fatal: get_service_attr: unknown username: no-such-user" in log
    assert "panic" not in log
