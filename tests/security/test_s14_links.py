"""S14: links in the place of mailboxes, lock files and spool files, and races with whoever makes them."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyfixcli.base.locking import LockPolicy, take_dotlock
from pyfixcli.base.privilege import Rights
from pyfixcli.delivery.agent import BytesContent
from pyfixcli.delivery.mailbox import Mailbox, Prepended, append_message
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.ipc.driver import drive
from pyfixcli.mail.delivery import Status

ROUNDS = int(os.environ.get("PYFIX_RACES", "2000"))
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it delivers for others")
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
PREPENDED = Prepended("s@else.test", "alice", "alice@mail.example.test")
NOW = 1795493378.0

# Puts in the place of a file, over and over: a file, a symbolic link, a hard link, nothing.
ATTACKER = """
import os, sys
box, target, stop = sys.argv[1:4]
os.setgid(int(sys.argv[4])); os.setuid(int(sys.argv[4]))
n = 0
while not os.path.exists(stop):
    n += 1
    try:
        os.unlink(box)
    except OSError:
        pass
    try:
        if n % 3 == 0:
            os.symlink(target, box)
        elif n % 3 == 1:
            os.link(target, box)
        else:
            os.close(os.open(box, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:
        pass
"""


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory in memory, where a sync costs nothing; everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="pf", dir=MEMORY) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def box_of(path: Path, uid: int, **changes: object) -> Mailbox:
    """A user's mailbox."""
    locks = LockPolicy(("fcntl", "dotlock"), 1, 0.0, 500.0, sleep=lambda seconds: None)
    values: dict[str, object] = {
        "path": str(path),
        "user": "games",
        "rights": Rights(uid, uid),
        "in_spool": True,
        "size_limit": 0,
        "locks": locks,
        "strict_owner": True,
    }
    return Mailbox(**{**values, **changes})  # type: ignore[arg-type]


def deliver(box: Mailbox) -> Status:
    """Append a message; what became of it."""
    return append_message(box, PREPENDED, BytesContent(b"evil\n"), NOW).status


@ROOT_ONLY
@pytest.mark.parametrize("in_spool", [True, False])
def test_s14_a_race_with_links_never_reaches_another_file(memory: Path, in_spool: bool) -> None:
    """The user owns the directory and swaps what lies there while root delivers; root's file stays."""
    uid = pwd.getpwnam("games").pw_uid
    target, stop, directory = memory / "target", memory / "stop", memory / "d"
    target.write_text("root's\n")
    target.chmod(0o644)
    directory.mkdir()
    os.chown(directory, uid, uid)
    box = box_of(directory / "box", uid, in_spool=in_spool)
    words = [sys.executable, "-I", "-S", "-c", ATTACKER, str(directory / "box")]
    attacker = subprocess.Popen([*words, str(target), str(stop), str(uid)], cwd="/")
    try:
        outcomes = {deliver(box) for _ in range(ROUNDS)}
    finally:
        stop.touch()
        attacker.wait(10)
    assert target.read_text() == "root's\n"
    assert (target.stat().st_uid, target.stat().st_mode & 0o777) == (0, 0o644)
    assert len(outcomes) > 1


@ROOT_ONLY
@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_s14_a_mailbox_of_another_owner_is_refused(memory: Path, mode: int) -> None:
    """strict_mailbox_ownership."""
    path = memory / "box"
    path.write_text("")
    path.chmod(mode)
    assert deliver(box_of(path, pwd.getpwnam("games").pw_uid)) is not Status.SENT
    assert path.read_text() == ""


@pytest.mark.parametrize("kind", ["directory", "fifo", "socket"])
def test_s14_what_is_no_file_is_refused(memory: Path, kind: str) -> None:
    """And does not make the delivery wait."""
    import socket

    path = memory / "box"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).bind(str(path))
    me = os.geteuid()
    box = box_of(path, me, rights=Rights(me, os.getegid()), in_spool=False, may_be_root=True)
    assert deliver(box) is not Status.SENT


def test_s14_a_lock_file_is_never_followed(memory: Path) -> None:
    """A dotlock is made with O_EXCL."""
    (memory / "target").write_text("x")
    (memory / "box.lock").symlink_to(memory / "new")
    with pytest.raises(Exception, match="unable to create lock file"):
        take_dotlock(str(memory / "box"), LockPolicy(("dotlock",), 2, 0.0, 500.0))
    assert not (memory / "new").exists()


@ROOT_ONLY
@pytest.mark.parametrize("part", ["", "tmp", "new"])
def test_s14_a_maildir_that_leads_elsewhere_is_used_with_the_users_rights(
    memory: Path, part: str
) -> None:
    """The user may link it anywhere; only what the user may write is written."""
    uid = pwd.getpwnam("games").pw_uid
    home, other = memory / "home", memory / "roots"
    home.mkdir()
    os.chown(home, uid, uid)
    other.mkdir(mode=0o755)
    for name in ("tmp", "new", "cur"):
        (other / name).mkdir(mode=0o755)
    if part:
        (home / "Maildir").mkdir()
        os.chown(home / "Maildir", uid, uid)
        (home / "Maildir" / part).symlink_to(other / part)
    else:
        (home / "Maildir").symlink_to(other)
    warnings: list[str] = []
    content = BytesContent(b"x\n")
    place = f"{home}/Maildir/"
    outcome = drive(
        deliver_maildir(place, Rights(uid, uid), PREPENDED, content, "h", warnings.append, False)
    )
    assert outcome.status is not Status.SENT
    assert [path for path in other.rglob("*") if path.is_file()] == []
