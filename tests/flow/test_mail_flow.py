"""From sendmail to the mailbox, through a real daemon with a real queue."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.load import SendmailLoad

Make = Callable[..., Instance]
ROLES = ("store", "queue", "edge", "deliver", "local", "zygote")


def subjects(instance: Instance) -> list[str]:
    """Subjects of the delivered messages, sorted."""
    lines = [line for message in instance.delivered() for line in message.split(b"\n")]
    return sorted(line[9:].decode() for line in lines if line.startswith(b"Subject: n"))


def test_a_message_is_delivered_and_leaves_the_queue(make_instance: Make) -> None:
    """One message, one file, an empty queue, the log lines of each stage."""
    instance = make_instance()
    instance.start()
    assert instance.submit(instance.user, text="Subject: n1\n\nbody\n") == 0
    wait_for(lambda: not instance.queue_entries() and instance.delivered())
    assert subjects(instance) == ["n1"]
    wait_for(lambda: "removed" in instance.log_text())
    for part in ("uid=", "message-id=<", "(queue active)", "status=sent"):
        assert part in instance.log_text()


def test_asking_whether_mail_could_be_delivered_delivers_none(make_instance: Make) -> None:
    """sendmail -bv: a report, and nothing else."""
    instance = make_instance()
    instance.start()
    assert instance.submit("-bv", "-f", instance.user, instance.user) == 0
    wait_for(instance.delivered)
    wait_for(instance.is_queue_empty)
    assert len(instance.delivered()) == 1
    assert "status=deliverable (delivers to maildir)" in instance.log_text()


def test_an_unknown_user_comes_back_as_a_report(make_instance: Make) -> None:
    """The sender gets a delivery status notification with the original message."""
    instance = make_instance()
    instance.start()
    instance.submit("nobody-here", text="Subject: n1\n\nbody\n")
    wait_for(lambda: instance.delivered())
    (report,) = instance.delivered()
    assert b'unknown user: "nobody-here"' in report
    assert b"Status: 5.1.1" in report and b"Subject: n1" in report


def test_mail_left_while_stopped_is_picked_up(make_instance: Make) -> None:
    """sendmail exits 0 without a daemon, and the next start delivers."""
    instance = make_instance()
    instance.start()
    instance.stop()
    assert instance.submit(instance.user, text="Subject: n1\n\nbody\n") == 0
    assert [entry["queue_name"] for entry in instance.queue_entries()] == ["maildrop"]
    instance.start()
    wait_for(lambda: subjects(instance) == ["n1"])


def test_hold_release_delete_requeue(make_instance: Make) -> None:
    """postsuper's operations on a message that cannot be delivered now."""
    instance = make_instance("default_transport = retry:4.3.0 later")
    instance.start()
    instance.submit("x@else.test", text="Subject: n1\n\nbody\n")
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["deferred"])
    (entry,) = instance.queue_entries()
    queue_id = str(entry["queue_id"])
    assert instance.run("postsuper", "-h", queue_id).returncode == 0
    assert [e["queue_name"] for e in instance.queue_entries()] == ["hold"]
    assert b"Subject: n1" in instance.run("postcat", "-q", queue_id).stdout
    instance.run("postsuper", "-H", queue_id)
    instance.run("postsuper", "-r", queue_id)
    wait_for(lambda: "orig_id=" + queue_id in instance.log_text())
    done = instance.run("postsuper", "-d", "ALL")
    wait_for(lambda: instance.run("postsuper", "-d", "ALL") and not instance.queue_entries())
    assert b"Deleted: " in done.stderr


def test_a_large_message_is_a_file_and_goes_through(make_instance: Make) -> None:
    """A message over queue_content_limit; nothing of it stays behind."""
    instance = make_instance("message_size_limit = 0\nmailbox_size_limit = 0")
    instance.start()
    body = "x" * 70 + "\n"
    assert instance.submit(instance.user, text="Subject: n1\n\n" + body * 30000) == 0
    wait_for(lambda: subjects(instance) == ["n1"] and not instance.queue_entries())
    assert instance.delivered()[0].count(body.encode()) == 30000
    assert os.listdir(instance.queue / "content") == []


def test_reload_under_load_delivers_once(make_instance: Make) -> None:
    """Old workers finish, new ones take over; nothing twice, nothing lost."""
    instance = make_instance()
    instance.start()
    for number in range(12):
        assert instance.submit(instance.user, text=f"Subject: n{number:02d}\n\nx\n") == 0
        if number % 4 == 1:
            assert instance.run("postfix", "reload").returncode == 0
    wait_for(lambda: not instance.queue_entries())
    assert subjects(instance) == [f"n{number:02d}" for number in range(12)]


def test_abort_ends_everything_at_once(make_instance: Make) -> None:
    """No process is left, and what was accepted is there after the next start."""
    instance = make_instance("default_transport = retry:4.3.0 later")
    instance.start()
    assert instance.submit("x@else.test", text="Subject: n1\n\nx\n") == 0
    pids = [pid for role in ROLES for pid in instance.pids(role)]
    assert instance.run("postfix", "abort").returncode == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    instance.start()
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["deferred"])


def test_s39_garbage_on_the_sockets_harms_nobody(make_instance: Make) -> None:
    """Random octets to every socket; the daemon goes on."""
    import socket

    instance = make_instance()
    instance.start()
    noise = random.Random(1).randbytes(5000)
    for name in ("submit", "showq", "flush", "pickup", "qmgr"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(instance.queue / "public" / name))
            try:
                connection.sendall(noise)
            except OSError:
                continue
    assert instance.submit(instance.user, text="Subject: n1\n\nx\n") == 0
    wait_for(lambda: subjects(instance) == ["n1"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("-X/tmp/pyfix-must-not-exist", "x"),
        ("-OQueueDirectory=/tmp/pyfix-must-not-exist", "--", "-x@y"),
        ("-f", "a\nb@c", "x"),
        ("-F", "name\nX-Injected: y", "x"),
    ],
)
def test_s8_s10_hostile_arguments(make_instance: Make, arguments: tuple[str, ...]) -> None:
    """No file outside the queue, no header of the caller's making."""
    instance = make_instance()
    instance.start()
    instance.submit(*arguments)
    instance.submit(instance.user, text="Subject: n1\n\nx\n")
    wait_for(lambda: "n1" in subjects(instance))
    assert not os.path.exists("/tmp/pyfix-must-not-exist")
    assert not any(b"\nX-Injected:" in message for message in instance.delivered())


def test_a_checkout_is_used_by_a_relative_path(make_instance: Make) -> None:
    """``bin/postfix start`` in the checkout: the daemon leaves that directory."""
    import subprocess

    from tests.support.instance import ROOT

    instance = make_instance()
    environment = {**os.environ, "MAIL_CONFIG": str(instance.config)}
    done = subprocess.run(["bin/postfix", "start"], cwd=ROOT, env=environment, timeout=30)
    assert done.returncode == 0
    assert instance.run("postfix", "status").returncode == 0


def test_reloads_beside_deliveries_defer_nothing(make_instance: Make) -> None:
    """A delivery process that ends does first what it was assigned: its mail is not put off for a retry."""
    instance = make_instance()  # with the usual back-off, longer than this test waits
    instance.start()
    with SendmailLoad(instance) as load:
        for _ in range(6):
            assert instance.run("postfix", "reload").returncode == 0
    wait_for(lambda: len(instance.delivered()) >= len(load.accepted))
    wait_for(instance.is_queue_empty)
    assert len(instance.delivered()) == len(load.accepted)
