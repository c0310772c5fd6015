"""S15: root asks tables of databases in a directory that belongs to a user."""

from __future__ import annotations

import os
import pwd
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import BIN

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it acts as other users")
USER = pwd.getpwnam("games").pw_uid if os.geteuid() == 0 else 0


@pytest.fixture
def owned(place: Path) -> Iterator[Path]:
    """A user's directory with a user's database in it, whose journal is beside it; and the settings of its table."""
    place.chmod(0o755)
    (place / "main.cf").write_text("compatibility_level = 3.7\n")
    (place / "s").write_text(f"dbpath = {place}/d/db\nquery = SELECT v FROM t WHERE k = '%s'\n")
    directory = place / "d"
    directory.mkdir()
    connection = sqlite3.connect(directory / "db")
    connection.executescript(
        "PRAGMA journal_mode = wal; CREATE TABLE t (k, v); INSERT INTO t VALUES ('key', 'value');"
    )
    connection.close()
    for path in (directory / "db", directory):
        os.chown(path, USER, USER)
    yield directory


def run(owned: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """postmap as root."""
    environment = {"PATH": "/usr/bin:/bin", "MAIL_CONFIG": str(owned.parent)}
    return subprocess.run(
        [str(BIN / "postmap"), *arguments], capture_output=True, cwd=owned, env=environment
    )


@pytest.mark.parametrize("kind", ["ldap", "memcache", "mysql", "pgsql", "sqlite"])
def test_s15_postmap_makes_no_table_of_a_database(owned: Path, kind: str) -> None:
    """Nothing of root's appears where the settings lie."""
    (owned / "s").write_text((owned.parent / "s").read_text())
    done = run(owned, f"{kind}:{owned}/s")
    assert (done.returncode, sorted(os.listdir(owned))) == (1, ["db", "s"])
    assert b"does not support bulk-mode creation" in done.stderr


def test_s15_what_a_query_leaves_beside_a_file_is_its_owners(owned: Path) -> None:
    """The files of SQLite's journal."""
    done = run(owned, "-q", "key", f"sqlite:{owned.parent}/s")
    assert (done.returncode, done.stdout) == (0, b"value\n")
    assert {path.stat().st_uid for path in owned.iterdir()} == {USER}


@pytest.mark.parametrize("suffix", ["-shm", "-wal", "-journal"])
@pytest.mark.parametrize("is_there", [True, False])
def test_s15_a_link_beside_a_file_is_not_written_through(
    owned: Path, suffix: str, is_there: bool
) -> None:
    """What root can read or make elsewhere stays as it was."""
    target = owned.parent / "target"
    if is_there:
        target.write_text("root's\n")
        target.chmod(0o600)
    (owned / f"db{suffix}").symlink_to(target)
    done = run(owned, "-q", "key", f"sqlite:{owned.parent}/s")
    assert b"Traceback" not in done.stderr
    assert b"root's" not in done.stdout + done.stderr
    assert target.exists() == is_there
    assert not is_there or (target.read_text(), target.stat().st_uid) == ("root's\n", 0)


def test_s15_a_query_changes_nothing(owned: Path) -> None:
    """Whatever the settings ask for."""
    (owned.parent / "s").write_text(f"dbpath = {owned}/db\nquery = DELETE FROM t RETURNING k\n")
    done = run(owned, "-q", "key", f"sqlite:{owned.parent}/s")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    connection = sqlite3.connect(owned / "db")
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(1,)]
    connection.close()
