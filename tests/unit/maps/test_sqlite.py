"""sqlite: tables, and with them what all tables of databases do; expected values are the reference's."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps import sqlite
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.sqlite import SqliteTable
from pyfixcli.maps.table import Table, TableFailure

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
BY_KEY = "query = SELECT v, w FROM a WHERE k = '%s'"
ROWS = [
    ("k", "v1", "w1"),
    ("k", "v2", None),
    ("nul", None, None),
    ("empty", "", ""),
    ("u@example.com", "x@d.org", ""),
    ("o'b", "q", ""),
    ("é", "acute", ""),
    ("number", 7, ""),
    ("blob", b"a\0b", ""),
    ("latin", b"a\xff", ""),
]

MakeTable = Callable[..., Table]


def make_file(path: Path, rows: list[tuple[str, object, object]]) -> None:
    """A database with one table."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE a (k TEXT, v BLOB, w TEXT)")
    connection.executemany("INSERT INTO a VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()


@pytest.fixture
def table(tmp_path: Path) -> MakeTable:
    """Opens a table with these lines in its file."""
    make_file(tmp_path / "db", ROWS)

    def make(*lines: str, fold: bool = True) -> Table:
        settings = tmp_path / "t.cf"
        settings.write_text("\n".join((f"dbpath = {tmp_path}/db", *lines, "")))
        return open_table(f"sqlite:{settings}", CONFIG, fold)

    return make


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("k", "v1,v2"),
        ("K", "v1,v2"),
        ("nul", None),
        ("none", None),
        ("o'b", "q"),
        ("É", "acute"),
        ("number", "7"),
        ("blob", "a"),
        ("' OR '1'='1", None),
        ("k\0x", None),
    ],
)
def test_values(table: MakeTable, key: str, value: str | None) -> None:
    """The first column of each row; keys are folded and quoted."""
    assert table(BY_KEY).get(key) == value


def test_keys_stay_as_they_are_without_folding(table: MakeTable) -> None:
    """postmap -f."""
    assert table(BY_KEY, fold=False).get("K") is None


def test_an_empty_value_is_passed_over_with_a_warning(table: MakeTable) -> None:
    """It is not found."""
    opened = table(BY_KEY)
    assert opened.get("empty") is None
    assert opened.take_warnings() == [
        f'table "{opened.name}": empty lookup result for: "empty" -- ignored'
    ]


def test_an_empty_key_is_not_asked(table: MakeTable) -> None:
    """With a warning."""
    opened = table("query = SELECT 1")
    assert opened.get("") is None
    assert opened.take_warnings() == [f'table "{opened.name}": empty query string -- ignored']


def test_a_value_that_is_not_utf8_is_a_failure(table: MakeTable) -> None:
    """While smtputf8_enable is on."""
    with pytest.raises(TableFailure, match="non-UTF-8 value"):
        table(BY_KEY).get("latin")


def test_a_key_that_is_not_utf8_is_not_found(table: MakeTable) -> None:
    """With a warning."""
    opened = table("query = SELECT 1")
    assert opened.get("a\udcff") is None
    assert "non-UTF-8 key" in opened.take_warnings()[0]


def test_the_limit_of_values(table: MakeTable) -> None:
    """More than expansion_limit is a failure."""
    assert table(BY_KEY, "expansion_limit = 2").get("k") == "v1,v2"
    opened = table(BY_KEY, "expansion_limit = 1")
    with pytest.raises(TableFailure) as failed:
        opened.get("k")
    path = opened.name.removeprefix("sqlite:")
    assert complaints(str(failed.value), "k") == [
        f"dict_sqlite_lookup: {path}: Expansion limit exceeded for key 'k'",
        f'{opened.name} lookup error for "k"',
    ]


@pytest.mark.parametrize(
    ("domains", "found"),
    [
        ("example.com, b", {"u@example.com", "u@EXAMPLE.com", "u@b"}),
        (".com", set()),
        ("inline:{example.com=x}", {"u@example.com", "u@EXAMPLE.com"}),
        ("!b, static:x", {"u@example.com", "u@EXAMPLE.com", "u@sub.example.com"}),
    ],
)
def test_domains(table: MakeTable, domains: str, found: set[str]) -> None:
    """Only addresses in the list are asked for, and nothing that has no user or no domain."""
    opened = table("query = SELECT 'x'", f"domain = {domains}")
    keys = [
        "u@example.com",
        "u@EXAMPLE.com",
        "u@sub.example.com",
        "u@b",
        "@example.com",
        "@b",
        "u",
        "u@",
    ]
    assert {key for key in keys if opened.get(key)} == found


def test_a_failing_table_of_domains_is_a_failure(table: MakeTable) -> None:
    """Not the same as a domain that is not there."""
    opened = table("query = SELECT 'x'", "domain = fail:x")
    with pytest.raises(TableFailure) as failed:
        opened.get("u@b")
    assert f"{opened.name.removeprefix('sqlite:')}: fail:x: table lookup problem" in str(
        failed.value
    )


def test_the_older_settings(table: MakeTable) -> None:
    """table, select_field, where_field, additional_conditions."""
    older = ("table = a", "select_field = v", "where_field = k")
    assert table(*older).get("o'b") == "q"
    assert table(*older, "additional_conditions = AND w = 'w1'").get("k") == "v1"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("query = SELECT '%q'", "db_common_parse: {}: Invalid query template: SELECT '%q'"),
        (f"{BY_KEY}\nresult_format = %", "db_common_parse: {}: Invalid result template: %"),
        (f"{BY_KEY}\nexpansion_limit = x", "{}: bad numerical configuration: expansion_limit = x"),
        (f"{BY_KEY}\ndbpath =", "{}: bad string length 0 < 1: dbpath = "),
        ("", "{}: bad string length 0 < 1: table = "),
    ],
)
def test_bad_settings(table: MakeTable, tmp_path: Path, line: str, problem: str) -> None:
    """The table cannot be opened."""
    with pytest.raises(ConfigError) as failed:
        table(line)
    assert str(failed.value) == problem.format(tmp_path / "t.cf")


def test_settings_in_main_cf(tmp_path: Path) -> None:
    """They begin with the table's name, and ``$`` has its meaning."""
    make_file(tmp_path / "db", ROWS)
    lines = {"x_dbpath": f"{tmp_path}/db", "x_query": "SELECT v FROM $t WHERE k='%s'", "t": "a"}
    config = Config("/nowhere", {"compatibility_level": "3.7", **lines})
    assert open_table("sqlite:x", config).get("o'b") == "q"
    with pytest.raises(ConfigError, match="^bad string length 0 < 1: y_dbpath = $"):
        open_table("sqlite:y", config)


@pytest.mark.parametrize("query", ["SELECT x FROM a", "SELEC", "SELECT 1; SELECT 2"])
def test_a_wrong_query_is_a_failure(table: MakeTable, query: str) -> None:
    """Each time."""
    opened = table(f"query = {query}")
    for _ in range(2):
        with pytest.raises(TableFailure):
            opened.get("k")


def test_a_missing_file_is_a_failure_and_is_not_made(table: MakeTable, tmp_path: Path) -> None:
    """It is asked for again each time."""
    opened = table(BY_KEY)
    os.rename(tmp_path / "db", tmp_path / "elsewhere")
    with pytest.raises(TableFailure, match="No such file"):
        opened.get("k")
    assert not (tmp_path / "db").exists()
    os.rename(tmp_path / "elsewhere", tmp_path / "db")
    assert opened.get("o'b") == "q"


def test_a_query_cannot_change_the_file(table: MakeTable) -> None:
    """It is a failure."""
    with pytest.raises(TableFailure, match="readonly"):
        table("query = DELETE FROM a").get("k")


def test_a_file_that_was_replaced_is_opened_again(table: MakeTable, tmp_path: Path) -> None:
    """Also while a connection is kept."""
    opened = table(BY_KEY)
    assert opened.get("o'b") == "q"
    make_file(tmp_path / "new", [("o'b", "other", "")])
    os.rename(tmp_path / "new", tmp_path / "db")
    assert opened.get("o'b") == "other"


def test_a_locked_file_is_a_failure(
    table: MakeTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some time."""
    monkeypatch.setattr(sqlite, "LOCKED", 0.05)
    opened = table(BY_KEY)
    writer = sqlite3.connect(tmp_path / "db", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TableFailure, match="locked"):
        opened.get("k")
    writer.execute("ROLLBACK")
    writer.close()
    assert opened.get("o'b") == "q"


def test_a_query_without_end_ends(table: MakeTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the time limit of a lookup."""
    monkeypatch.setattr(sqlite, "TIME_LIMIT", 0.1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(TableFailure, match="interrupted"):
        table(f"query = {endless}").get("k")


def test_tables_of_one_file_share_their_connections(table: MakeTable) -> None:
    """So that the limit is for the database."""
    one, other = table(BY_KEY), table("query = SELECT 1")
    assert isinstance(one, SqliteTable)
    assert isinstance(other, SqliteTable)
    assert one._pool is other._pool
