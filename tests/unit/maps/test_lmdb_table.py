"""lmdb: tables that are open while others write them (lmdb_table(5))."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.lmdb_table import LmdbTable, open_file
from pyfixcli.maps.registry import open_table
from tests.support.instance import wait_for

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
PUT = """
import sys, lmdb
path, count = sys.argv[1], int(sys.argv[2])
with lmdb.open(path, subdir=False, lock=False, map_size=1 << 30, lib_version=0) as environment:
    with environment.begin(write=True) as transaction:
        for number in range(count):
            transaction.put(b"key%d\\0" % number, b"v" * 400 + b"\\0")
        transaction.put(b"last\\0", sys.argv[3].encode() + b"\\0")
"""


def put(path: Path, value: str, count: int = 0) -> None:
    """Another process puts a value for ``last`` into a file, after ``count`` entries."""
    subprocess.run([sys.executable, "-c", PUT, str(path), str(count), value], check=True)


def make_table(place: Path) -> LmdbTable:
    """An open table without entries."""
    with open_file(f"{place}/t.lmdb", readonly=False) as environment:
        environment.sync()
    table = open_table(f"lmdb:{place}/t", CONFIG)
    assert isinstance(table, LmdbTable)
    assert table.get("last") is None
    return table


def test_what_is_put_into_the_file_is_seen_at_once(tmp_path: Path) -> None:
    """Also when it has outgrown what the reader has mapped."""
    table = make_table(tmp_path)
    put(tmp_path / "t.lmdb", "one")
    assert table.get("last") == "one"
    put(tmp_path / "t.lmdb", "two", 100_000)
    assert (tmp_path / "t.lmdb").stat().st_size > 40_000_000
    assert table.get("last") == "two"


def test_a_file_that_was_replaced_is_seen_soon(tmp_path: Path) -> None:
    """Nobody looks at each lookup."""
    table = make_table(tmp_path)
    shutil.copy(tmp_path / "t.lmdb", tmp_path / "new.lmdb")
    put(tmp_path / "new.lmdb", "new")
    (tmp_path / "new.lmdb").rename(tmp_path / "t.lmdb")
    wait_for(lambda: table.get("last") == "new", 10)


def test_the_state_changes_with_what_is_in_it(tmp_path: Path) -> None:
    """With each transaction, though it be of the same size in the same moment; without a file it is not known."""
    table = make_table(tmp_path)
    before = table.state()
    assert before is not None and table.state() == before
    put(tmp_path / "t.lmdb", "one")
    after = table.state()
    assert after is not None and after != before
    (tmp_path / "t.lmdb").unlink()
    wait_for(lambda: table.state() is None, 10)


def test_a_file_that_was_overwritten_by_one_as_old_is_another(tmp_path: Path) -> None:
    """Of the same size, and in the place of the old one: as rsync --inplace leaves it."""
    table = make_table(tmp_path)
    put(tmp_path / "t.lmdb", "one")
    shutil.copy(tmp_path / "t.lmdb", tmp_path / "new.lmdb")
    put(tmp_path / "t.lmdb", "two")
    put(tmp_path / "new.lmdb", "six")
    for name in ("t.lmdb", "new.lmdb"):
        os.utime(tmp_path / name, (1, 1))
    table.close()
    before = table.state()
    content = (tmp_path / "new.lmdb").read_bytes()
    assert len(content) == (tmp_path / "t.lmdb").stat().st_size
    with (tmp_path / "t.lmdb").open("r+b") as file:
        file.write(content)
    os.utime(tmp_path / "t.lmdb", (1, 1))
    wait_for(lambda: table.state() != before, 10)
    assert table.get("last") == "six"


def test_several_threads_ask_while_the_file_is_replaced(tmp_path: Path) -> None:
    """None of them fails: LMDB opens a file once in a process."""
    table = make_table(tmp_path)
    put(tmp_path / "t.lmdb", "one")
    failures: list[Exception] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            try:
                assert table.get("last") == "one"
            except Exception as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        before = table.state()
        shutil.copy(tmp_path / "t.lmdb", tmp_path / "new.lmdb")
        (tmp_path / "new.lmdb").rename(tmp_path / "t.lmdb")
        wait_for(lambda seen=before: table.state() != seen, 10)  # type: ignore[misc]
    is_over.set()
    for thread in threads:
        thread.join()
    assert failures == []
