"""S22: keys that strangers choose stay keys in the queries of a database.

Servers are asked the same in tests/unit/maps (test_sql_servers.py, test_ldap.py, test_memcache.py).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
KEYS = (
    "'; drop table t; --",
    "' or '1'='1",
    "x' union select v from t --",
    "back\\' or 1=1 --",
    "''",
    "\\",
    "%s%u%d%%",
    'q"u"o',
    "*)(uid=*",
    "k" * 10_000,
    "a\nb\r\tc",
    "é\u2028",
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file with one row."""
    connection = sqlite3.connect(tmp_path / "db")
    connection.executescript("CREATE TABLE t (k, v); INSERT INTO t VALUES ('key', 'secret');")
    connection.close()
    return tmp_path / "db"


def open_with(database: Path, query: str) -> Table:
    """The table of a file with this query."""
    path = database.parent / "s"
    path.write_text(f"dbpath = {database}\nquery = {query}\n")
    return open_table(f"sqlite:{path}", CONFIG)


@pytest.mark.parametrize("key", KEYS)
def test_s22_a_key_stays_a_key(database: Path, key: str) -> None:
    """The database gets it as it is, and nothing else; the rows are still there."""
    assert open_with(database, "SELECT '%s'").get(key) == key
    table = open_with(database, "SELECT v FROM t WHERE k = '%s'")
    assert table.get(key) is None
    assert table.get("key") == "secret"


@pytest.mark.parametrize("part", ["%s", "%u", "%d"])
def test_s22_parts_of_a_key_stay_parts(database: Path, part: str) -> None:
    """Local part and domain are quoted, too."""
    key = "' or '1'='1@' or '1'='1"
    assert open_with(database, f"SELECT v FROM t WHERE k = '{part}'").get(key) is None


def test_s22_a_key_with_a_null_is_in_no_table(database: Path) -> None:
    """Else some databases would be asked for what stands before it."""
    table = open_with(database, "SELECT v FROM t WHERE k = '%s'")
    assert table.get("key\0") is None
    assert table.get("key\0' or 1=1 --") is None
