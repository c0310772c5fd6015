"""Addresses that mail cannot go to. The expected answers are those of Postfix 3.7."""

from __future__ import annotations

import pytest

from pyfixcli.ipc.driver import drive
from pyfixcli.rewrite.resolve import BAD_ADDRESS
from tests.unit.rewrite.test_resolver_warnings import make


@pytest.mark.parametrize(
    ("address", "enabled", "is_bad"),
    [
        ("\xfca@x.test", "yes", False),
        ("a@\xfcx.test", "yes", False),
        ("\udcfca@x.test", "yes", True),
        ("a@\udcfcx.test", "yes", True),
        ("\udcfca@x.test", "no", False),
        ("a@\udcfcx.test", "no", True),
        ("a@\xfcx.test", "no", True),
    ],
)
def test_eight_bits(address: str, enabled: str, is_bad: bool) -> None:
    """With smtputf8_enable all must be UTF-8, without it the domain must be ASCII."""
    found = drive(make([], smtputf8_enable=enabled).resolve("", address))
    assert (found.nexthop == BAD_ADDRESS) == is_bad
