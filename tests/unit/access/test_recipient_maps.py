"""Which recipients exist. Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.access.address_facts import AddressFacts
from pyfixcli.access.recipient_maps import RecipientMaps
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.resolve import Resolver
from pyfixcli.rewrite.rewrite import Rewriter


def make(**settings: str) -> RecipientMaps:
    """The tables of a view with these settings."""
    config = Config("/nowhere", {"myhostname": "mail.example.test", **settings})
    waiter = BlockingWaiter()
    resolver = Resolver(config, waiter, lambda _service, _text: None)
    return RecipientMaps(config, AddressFacts(config, Rewriter(config), resolver, waiter), waiter)


@pytest.mark.parametrize(
    ("address", "exists"),
    [("low@v.test", True), ("Low@V.test", True), ("Cap@v.test", False), ("cap@v.test", False)],
)
def test_patterns_see_addresses_in_lower_case(place: Path, address: str, exists: bool) -> None:
    """Whatever their flags are."""
    (place / "patterns").write_text("/^low@v.test$/i alice\n/^Cap@v.test$/i alice\n")
    maps = make(virtual_alias_domains="v.test", virtual_alias_maps=f"pcre:{place / 'patterns'}")
    assert (drive(maps.problem(address)) is None) is exists
