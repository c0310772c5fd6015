"""local_login_sender_maps and sendmail_fix_line_endings through an instance, up and down. Texts were read off the reference."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from pyfixcli.mail import submission
from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
TEXT = b"Subject: x\n\nx\n"


def allow(instance: Instance, patterns: str) -> None:
    """What the user of the instance may send as."""
    instance.configure(f"local_login_sender_maps = inline:{{{{{instance.user}={patterns}}}}}")


@pytest.mark.parametrize("is_up", [True, False])
def test_who_may_send_as_whom(make_instance: Make, is_up: bool) -> None:
    """The daemon goes by the kernel's uid; without it sendmail looks itself."""
    instance = make_instance("")
    allow(instance, "@own.test")
    if is_up:
        instance.start()
    else:
        (instance.queue / "maildrop").mkdir(parents=True)
    me = f"{instance.user}@localhost"
    assert instance.run("sendmail", "-f", "a+x@own.test", me, data=TEXT).returncode == 0
    done = instance.run("sendmail", "-f", "b@other.test", me, data=TEXT)
    problem = "not authorized to use sender='b@other.test'"
    refused = f"sendmail: fatal: b@other.test({os.getuid()}): {problem}\n"
    assert (done.returncode, done.stderr.decode()) == (75, refused)
    if not is_up:
        instance.start()
    wait_for(instance.delivered)
    wait_for(instance.is_queue_empty)
    assert len(instance.delivered()) == 1


def test_a_change_counts_at_once(make_instance: Make) -> None:
    """Without a reload, as in the reference, where each postdrop reads main.cf."""
    instance = make_instance("")
    instance.start()
    allow(instance, "@own.test")
    me = f"{instance.user}@localhost"
    assert instance.run("sendmail", "-f", "b@other.test", me, data=TEXT).returncode == 75
    assert instance.run("sendmail", "-f", "b@own.test", me, data=TEXT).returncode == 0


def test_a_failing_table_is_temporary(make_instance: Make) -> None:
    """Nothing is taken."""
    instance = make_instance("local_login_sender_maps = lmdb:/nowhere/logins")
    instance.start()
    done = instance.run("sendmail", f"{instance.user}@localhost", data=TEXT)
    fatal = f"sendmail: fatal: {instance.user}({os.getuid()}): queue file write error\n"
    assert (done.returncode, done.stderr.decode()) == (75, fatal)
    assert "/nowhere/logins" in instance.log_text()


def stream(sender: str, recipient: str) -> bytes:
    """A submission as postdrop takes it."""
    envelope = submission.pack_envelope([("sender", sender), ("recipient", recipient)])
    return b"".join(
        submission.pack_frame(kind, payload)
        for kind, payload in (
            (submission.ENVELOPE, envelope),
            (submission.CONTENT, TEXT),
            (submission.END, b""),
        )
    )


def test_s12_postdrop_and_pickup_look_at_the_sender(make_instance: Make) -> None:
    """What was left while the user might send as this, is on hold when that has changed: it was taken, and is not lost."""
    instance = make_instance("")
    (instance.queue / "maildrop").mkdir(parents=True)
    me = f"{instance.user}@localhost"
    config = ("-c", str(instance.config))
    allow(instance, "b@other.test")
    data = stream("b@other.test", me)
    assert instance.run("postdrop", *config, data=data).returncode == 0
    allow(instance, "@own.test")
    assert instance.run("postdrop", *config, data=data).returncode != 0
    assert instance.run("postdrop", *config, data=stream("a@own.test", me)).returncode == 0
    instance.start()
    wait_for(instance.delivered)
    problem = f"uid={os.getuid()}: not authorized to use sender='b@other.test': on hold"
    wait_for(lambda: problem in instance.log_text())
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["hold"])
    assert [b"Return-Path: <a@own.test>" in message for message in instance.delivered()] == [True]


@pytest.mark.parametrize(
    ("value", "expected"), [("always", b"\n\nx\n"), ("never", b"\n\nx \n. \ny\n")]
)
def test_line_endings(make_instance: Make, value: str, expected: bytes) -> None:
    """Also of the line with a dot that ends the message, which is none when it has more than the dot."""
    instance = make_instance(f"sendmail_fix_line_endings = {value}")
    instance.start()
    done = instance.run(
        "sendmail", f"{instance.user}@localhost", data=b"Subject: x\n\nx\r\n.\r\ny\n"
    )
    assert done.returncode == 0
    wait_for(instance.delivered)
    assert instance.delivered()[0].endswith(expected)


def test_a_bad_value_sends_nothing(make_instance: Make) -> None:
    instance = make_instance("sendmail_fix_line_endings = bogus")
    done = instance.run("sendmail", "x@localhost", data=TEXT)
    fatal = b"sendmail: fatal: invalid sendmail_fix_line_endings value: bogus\n"
    assert (done.returncode, done.stderr) == (75, fatal)
