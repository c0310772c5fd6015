"""S15: root makes lookup tables in a directory that belongs to a user."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import BIN

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it acts as other users")
USER = pwd.getpwnam("games").pw_uid if os.geteuid() == 0 else 0
OTHER = pwd.getpwnam("news").pw_uid if os.geteuid() == 0 else 0
WARNING = b"warning: %s is owned by uid %d: "


@pytest.fixture
def owned(place: Path) -> Iterator[Path]:
    """A directory of the user's with a table source of root's, and a configuration."""
    place.chmod(0o755)
    (place / "main.cf").write_text("compatibility_level = 3.7\n")
    directory = place / "d"
    directory.mkdir()
    (directory / "t").write_text("key value\n")
    os.chown(directory, USER, USER)
    yield directory


def run(
    command: str, *arguments: str, owned: Path, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """One of the commands as root."""
    environment = {"PATH": "/usr/bin:/bin", "MAIL_CONFIG": str(owned.parent)}
    return subprocess.run(
        [str(BIN / command), *arguments], input=data, capture_output=True, env=environment
    )


@pytest.mark.parametrize("command", ["postmap", "postalias"])
@pytest.mark.parametrize("kind", ["lmdb", "hash", "btree", "cdb"])
def test_s15_the_table_belongs_to_the_owner_of_the_directory(
    owned: Path, command: str, kind: str
) -> None:
    """With a warning; 3.7.11 leaves a table of root's there without a word."""
    (owned / "t").write_text("key: value\n")
    index = "t.cdb" if kind == "cdb" else "t.lmdb"
    done = run(command, f"{kind}:{owned}/t", owned=owned)
    assert done.returncode == 0
    assert WARNING % (str(owned).encode(), USER) in done.stderr
    assert (owned / index).stat().st_uid == USER
    assert sorted(os.listdir(owned)) == ["t", index]


def test_s15_the_source_of_a_user_decides_without_a_warning(owned: Path) -> None:
    """As in postmap(1): root's rights are dropped for the owner of the source."""
    os.chown(owned / "t", USER, USER)
    done = run("postmap", f"lmdb:{owned}/t", owned=owned)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (owned / "t.lmdb").stat().st_uid == USER


def test_s15_another_users_source_cannot_be_made_there(owned: Path) -> None:
    """The reference's words and exit status."""
    os.chown(owned / "t", OTHER, OTHER)
    done = run("postmap", f"lmdb:{owned}/t", owned=owned)
    text = f"postmap: fatal: open database {owned}/t.lmdb: Permission denied\n"
    assert (done.returncode, done.stderr.decode()) == (1, text)


def test_s15_rights_are_kept_when_asked(owned: Path) -> None:
    """With -o the table is root's, as the option says."""
    done = run("postmap", "-o", f"lmdb:{owned}/t", owned=owned)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (owned / "t.lmdb").stat().st_uid == 0


@pytest.mark.parametrize("kind", ["symbolic", "hard"])
@pytest.mark.parametrize("arguments", [[], ["-o"], ["-i"]])
def test_s15_a_link_in_the_place_of_the_table_is_not_written_through(
    owned: Path, kind: str, arguments: list[str]
) -> None:
    """A full build replaces the link, an update is refused; the target of the link stays as it was."""
    secret = owned.parent / "secret"
    secret.write_text("root's\n")
    secret.chmod(0o600)
    link = owned / "t.lmdb"
    link.symlink_to(secret) if kind == "symbolic" else os.link(secret, link)
    done = run("postmap", *arguments, f"lmdb:{owned}/t", owned=owned, data=b"k v\n")
    assert secret.read_text() == "root's\n"
    assert b"Traceback" not in done.stderr
    if arguments == ["-i"]:
        assert done.returncode == 1
    else:
        assert done.returncode == 0 and not link.is_symlink() and link.stat().st_nlink == 1


@pytest.mark.parametrize("option", ["-i", "-d"])
def test_s15_a_table_of_roots_is_not_changed_in_a_users_directory(owned: Path, option: str) -> None:
    """It may be a link to one elsewhere."""
    run("postmap", "-o", f"lmdb:{owned}/t", owned=owned)
    words = ["-d", "key"] if option == "-d" else ["-i"]
    done = run("postmap", *words, f"lmdb:{owned}/t", owned=owned, data=b"k v\n")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr and b"Permission denied" in done.stderr
    found = run("postmap", "-s", f"lmdb:{owned}/t", owned=owned)
    assert found.stdout == b"key\tvalue\n"


def test_s15_a_new_table_of_an_update_belongs_to_the_owner_of_the_directory(owned: Path) -> None:
    """postmap -i without a table."""
    done = run("postmap", "-i", f"lmdb:{owned}/new", owned=owned, data=b"k v\n")
    assert done.returncode == 0
    status = (owned / "new.lmdb").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (USER, 0o644)


def test_s15_roots_own_directory_gets_no_warning(place: Path) -> None:
    """The usual case."""
    (place / "main.cf").write_text("compatibility_level = 3.7\n")
    (place / "t").write_text("key value\n")
    done = run("postmap", f"lmdb:{place}/t", owned=place / "x")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (place / "t.lmdb").stat().st_uid == 0
