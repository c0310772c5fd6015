"""Table files from entries: order, keys that come again, errors."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.build import BUILDERS, Duplicates, build_file, update_file
from pyfixcli.maps.lmdb_table import LmdbTable

CONFIG = Config("/nowhere", {})
Entries = list[tuple[bytes, bytes]]


def entries_of(*pairs: str) -> Entries:
    """``key=value`` as table files hold them."""
    return [
        (key.encode() + b"\0", value.encode() + b"\0")
        for key, _, value in (pair.partition("=") for pair in pairs)
    ]


def table_at(path: Path) -> LmdbTable:
    """The table of a file."""
    return LmdbTable("lmdb", str(path), CONFIG, True)


def build(path: Path, *chunks: Entries, replace: bool = False, silent: bool = False) -> list[str]:
    """Make a table; the warnings."""
    warnings: list[str] = []
    duplicates = Duplicates(replace, silent, "lmdb:t", warnings)
    build_file(
        str(path), BUILDERS["lmdb"], lambda _: [list(chunk) for chunk in chunks], 0o644, duplicates
    )
    return warnings


def test_entries_come_in_any_order_and_in_several_chunks(tmp_path: Path) -> None:
    """The second chunk lies between and after the first."""
    names = [f"key{n}={n}" for n in range(3000)]
    random.Random(1).shuffle(names)
    assert build(tmp_path / "t", entries_of(*names[:1000]), entries_of(*names[1000:])) == []
    assert sorted(table_at(tmp_path / "t").items()) == sorted(
        (f"key{n}", str(n)) for n in range(3000)
    )


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_first_of_equal_keys_stays(tmp_path: Path, split: int) -> None:
    """With a warning for each other one, in the order of the source, also across chunks."""
    entries = entries_of("b=1", "a=2", "b=3", "a=4", "b=5")
    warnings = build(tmp_path / "t", entries[:split], entries[split:])
    assert table_at(tmp_path / "t").items() == [("a", "2"), ("b", "1")]
    assert [warning.split('"')[1] for warning in warnings] == ["b", "a", "b"]


def test_the_last_of_equal_keys_stays_if_it_is_to_replace(tmp_path: Path) -> None:
    """postmap -r: silently."""
    assert build(tmp_path / "t", entries_of("b=1", "a=2", "b=3"), replace=True) == []
    assert table_at(tmp_path / "t").items() == [("a", "2"), ("b", "3")]


def test_equal_keys_may_be_passed_over_silently(tmp_path: Path) -> None:
    """postmap -w."""
    assert build(tmp_path / "t", entries_of("b=1", "b=3"), silent=True) == []
    assert table_at(tmp_path / "t").items() == [("b", "1")]


def test_an_empty_table(tmp_path: Path) -> None:
    """No entries are a table too."""
    build(tmp_path / "t")
    assert table_at(tmp_path / "t").items() == []


def test_a_key_that_is_too_long_leaves_the_old_table(tmp_path: Path) -> None:
    """And no other file."""
    build(tmp_path / "t", entries_of("a=1"))
    with pytest.raises(ConfigError, match="error updating lmdb:.*: MDB_BAD_VALSIZE"):
        build(tmp_path / "t", entries_of("a=2", "k" * 600 + "=x"))
    assert table_at(tmp_path / "t").items() == [("a", "1")]
    assert [path.name for path in tmp_path.iterdir()] == ["t.lmdb"]


def test_values_of_any_size(tmp_path: Path) -> None:
    """Also those that take pages of their own."""
    build(tmp_path / "t", entries_of("a=" + "x" * 100_000, "b=1", "c=" + "y" * 5000))
    assert [len(value) for _, value in table_at(tmp_path / "t").items()] == [100_000, 1, 5000]


def test_update_adds_to_a_table(tmp_path: Path) -> None:
    """postmap -i: known keys get a warning and stay."""
    build(tmp_path / "t", entries_of("a=1"))
    warnings: list[str] = []
    duplicates = Duplicates(False, False, "lmdb:t", warnings)
    update_file(
        str(tmp_path / "t"), BUILDERS["lmdb"], [entries_of("b=2", "a=3")], 0o644, duplicates
    )
    assert table_at(tmp_path / "t").items() == [("a", "1"), ("b", "2")]
    assert len(warnings) == 1
