"""The keys of access(5) tables, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.access.tables import AccessTables
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.lookup import BlockingWaiter

TABLES = AccessTables(
    Config("/nonexistent", {"recipient_delimiter": "+", "myorigin": "example.test"}),
    BlockingWaiter(),
)


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("", ["<>"]),
        ("u@a.b.test", ["u@a.b.test", "a.b.test", "b.test", "test", "u@"]),
        ("u+x@b.test", ["u+x@b.test", "u@b.test", "b.test", "test", "u+x@", "u@"]),
        ("u@[192.0.2.9]", ["u@[192.0.2.9]", "[192.0.2.9]", "u@"]),
    ],
)
def test_keys_of_addresses(address: str, keys: list[str]) -> None:
    """From the most to the least specific."""
    assert [key for key, _ in TABLES.mail_keys(address)] == keys


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("192.0.2.1", ["192.0.2.1", "192.0.2", "192.0", "192"]),
        ("2001:db8::1", ["2001:db8::1", "2001:db8", "2001"]),
    ],
)
def test_keys_of_networks(address: str, keys: list[str]) -> None:
    """Whole parts only."""
    assert [key for key, _ in TABLES.address_keys(address)] == keys


def test_pattern_tables_see_no_partial_keys() -> None:
    """Only the name and the address."""
    found = [
        key for key, is_partial in TABLES.client_keys("a.b.test", "192.0.2.1") if not is_partial
    ]
    assert found == ["a.b.test", "192.0.2.1"]


def test_complaints_name_the_table() -> None:
    """As the reference words them."""
    assert complaints("relay_domains: table lmdb:/x: open database /x.lmdb: gone", "k") == [
        "lmdb:/x is unavailable. open database /x.lmdb: gone",
        'lmdb:/x lookup error for "k"',
    ]


def test_a_text_table_has_what_it_had_when_it_was_prepared(place: Path) -> None:
    """As in the reference, which opens all tables when smtpd starts; what is wrong with one is said when it is used."""
    source = place / "table"
    source.write_text("old REJECT\nbad\n")
    said: list[str] = []
    tables = AccessTables(Config("/", {}), BlockingWaiter(lambda text, _: said.append(text)))
    name = f"texthash:{source}"
    tables.prepare(name)
    tables.prepare(f"texthash:{place}/missing")
    source.write_text("new REJECT\n")
    assert said == []
    assert drive(tables.find(name, iter([("new", False)]))) is None
    assert drive(tables.find(name, iter([("old", False)]))) == ("old", "REJECT")
    assert len(said) == 1 and said[0].startswith(f"{source}, line 2: ")
