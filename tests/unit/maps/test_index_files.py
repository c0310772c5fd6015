"""Tables in cdb and Berkeley DB files: found, not found, replaced, damaged."""

from __future__ import annotations

import dbm.ndbm
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.build import BUILDERS, Duplicates, build_file, update_file
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import TableFailure

CONFIG = Config("/nowhere", {})
SILENT = Duplicates(False, True, "t", [])
needs_berkeley = pytest.mark.skipif(
    dbm.ndbm.library != "Berkeley DB", reason="needs a Python whose dbm makes Berkeley DB files"
)
SIZES = [0, 1, 7, 300, 5000]


def entries_of(count: int) -> dict[str, str]:
    """Entries, some of them longer than a page."""
    chance = random.Random(count)
    found = {f"key{n}": "v" * chance.choice([1, 5, 200]) + str(n) for n in range(count)}
    return found | {f"long{n}": "x" * 9000 * n for n in range(1, 4)} if count > 5 else found


def make_cdb(path: Path, entries: dict[str, str]) -> None:
    """A cdb file."""
    chunk = [(key.encode(), value.encode()) for key, value in entries.items()]
    build_file(str(path), BUILDERS["cdb"], lambda _: [chunk], 0o644, SILENT)


def make_berkeley(path: Path, entries: dict[str, str]) -> None:
    """A hash of Berkeley DB, with and without null octets at the end as versions of the reference write them."""
    with dbm.ndbm.open(str(path), "n") as file:
        for key, value in entries.items():
            file[key.encode() + b"\0"] = value.encode() + b"\0"


MAKERS = [
    ("cdb", make_cdb),
    pytest.param("hash", make_berkeley, marks=needs_berkeley),
]


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize(("kind", "make"), MAKERS)
def test_each_key_is_found_and_no_other(tmp_path: Path, kind: str, make, count: int) -> None:  # type: ignore[no-untyped-def]
    """Whatever the size of the table."""
    entries = entries_of(count)
    make(tmp_path / "t", entries)
    table = open_table(f"{kind}:{tmp_path}/t", CONFIG)
    assert {key: table.get(key) for key in entries} == entries
    assert [table.get(key) for key in ("", "key", "nope", "x" * 10_000)] == [None] * 4


@pytest.mark.parametrize(("kind", "make"), MAKERS)
def test_a_replaced_file_is_opened_again(tmp_path: Path, kind: str, make) -> None:  # type: ignore[no-untyped-def]
    """By a table that is open."""
    make(tmp_path / "t", {"a": "1"})
    table = open_table(f"{kind}:{tmp_path}/t", CONFIG)
    assert table.get("a") == "1"
    make(tmp_path / "new", {"a": "2", "b": "3"})
    suffix = ".cdb" if kind == "cdb" else ".db"
    (tmp_path / f"new{suffix}").rename(tmp_path / f"t{suffix}")
    assert (table.get("a"), table.get("b")) == ("2", "3")


def answer_of(lookup: Callable[..., object], *key: str) -> object:
    """What a lookup gives; TableFailure if it fails in this way, as it may."""
    try:
        return lookup(*key)
    except TableFailure:
        return TableFailure


@pytest.mark.parametrize(("kind", "make"), MAKERS)
def test_damage_is_a_failure_and_nothing_else(tmp_path: Path, kind: str, make) -> None:  # type: ignore[no-untyped-def]
    """Octets changed anywhere, and files cut off anywhere: an answer or TableFailure."""
    entries = entries_of(300)
    make(tmp_path / "t", entries)
    path = tmp_path / ("t.cdb" if kind == "cdb" else "t.db")
    sound = path.read_bytes()
    chance = random.Random(1)
    answers: list[object] = []
    for number in range(150):
        data = bytearray(sound)
        for _ in range(chance.randrange(1, 60)):
            data[chance.randrange(min(len(data), chance.choice([600, 1 << 30])))] = (
                chance.randrange(256)
            )
        path.write_bytes(data[: chance.randrange(len(data))] if number % 3 == 0 else data)
        table = open_table(f"{kind}:{tmp_path}/t", CONFIG)
        for key in (*list(entries)[::40], "nope"):
            answers.append(answer_of(table.get, key))
        if kind == "hash":
            answer_of(table.items)  # type: ignore[attr-defined]
    assert TableFailure in answers and any(answer in entries.values() for answer in answers)


@needs_berkeley
def test_the_new_file_goes_before_the_old_one(tmp_path: Path) -> None:
    """An update takes over what the old one has."""
    make_berkeley(tmp_path / "t", {"a": "1", "b": "2"})
    table = open_table(f"hash:{tmp_path}/t", CONFIG)
    assert table.get("a") == "1"
    replace = Duplicates(True, False, "t", [])
    update_file(str(tmp_path / "t"), BUILDERS["hash"], [[(b"a\0", b"9\0")]], 0o644, replace)
    assert (table.get("a"), table.get("b")) == ("9", "2")


def test_a_missing_table_names_what_makes_it(tmp_path: Path) -> None:
    """For hash: the command is not obvious, since the file has another name."""
    table = open_table(f"hash:{tmp_path}/t", CONFIG)
    with pytest.raises(TableFailure, match=r't.lmdb: No such file.*run "postmap hash:'):
        table.prepare()
