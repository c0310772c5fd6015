"""Which recipients exist. Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.access.address_facts import AddressFacts
from pyfixcli.access.recipient_maps import RecipientMaps
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.table import TableFailure
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


def test_the_transport_of_a_sender_may_refuse() -> None:
    """sender_dependent_default_transport_maps; other mail to the same recipient goes on."""
    maps = make(
        sender_dependent_default_transport_maps="inline:{{bad@x.test=error:5.7.1 you may not}}"
    )
    found = drive(maps.problem("a@y.test", sender="bad@x.test"))
    assert found is not None and (found.code, found.dsn, found.text) == (
        550,
        "5.7.1",
        "you may not",
    )
    assert drive(maps.problem("a@y.test", sender="good@x.test")) is None
    assert drive(maps.problem("a@y.test", sender="bad@x.test")) is not None


def test_the_transport_of_the_null_sender() -> None:
    """Only mail from it is concerned (empty_address_default_transport_maps_lookup_key)."""
    maps = make(sender_dependent_default_transport_maps="inline:{{<>=error:5.7.1 no bounces}}")
    assert drive(maps.problem("a@y.test", sender="s@x.test")) is None
    assert drive(maps.problem("a@y.test", sender="")) is not None


def test_a_key_without_a_value_is_a_failure(place: Path) -> None:
    """Of the configuration, as the client is told by what the text ends with."""
    (place / "patterns").write_text("/^elist/\n")
    maps = make(local_recipient_maps=f"pcre:{place / 'patterns'}", mydestination="x.test")
    with pytest.raises(TableFailure) as raised:
        drive(maps.problem("elist@x.test"))
    assert str(raised.value) == (
        "local_recipient_maps lookup of elist@x.test returns an empty string result\n"
        "local_recipient_maps should return NO RESULT in case of NOT FOUND"
    )
