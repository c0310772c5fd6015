"""XFORWARD: what a content filter says of the client before it. Expected replies were read off the reference."""

from __future__ import annotations

import pytest

from pyfixcli.protocol.forwarding import Forwarded, parse_forwarded

NOBODY = Forwarded()


def test_attributes_add_up() -> None:
    """Over several commands; names in any case of letters, values as xtext."""
    first = parse_forwarded(["name=remote.test", "ADDR=IPV6:2001:db8::1", "PORT=25"], NOBODY)
    assert first == Forwarded("remote.test", "2001:db8::1", "25")
    assert isinstance(first, Forwarded)
    second = parse_forwarded(
        ["PROTO=ESMTP", "HELO=a+2Bb", "IDENT=Q1", "SOURCE=local", "NAME=[UNAVAILABLE]"], first
    )
    assert second == Forwarded("unknown", "2001:db8::1", "25", "ESMTP", "a+b", "Q1", "LOCAL")


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("FOO=1", "Bad XFORWARD attribute name: FOO"),
        ("NAME", "Error: attribute=value expected"),
        ("ADDR=bad", "Bad ADDR syntax: bad"),
        ("SOURCE=bad", "Bad SOURCE syntax: bad"),
        ("PORT=x", "Bad PORT syntax: x"),
        ("NAME=a+ZZ", "Bad NAME syntax: a+ZZ"),
    ],
)
def test_refusals(word: str, text: str) -> None:
    """In the reference's words."""
    assert parse_forwarded(["HELO=x", word], NOBODY) == text


@pytest.mark.parametrize(
    "word",
    [
        "NAME=a+0Ab",
        "NAME=a+20b",
        "HELO=a+0D+0ARCPT",
        "HELO=+00",
        "IDENT=a+0Ab",
        "PROTO=+7F",
        "ADDR=192.0.2.1+0A",
        "ADDR=2001:db8::1",
        "ADDR=IPV6:192.0.2.1",
        "ADDR=IPV6:fe80::1%25eth0",
        "PORT=0",
        "PORT=65536",
        "PORT=+31+0A",
    ],
)
def test_s24_values_are_looked_at_after_decoding(word: str) -> None:
    """Nothing of it can begin another line of the log or of a header."""
    assert isinstance(parse_forwarded([word], NOBODY), str)


def test_s24_what_has_a_meaning_elsewhere_goes() -> None:
    """In free text, which is cut too."""
    found = parse_forwarded(["HELO=<a>+20(b)\\c;" + "x" * 500], NOBODY)
    assert isinstance(found, Forwarded)
    assert found.helo.startswith("?a???b??c?x") and len(found.helo) == 255
