"""Mail that comes alone is safe before the store has it: whoever dies then, it arrives, and once."""

from __future__ import annotations

import os
import signal
import smtplib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyfixcli.queue.journal import journal_names
from tests.flow.test_crash import EVERYTHING, KILLS, kill_at_random, revive
from tests.flow.test_smtp_crash import PATIENCE, RECIPIENT, relaying, settle
from tests.support.instance import Instance, wait_for
from tests.support.load import SUBJECT, unexplained_copies
from tests.support.smtp_sink import SmtpLoad, SmtpSink

Make = Callable[..., Instance]


def journals(instance: Instance) -> list[str]:
    """The journals that are there."""
    return journal_names(str(instance.queue / "mail"))


@contextmanager
def stopped(instance: Instance, role: str) -> Iterator[int]:
    """The only process of this role stands still; if it lives then, it goes on at the end."""
    (pid,) = instance.pids(role)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        if pid in instance.pids(role):
            os.kill(pid, signal.SIGCONT)


def send(instance: Instance, *subjects: str) -> None:
    """Messages to the instance's user, in one session; each has been answered with 250."""
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=30) as client:
        for subject in subjects:
            text = f"Subject: {subject}\n\nbody\n"
            assert not client.sendmail("a@b.test", [f"{instance.user}@localhost"], text)


def subjects(instance: Instance) -> Counter[str]:
    """How often each message was delivered."""
    found = [SUBJECT.search(content) for content in instance.delivered()]
    return Counter(match[1].decode() for match in found if match)


@pytest.fixture
def instance(make_instance: Make) -> Instance:
    """A running one that has a journal in use."""
    instance = make_instance("mydestination = localhost\nedge_processes = 1\n")
    instance.start()
    send(instance, "m0")
    wait_for(lambda: subjects(instance) == {"m0": 1})
    assert journals(instance)
    return instance


@pytest.mark.parametrize("victims", [("edge",), ("store",), ("edge", "store"), EVERYTHING])
def test_what_the_store_has_not_read_survives(instance: Instance, victims: tuple[str, ...]) -> None:
    """The store stands still when mail is accepted; then processes are killed."""
    with stopped(instance, "store"):
        send(instance, "m1", "m2", "m3")
        assert instance.kill(*victims)
    if "master" in victims:
        revive(instance)
    expected = {f"m{number}": 1 for number in range(4)}
    wait_for(lambda: subjects(instance) == expected)
    wait_for(instance.is_queue_empty)
    assert subjects(instance) == expected
    assert instance.run("postsuper", "-s").returncode == 0


def test_an_orderly_end_leaves_no_journal(instance: Instance) -> None:
    """All that was accepted is in the environment then."""
    send(instance, "m1", "m2", "m3")
    instance.stop()
    assert journals(instance) == []
    instance.start()
    wait_for(lambda: len(subjects(instance)) == 4)


def test_a_reload_leaves_only_the_journals_of_those_that_serve(instance: Instance) -> None:
    """Processes that are replaced remove theirs when the store has everything."""
    count = len(journals(instance))
    before = set(journals(instance))
    assert instance.run("postfix", "reload").returncode == 0
    wait_for(lambda: len(journals(instance)) == count and not before & set(journals(instance)))


def test_commands_find_what_only_a_journal_has(instance: Instance) -> None:
    """postsuper(1) works on a queue that was left by a crash."""
    with stopped(instance, "store"):
        send(instance, "m1")
        assert instance.kill(*EVERYTHING)
    wait_for(lambda: instance.run("postfix", "status").returncode == 1)
    done = instance.run("postsuper", "-h", "ALL")
    assert b"Placed on hold: 1 message" in done.stderr


def test_salvage_finds_what_only_a_journal_has(instance: Instance, place: Path) -> None:
    """Of a queue that is damaged, too."""
    with stopped(instance, "store"):
        send(instance, "m1")
        assert instance.kill(*EVERYTHING)
    wait_for(lambda: instance.run("postfix", "status").returncode == 1)
    target = place / "saved"
    done = instance.run("pyfix", "salvage", str(instance.queue / "mail"), str(target))
    assert done.returncode == 0, done.stderr
    assert b"\nSubject: m1\n" in (target / "data.mdb").read_bytes()


def test_one_session_while_everything_dies(make_instance: Make) -> None:
    """Each message comes alone; none is lost, and none doubled without need."""
    with SmtpSink() as sink:
        instance = relaying(make_instance, sink.port)
        with SmtpLoad(instance, RECIPIENT, threads=1) as load:
            choices = [("store",), ("edge",), ("queue",), ("edge", "store"), EVERYTHING]
            ends = kill_at_random(instance, KILLS, *choices)
        settle(instance, load, sink)
    assert unexplained_copies(sink.copies, ends, PATIENCE) == []
