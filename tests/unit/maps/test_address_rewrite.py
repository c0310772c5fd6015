"""Values of address tables as addresses; expected values were read off the reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.mail.tok822 import parse_addresses
from pyfixcli.maps.address_lookup import Found
from pyfixcli.maps.address_rewrite import read_addresses, result_addresses


def complete(address: str) -> str:
    """Adds the domain of this system."""
    return address if "@" in address else f"{address}@here.test"


@pytest.mark.parametrize(
    ("value", "extension", "propagates", "expected"),
    [
        ("@c.test", "", True, ["baz+x@c.test"]),
        ("@c.test", "+x", True, ["baz+x@c.test"]),
        ("@c.test", "+x", False, ["baz@c.test"]),
        ("a, b@c.test", "+x", True, ["a+x@here.test", "b+x@c.test"]),
        ('"a b"', "", False, ["a b@here.test"]),
        (",", "", False, []),
    ],
)
def test_results(value: str, extension: str, propagates: bool, expected: list[str]) -> None:
    """``@domain`` keeps the user; an extension that the key did not have goes on if it may, and only once."""
    found = Found(value, extension)
    assert result_addresses(found, "baz+x@a.test", complete, propagates) == expected


@given(st.text(alphabet="aB7.-@ +,_<", min_size=1, max_size=12))
def test_plain_addresses_are_read_as_by_the_parser(value: str) -> None:
    """The way around the parser gives what the parser gives."""
    assert read_addresses(value) == parse_addresses(value)
