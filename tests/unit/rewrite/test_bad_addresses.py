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


@pytest.mark.parametrize(
    ("recipient", "resolved"),
    [
        ("alice@", "alice@mail.example.test"),
        ("a%b.test@", "a@b.test"),
        ("a@c.test@", "a@c.test"),
        ("@", "MAILER-DAEMON@mail.example.test"),
    ],
)
def test_null_domain(recipient: str, resolved: str) -> None:
    """With resolve_null_domain it is this host; else the address is bad."""
    resolver = make([], resolve_null_domain="yes")
    assert drive(resolver.resolve("", recipient)).recipient == resolved
    assert drive(make([]).resolve("", "alice@")).nexthop == BAD_ADDRESS


@pytest.mark.parametrize(
    ("recipient", "resolved", "nexthop"),
    [
        ("user@1.2.3.4", "user@[1.2.3.4]", "[1.2.3.4]"),
        ("x@1.2.3.4.", "x@[1.2.3.4]", "[1.2.3.4]"),
        ("x@::1", "x@[::1]", "[::1]"),
        ("carol%1.2.3.4", "carol@[1.2.3.4]", "[1.2.3.4]"),
        ("x@1.2.3", "x@1.2.3", BAD_ADDRESS),
        ("x@1.2.3.4.5", "x@1.2.3.4.5", BAD_ADDRESS),
        ("x@256.1.1.1", "x@256.1.1.1", BAD_ADDRESS),
    ],
)
def test_numeric_domain(recipient: str, resolved: str, nexthop: str) -> None:
    """With resolve_numeric_domain an address needs no brackets; else it is a bad one."""
    found = drive(make([], resolve_numeric_domain="yes").resolve("", recipient))
    assert (found.recipient, found.nexthop) == (resolved, nexthop)
    assert drive(make([]).resolve("", recipient)).nexthop == BAD_ADDRESS


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("a@old.test<@", "a@old.test <"),
        ("a b@old.test,c@", "a b@old.test, c"),
        ("a@x(c)y@", "a@x (c) y"),
        ("a@b,c@mail.example.test", "a@b, c"),
    ],
)
def test_what_stood_before_a_domain_of_ours(address: str, recipient: str) -> None:
    """It is read as an address again."""
    found = drive(make([]).resolve("", address))
    assert (found.nexthop, found.recipient) == (BAD_ADDRESS, recipient)
