"""XCLIENT: what a client says of another one. Expected replies were read off the reference."""

from __future__ import annotations

import pytest

from pyfixcli.access.claimed_client import claimed_client
from pyfixcli.access.facts import Client, NameStatus
from pyfixcli.protocol.xclient import Claimed, parse_claimed

HERE = Client("localhost", "127.0.0.1", "99", "localhost")


def claim(*words: str) -> Client:
    """The client that the attributes make of HERE."""
    claimed = parse_claimed(list(words))
    assert isinstance(claimed, Claimed)
    return claimed_client(HERE, claimed)


def test_what_is_not_said_stays() -> None:
    """Names of attributes in any case of letters, values as xtext."""
    assert claim("name=good.test", "PORT=4321") == Client(
        "good.test", "127.0.0.1", "4321", "localhost"
    )
    assert claim("ADDR=IPV6:2001:db8::1").address == "2001:db8::1"


def test_what_is_not_known() -> None:
    """A name is missing for good or for now, which reject_unknown_client_hostname tells apart."""
    client = claim("NAME=[unavailable]", "REVERSE_NAME=[TEMPUNAVAIL]", "ADDR=[UNAVAILABLE]")
    assert (client.name, client.status) == ("unknown", NameStatus.PERMANENT)
    assert (client.reverse_name, client.reverse_status) == ("unknown", NameStatus.TEMPORARY)
    assert client.address == "unknown"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("NAME", "Error: attribute=value expected"),
        ("FOO=bar", "Bad XCLIENT attribute name: FOO"),
        ("ADDR=not-an-address", "Bad ADDR syntax: not-an-address"),
        ("ADDR=IPV6:zz", "Bad ADDR syntax: IPV6:zz"),
        ("PORT=x", "Bad PORT syntax: x"),
        ("PORT=[tempunavail]", "Bad PORT syntax: [tempunavail]"),
        ("PROTO=LMTP", "Bad PROTO syntax: LMTP"),
        ("PROTO=[UNAVAILABLE]", "Bad PROTO syntax: [UNAVAILABLE]"),
        ("NAME=bad+ZZname", "Bad NAME syntax: bad+ZZname"),
    ],
)
def test_refusals(word: str, text: str) -> None:
    """In the reference's words."""
    assert parse_claimed(["HELO=x", word]) == text


@pytest.mark.parametrize("word", ["NAME=a+0Ab", "ADDR=192.0.2.1+0A", "LOGIN=+00", "HELO=a+0D+0Ab"])
def test_s24_values_are_looked_at_after_decoding(word: str) -> None:
    """Nothing of it can begin another line of the log or of a header."""
    found = parse_claimed([word])
    assert isinstance(found, str) or not any(map(str.isspace, f"{found.helo}{found.login}"))
