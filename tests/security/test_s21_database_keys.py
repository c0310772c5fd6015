"""S21: what strangers write is a pattern, or a piece of one, in a database's query: no lookup takes long for it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.maps import sqlite
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table, TableFailure

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
LONGEST = 5.0  # seconds


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file with a long text in it."""
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute("CREATE TABLE t (k, v)")
    connection.execute("INSERT INTO t VALUES (?, 'found')", ("a" * 20_000,))
    connection.commit()
    connection.close()
    return tmp_path / "db"


def open_with(database: Path, **settings: str) -> Table:
    """The table of a file with these settings."""
    path = database.parent / "s"
    lines = [f"dbpath = {database}", *(f"{name} = {value}" for name, value in settings.items())]
    path.write_text("".join(f"{line}\n" for line in lines))
    return open_table(f"sqlite:{path}", CONFIG)


@pytest.mark.parametrize("verb", ["LIKE", "GLOB"])
@pytest.mark.parametrize("piece", ["%a", "_%", "*a", "?*", "[a-z]*", "*", "%"])
def test_s21_a_key_full_of_wildcards_is_answered_soon(
    database: Path, verb: str, piece: str
) -> None:
    """Or it is said that it cannot be: in no case is it "not found" because it was too hard."""
    table = open_with(database, query=f"SELECT v FROM t WHERE k {verb} '%s'")
    begin = time.monotonic()
    for count in (10, 100, 10_000):
        try:
            assert table.get(piece * count + "b") is None
        except TableFailure as failure:
            assert "too complex" in str(failure)
    assert time.monotonic() - begin < LONGEST


def test_s21_a_query_that_does_not_end_is_a_failure(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time that a lookup has."""
    monkeypatch.setattr(sqlite, "TIME_LIMIT", 0.2)
    rows = "WITH RECURSIVE n(i) AS (SELECT length('%s') UNION ALL SELECT i + 1 FROM n)"
    table = open_with(database, query=f"{rows} SELECT i FROM n WHERE i < 0")
    begin = time.monotonic()
    with pytest.raises(TableFailure):
        table.get("key")
    assert time.monotonic() - begin < LONGEST


@pytest.mark.parametrize(
    "key",
    [
        "a." * 50_000,
        "@" * 100_000,
        "%s" * 50_000,
        "'" * 100_000,
        "a@" + ".b" * 50_000,
        "\\" * 100_000,
    ],
)
def test_s21_a_long_key_is_taken_apart_soon(database: Path, key: str) -> None:
    """For the domains that are asked for, and for each part of a query and of a result."""
    table = open_with(
        database,
        query="SELECT 'x' WHERE '%s%u%d' = '%u'",
        result_format="%s %S %U %D",
        domain="example.com, .example.net, regexp:{{/(a+)+b/ x}}",
    )
    begin = time.monotonic()
    try:
        table.get(key)
    except TableFailure:
        pass
    assert time.monotonic() - begin < LONGEST
