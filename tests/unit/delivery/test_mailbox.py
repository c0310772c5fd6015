"""Mailbox files and Maildirs: names, locks, owners, and what is left when a delivery is killed."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyfixcli.base.locking import LockPolicy
from pyfixcli.base.privilege import Rights, is_privileged
from pyfixcli.delivery import maildir
from pyfixcli.delivery.agent import BytesContent, ContentReader, Outcome
from pyfixcli.delivery.mailbox import Mailbox, Prepended, append_message
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.ipc.driver import drive
from pyfixcli.mail.delivery import Status
from tests.support.agent_run import OTHER

NOW = 1795493378.0
PREPENDED = Prepended("s@else.test", "", "joe@v.test")
MESSAGE = BytesContent(b"Subject: x\n\nbody\n")
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it delivers for others")


class Pieces:
    """Content in the pieces that are given; ``None`` kills the process that reads it."""

    size = 0

    def __init__(self, *pieces: bytes | None) -> None:
        self._pieces = pieces

    def chunks(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if piece is None:
                os.kill(os.getpid(), signal.SIGKILL)
            else:
                yield piece


@pytest.fixture
def home(place: Path) -> Path:
    """A directory of OTHER's."""
    place.chmod(0o755)
    home = place / "home"
    home.mkdir()
    os.chown(home, OTHER.pw_uid, OTHER.pw_gid)
    return home


def append(path: Path, content: ContentReader = MESSAGE, **changes: object) -> Outcome:
    """Append a message as OTHER."""
    values: dict[str, object] = {
        "path": str(path),
        "user": "joe",
        "rights": Rights(OTHER.pw_uid, OTHER.pw_gid),
        "in_spool": False,
        "size_limit": 0,
        "locks": LockPolicy(("fcntl", "dotlock"), 1, 0.0, 500.0),
        "strict_owner": True,
    }
    mailbox = Mailbox(**{**values, **changes})  # type: ignore[arg-type]
    return append_message(mailbox, PREPENDED, content, NOW)


def store(path: Path, content: ContentReader = MESSAGE) -> Outcome:
    """Deliver to a Maildir as OTHER."""
    rights = Rights(OTHER.pw_uid, OTHER.pw_gid)
    return drive(deliver_maildir(f"{path}/", rights, PREPENDED, content, "h", lambda text: None))


def in_child(deliver: object, path: Path, content: ContentReader) -> int:
    """Deliver in a process of its own; its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
            deliver(path, content)  # type: ignore[operator]
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1]


# -- Maildir -------------------------------------------------------------------------


def test_deliveries_within_one_microsecond_have_names_of_their_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maildir.time, "time_ns", lambda: 1795493378_000001_000)
    for number in range(50):
        assert store(home / "m", Pieces(b"%d\n" % number)).status is Status.SENT
    bodies = {path.read_bytes().split(b"\n")[-2] for path in (home / "m/new").iterdir()}
    assert bodies == {b"%d" % number for number in range(50)}
    assert list((home / "m/tmp").iterdir()) == []


class Watched:
    """What a Maildir has in its parts when something is made durable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.seen: list[tuple[int, int]] = []

    async def sync(self, descriptor: int) -> None:
        assert os.geteuid() == 0 or not is_privileged()  # others may act meanwhile
        os.fsync(descriptor)
        self.seen.append((len(os.listdir(self._path / "tmp")), len(os.listdir(self._path / "new"))))


def test_a_message_has_its_name_once_it_is_on_the_disk(home: Path) -> None:
    """The file is written out first, then its name."""
    durable, rights = Watched(home / "m"), Rights(OTHER.pw_uid, OTHER.pw_gid)
    drive(
        deliver_maildir(
            f"{home}/m/", rights, PREPENDED, MESSAGE, "h", lambda text: None, durable=durable
        )
    )
    assert durable.seen == [(1, 0), (0, 1)]


class FullDisk:
    """Has no room for anything."""

    async def sync(self, descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_message_that_cannot_be_written_out_leaves_nothing(home: Path) -> None:
    rights = Rights(OTHER.pw_uid, OTHER.pw_gid)
    outcome = drive(
        deliver_maildir(
            f"{home}/m/", rights, PREPENDED, MESSAGE, "h", lambda text: None, durable=FullDisk()
        )
    )
    assert (outcome.status, outcome.dsn) == (Status.DEFERRED, "4.3.0")
    assert "error writing message: No space left on device" in outcome.text
    assert [path for path in (home / "m").rglob("*") if path.is_file()] == []


class Tidy:
    """Somebody removes the files beneath ``tmp`` meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def sync(self, descriptor: int) -> None:
        for file in (self._path / "tmp").iterdir():
            file.unlink()


def test_a_message_that_somebody_removed_is_tried_again(home: Path) -> None:
    """It was not there long enough to be refused for that."""
    rights = Rights(OTHER.pw_uid, OTHER.pw_gid)
    outcome = drive(
        deliver_maildir(
            f"{home}/m/",
            rights,
            PREPENDED,
            MESSAGE,
            "h",
            lambda text: None,
            durable=Tidy(home / "m"),
        )
    )
    assert (outcome.status, outcome.dsn) == (Status.DEFERRED, "4.2.0")
    assert [path for path in (home / "m").rglob("*") if path.is_file()] == []


def test_a_file_of_another_process_beneath_tmp_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One on another machine may have our pid, and the same name for its host."""
    monkeypatch.setattr(maildir.time, "time_ns", lambda: 1795493378_000001_000)
    store(home / "m")
    theirs = home / f"m/tmp/1795493378.P{os.getpid()}.h"
    theirs.write_text("half a mess")
    assert store(home / "m").status is Status.SENT
    assert theirs.read_text() == "half a mess"
    assert len(list((home / "m/new").iterdir())) == 2


def test_a_name_that_is_taken_is_never_replaced(home: Path, place: Path) -> None:
    """Should two messages ever come to the same name."""
    (home / "new").mkdir()
    for text in ("first", "second"):
        (home / text).write_text(text)
        maildir._publish(str(home / text), f"{home}/new/", "1.V1I1M1", "h")
    texts = [path.read_text() for path in sorted((home / "new").iterdir())]
    assert texts == ["first", "second"]


def test_a_maildir_on_a_file_system_without_links(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: str) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(maildir.os, "link", refuse)
    assert store(home / "m").status is Status.SENT
    assert len(list((home / "m/new").iterdir())) == 1


def test_nothing_of_a_killed_delivery_is_in_a_maildir(home: Path) -> None:
    store(home / "m")
    status = in_child(store, home / "m", Pieces(b"Subject: x\n", None))
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert len(list((home / "m/new").iterdir())) == 1
    assert store(home / "m").status is Status.SENT
    assert len(list((home / "m/new").iterdir())) == 2


@ROOT_ONLY
def test_a_maildir_that_may_not_be_written_is_told_of(home: Path) -> None:
    (home / "m").mkdir(mode=0o755)
    warnings: list[str] = []
    rights = Rights(OTHER.pw_uid, OTHER.pw_gid)
    outcome = drive(deliver_maildir(f"{home}/m/", rights, PREPENDED, MESSAGE, "h", warnings.append))
    assert (outcome.status, outcome.dsn) == (Status.BOUNCED, "5.2.0")
    ids = f"UID/GID={OTHER.pw_uid}/{OTHER.pw_gid}"
    assert warnings[0].startswith(f"maildir access problem for {ids}: create maildir file {home}")
    assert warnings[1] == "perhaps you need to create the maildirs in advance"


# -- mailbox files --------------------------------------------------------------------


@pytest.mark.parametrize("cut", range(1, 9))
def test_from_lines_that_are_cut_in_two_are_quoted(home: Path, cut: int) -> None:
    text = b"\nFrom here\nFr\nFrom"
    content = Pieces(b"x" + text[:cut], text[cut:])
    assert append(home / "box", content).status is Status.SENT
    assert (home / "box").read_bytes().endswith(b"x\n>From here\nFr\nFrom\n\n")


def test_a_delivery_that_is_killed_before_it_writes_leaves_the_mailbox_as_it_was(
    home: Path,
) -> None:
    """Small messages are written in one piece, once all of it has been read."""
    append(home / "box")
    before = (home / "box").read_bytes()
    status = in_child(append, home / "box", Pieces(b"Subject: x\n", None))
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert (home / "box").read_bytes() == before


def test_locks_of_others_are_waited_for(home: Path) -> None:
    """And the text says which lock it was."""
    append(home / "box")
    slept: list[float] = []
    locks = LockPolicy(("fcntl", "flock", "dotlock"), 3, 1.0, 500.0, sleep=slept.append)
    with (home / "box").open("ab") as box:
        fcntl.flock(box, fcntl.LOCK_EX)
        outcome = append(home / "box", locks=locks)
    problem = "unable to lock for exclusive access: Resource temporarily unavailable"
    assert (outcome.status, outcome.dsn) == (Status.DEFERRED, "4.2.0")
    assert outcome.text == f"cannot update mailbox {home}/box for user joe. {problem}"
    assert slept == [1.0, 1.0]
    assert not (home / "box.lock").exists()


@pytest.mark.parametrize(("age", "status"), [(499, Status.DEFERRED), (501, Status.SENT)])
def test_a_lock_file_that_was_left_behind_is_removed(
    home: Path, age: float, status: Status
) -> None:
    (home / "box.lock").write_text("")
    os.chown(home / "box.lock", OTHER.pw_uid, OTHER.pw_gid)
    locks = LockPolicy(
        ("dotlock",), 2, 0.0, 500.0, sleep=lambda delay: None, now=lambda: time.time() + age
    )
    assert append(home / "box", locks=locks).status is status


@ROOT_ONLY
@pytest.mark.parametrize(
    ("mode", "group"),
    [
        (0o755, "user"),
        (0o2755, "user"),
        (0o775, "spool"),
        (0o2775, "spool"),
        (0o1777, "user"),
        (0o3777, "spool"),
    ],
)
def test_the_group_of_a_new_mailbox_in_the_spool(place: Path, mode: int, group: str) -> None:
    """Observed: mail programs share a spool that its group may write."""
    place.chmod(0o755)
    spool = place / "spool"
    spool.mkdir()
    os.chown(spool, 0, 8)
    spool.chmod(mode)
    assert append(spool / "joe", in_spool=True).status is Status.SENT
    status = (spool / "joe").stat()
    assert (status.st_uid, status.st_mode & 0o777) == (OTHER.pw_uid, 0o600)
    assert status.st_gid == (OTHER.pw_gid if group == "user" else 8)


@ROOT_ONLY
@pytest.mark.parametrize(
    ("mode", "status"), [(0o755, Status.SENT), (0o775, Status.BOUNCED), (0o1777, Status.BOUNCED)]
)
def test_a_mailbox_that_its_owner_cannot_open(place: Path, mode: int, status: Status) -> None:
    """It is opened with root's rights where nobody but root can have put it."""
    place.chmod(0o755)
    spool = place / "spool"
    spool.mkdir()
    spool.chmod(mode)
    (spool / "joe").write_text("")
    (spool / "joe").chmod(0)
    os.chown(spool / "joe", OTHER.pw_uid, OTHER.pw_gid)
    assert append(spool / "joe", in_spool=True).status is status
