"""S14 and S40 for virtual(8) and pipe(8): links where mailboxes should be, and rights that come from tables and master.cf."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyfixcli.mail.delivery import Status
from tests.security.test_s14_links import ATTACKER, ROUNDS
from tests.support.agent_run import OTHER, Hosted, Piped

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it delivers for others")


def hosted(base: Path, path: str, **settings: str) -> Hosted:
    """virtual(8) that delivers joe@v.test to this path with the rights of OTHER."""
    values = {
        "virtual_mailbox_base": str(base),
        "virtual_mailbox_maps": f"inline:{{joe@v.test={path}}}",
        "virtual_uid_maps": f"static:{OTHER.pw_uid}",
        "virtual_gid_maps": f"static:{OTHER.pw_gid}",
        "virtual_minimum_uid": "1",
        "virtual_mailbox_lock": "fcntl",
    }
    return Hosted(**{**values, **settings})


@pytest.fixture
def base(place: Path) -> Path:
    """A directory of OTHER's, beside a file of root's."""
    place.chmod(0o755)
    (place / "target").write_text("root's\n")
    (place / "target").chmod(0o644)
    base = place / "base"
    base.mkdir()
    os.chown(base, OTHER.pw_uid, OTHER.pw_gid)
    return base


def is_untouched(target: Path) -> bool:
    """Whether the file is as root left it."""
    status = target.stat()
    ids = (status.st_uid, status.st_gid, status.st_mode & 0o777)
    return target.read_text() == "root's\n" and ids == (0, 0, 0o644)


# -- S14 -----------------------------------------------------------------------------


def test_s14_a_race_with_links_never_reaches_another_file(base: Path) -> None:
    """The owner of a virtual mailbox swaps it for links while mail is delivered."""
    target, stop = base.parent / "target", base.parent / "stop"
    service = hosted(base, "box", strict_mailbox_ownership="no")
    words = [sys.executable, "-I", "-S", "-c", ATTACKER, str(base / "box"), str(target), str(stop)]
    attacker = subprocess.Popen([*words, str(OTHER.pw_uid)], cwd="/")
    try:
        outcomes = {service.deliver("joe@v.test")[0].status for _ in range(min(ROUNDS, 500))}
    finally:
        stop.touch()
        attacker.wait(10)
    assert is_untouched(target)
    assert outcomes <= {Status.SENT, Status.DEFERRED}


@pytest.mark.parametrize("path", ["link", "link/", "dir/box", "dir/box/", "../target", "../x/"])
def test_s14_what_the_owner_may_not_write_is_not_written(base: Path, path: str) -> None:
    """A link to root's file or directory, and a path that leads out of the base."""
    (base / "link").symlink_to(base.parent / "target" if path == "link" else base.parent)
    (base / "dir").symlink_to(base.parent)
    before = sorted(base.parent.rglob("*"))
    (result,) = hosted(base, path).deliver("joe@v.test")
    assert result.status is Status.DEFERRED
    assert is_untouched(base.parent / "target")
    assert sorted(base.parent.rglob("*")) == before


@pytest.mark.parametrize("kind", ["symlink", "link"])
def test_s14_lock_files_that_are_links(base: Path, kind: str) -> None:
    """A dotlock is made, and removed, with the owner's rights."""
    lock, target = base / "box.lock", base.parent / "target"
    if kind == "symlink":
        lock.symlink_to(target)
    else:
        os.link(target, lock)
    service = hosted(base, "box", virtual_mailbox_lock="dotlock", stale_lock_time="500s")
    assert service.deliver("joe@v.test")[0].status is Status.DEFERRED
    assert is_untouched(target)


# -- S40 -----------------------------------------------------------------------------

STATUS = "argv=/bin/sh", "-c", "grep -E '^(Uid|Gid|Groups|CapEff|NoNew)' /proc/self/status"


def test_s40_a_command_has_no_other_rights() -> None:
    """Real, effective, saved and filesystem ids, and groups: those of user=, for good."""
    (result,) = Piped(*STATUS).deliver("a@m.test")
    words = result.text.split()
    uid, gid = str(OTHER.pw_uid), str(OTHER.pw_gid)
    at = words.index("(Uid:")
    assert words[at + 1 : at + 5] == [uid] * 4
    at = words.index("Gid:")
    assert words[at + 1 : at + 5] == [gid] * 4
    assert words[words.index("Groups:") + 1] == gid


def run_python(code: str) -> Status:
    """Run code as a command; whether it ended well."""
    words = (f"argv={os.path.realpath(sys.executable)}", "-I", "-S", "-c", code)
    return Piped("directory=/", *words).deliver("a@m.test")[0].status


@pytest.mark.parametrize(
    "attempt", ["os.setuid(0)", "os.setresuid(0, 0, 0)", "os.setgid(0)", "os.setgroups([0])"]
)
def test_s40_a_command_does_not_get_rights_back(attempt: str) -> None:
    """Whatever it tries."""
    assert run_python("import os") is Status.SENT
    assert run_python(f"import os; {attempt}") is not Status.SENT


def test_s40_a_command_inherits_no_descriptor() -> None:
    """Only its input and outputs: not the queue, not the log, not the sockets of the process."""
    held = os.open("/etc/hostname", os.O_RDONLY)
    number = os.dup2(held, 77)
    try:
        (result,) = Piped("argv=/bin/sh", "-c", "cd /proc/self/fd; echo *").deliver("a@m.test")
    finally:
        os.close(number)
        os.close(held)
    shown = set(result.text.partition("service (")[2].rstrip(")").split())
    assert {"0", "1", "2"} <= shown <= {"0", "1", "2", "3"}  # the last one is the directory


@pytest.mark.parametrize("parameter", ["virtual_uid_maps", "virtual_gid_maps"])
@pytest.mark.parametrize("value", ["0", "00", "-0", "+0", " 0", "0x7d1", "4294967296", ""])
def test_s40_no_table_makes_a_delivery_with_root_s_rights(
    base: Path, parameter: str, value: str
) -> None:
    """Deferred with a warning, and nothing is written."""
    service = hosted(base, "box", **{parameter: f"inline:{{{{joe@v.test={value}}}}}"})
    (result,) = service.deliver("joe@v.test")
    assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.5")
    assert any(line.startswith("warning: ") for line in service.lines.texts)
    assert list(base.iterdir()) == []
    assert (os.geteuid(), os.getegid()) == (0, 0)
