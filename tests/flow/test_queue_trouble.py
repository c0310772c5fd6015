"""A reader that stops, a disk that fills in the middle of a commit, pages that go bad."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyfixcli.queue.salvage import PAGE, leaf_nodes
from tests.support.fill import fill_queue
from tests.support.instance import BIN, Instance, wait_for
from tests.support.load import SendmailLoad, delivered_copies

Make = Callable[..., Instance]
LATER = "default_transport = retry:4.3.0 later"
STRACE = shutil.which("strace")


def data_file(instance: Instance) -> Path:
    """The file that holds the queue."""
    return instance.queue / "mail" / "data.mdb"


# -- a reader that stops --------------------------------------------------------------


def deliver_some(instance: Instance, count: int) -> None:
    """So many more messages through the queue."""
    wanted = len(instance.delivered()) + count
    with SendmailLoad(instance):
        wait_for(lambda: len(instance.delivered()) >= wanted, 60)
    wait_for(lambda: len(instance.run("mailq").stdout) > 0)


def test_a_stopped_mailq_does_not_make_the_queue_grow(make_instance: Make) -> None:
    """Pages that are freed beside it are used again: a listing pins none while it waits."""
    instance = make_instance()
    instance.start()
    instance.stop()
    fill_queue(instance.queue, 5000)
    instance.start()
    deliver_some(instance, 50)
    reader = subprocess.Popen(
        [str(BIN / "mailq")],
        stdout=subprocess.PIPE,
        env={**os.environ, "MAIL_CONFIG": str(instance.config)},
    )
    try:
        assert reader.stdout is not None
        reader.stdout.read(1)
        os.kill(reader.pid, signal.SIGSTOP)
        before = data_file(instance).stat().st_size
        deliver_some(instance, 200)
        # Each message costs at least eight pages in its two commits; without reuse that were 6 MiB.
        assert data_file(instance).stat().st_size - before < 1 << 20
    finally:
        os.kill(reader.pid, signal.SIGCONT)
        os.kill(reader.pid, signal.SIGTERM)
        reader.communicate()


# -- no room in the middle of a commit --------------------------------------------------


@contextmanager
def injected(instance: Instance, role: str, call: str, fault: str) -> Iterator[None]:
    """The process of this role meets ``fault`` (strace(1), inject) at the first three such calls."""
    (pid,) = instance.pids(role)
    trace = instance.directory / "trace"
    options = ["-qq", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={call}:{fault}"]
    tracer = subprocess.Popen([str(STRACE), *options, "-p", str(pid)], stderr=subprocess.PIPE)
    attached = f"TracerPid:\t{tracer.pid}"
    wait_for(lambda: attached in Path(f"/proc/{pid}/status").read_text())
    try:
        yield
    finally:
        tracer.terminate()
        tracer.communicate()
    assert trace.stat().st_size > 0


needs_strace = pytest.mark.skipif(STRACE is None, reason="needs strace: apt-get install strace")


@needs_strace
@pytest.mark.parametrize("call", ["pwrite64", "writev", "fdatasync"])
def test_no_space_within_a_commit(make_instance: Make, call: str) -> None:
    """ENOSPC at each kind of write that a commit makes: refused or accepted, never lost."""
    instance = make_instance()
    instance.start()
    with injected(instance, "store", call, "error=ENOSPC:when=1..3"):
        statuses = {f"m{n:05d}": submit_numbered(instance, n) for n in range(8)}
    assert set(statuses.values()) <= {0, 75}
    assert submit_numbered(instance, 8) == 0
    accepted = {subject for subject, status in statuses.items() if status == 0} | {"m00008"}
    wait_for(lambda: accepted <= {copy.subject for copy in delivered_copies(instance)})
    wait_for(instance.is_queue_empty)
    subjects = [copy.subject for copy in delivered_copies(instance)]
    assert len(subjects) == len(set(subjects))
    check = instance.run("postsuper", "-s")
    assert (check.returncode, check.stderr) == (0, b"")


@needs_strace
def test_a_maildrop_file_is_taken_once(make_instance: Make) -> None:
    """pickup dies between the commit of a message and the removal of its file."""
    instance = make_instance()
    instance.start()
    (queue,) = instance.pids("queue")
    # As if the daemon were down for this one sendmail: its socket is not there.
    socket, aside = instance.queue / "public" / "submit", instance.queue / "public" / "aside"
    socket.rename(aside)
    with injected(instance, "queue", "unlink", "signal=KILL:when=1"):
        assert submit_numbered(instance, 1) == 0
        wait_for(lambda: not os.path.exists(f"/proc/{queue}"))
    aside.rename(socket)
    wait_for(lambda: not list((instance.queue / "maildrop").iterdir()))
    assert submit_numbered(instance, 2) == 0
    wait_for(lambda: len(instance.delivered()) >= 2)
    wait_for(instance.is_queue_empty)
    subjects = sorted(copy.subject for copy in delivered_copies(instance))
    assert subjects == ["m00001", "m00002"]


def submit_numbered(instance: Instance, number: int) -> int:
    """One message to the user; its exit status."""
    return instance.submit(instance.user, text=f"Subject: m{number:05d}\n\nx\n")


# -- pages that go bad --------------------------------------------------------------------


def pages_of_messages(path: Path) -> dict[str, set[int]]:
    """For each queue id, the numbers of all pages where a record of it lies or has lain."""
    data = path.read_bytes()
    found: dict[str, set[int]] = defaultdict(set)
    for start in range(2 * PAGE, len(data), PAGE):
        page = data[start : start + PAGE]
        for key, _ in leaf_nodes(page, memoryview(data)):
            name = re.match(rb"[0-9A-F]{9,}", key)
            if name is not None:
                found[name[0].decode()].add(start // PAGE)
    return found


def damage(path: Path, numbers: list[int]) -> None:
    """Random octets over these pages."""
    noise = random.Random(20)
    with path.open("r+b") as stream:
        for number in numbers:
            stream.seek(number * PAGE)
            stream.write(noise.randbytes(PAGE))


def test_damaged_pages_are_reported_and_the_rest_is_salvaged(make_instance: Make) -> None:
    """20 pages of a running daemon's queue: it says so, takes no mail, and salvage finds the rest."""
    instance = make_instance(LATER)
    instance.start()
    instance.stop()
    fill_queue(instance.queue, 600)
    instance.start()
    path = data_file(instance)
    messages = pages_of_messages(path)
    assert len(messages) == 600
    hit = random.Random(5).sample(range(2, path.stat().st_size // PAGE), 20)
    damage(path, hit)
    wait_for(lambda: "is damaged" in instance.log_text(), 60)
    wait_for(lambda: instance.submit("x@else.test") == 75)
    instance.run("postfix", "stop")
    target = instance.directory / "saved"
    done = instance.run("pyfix", "salvage", str(path.parent), str(target))
    assert done.returncode == 0, done.stderr
    saved = pages_of_messages(target / "data.mdb")
    untouched = {name for name, pages in messages.items() if not pages & set(hit)}
    assert len(untouched) > 300
    assert untouched - set(saved) == set()
