"""The grammar of paths and DSN parameters (RFC 5321, RFC 3461)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.protocol.grammar import (
    BadPath,
    Domains,
    decode_xtext,
    encode_unitext,
    encode_xtext,
    parse_orcpt,
    parse_path,
    split_words,
)


@pytest.mark.parametrize(
    ("word", "address"),
    [
        ("<>", ""),
        ("<a@b.test>", "a@b.test"),
        ("a@b.test", "a@b.test"),
        ('<"a b"@c.test>', "a b@c.test"),
        ("<@x.test,@y.test:a@b.test>", "a@b.test"),
        ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("<postmaster>", "postmaster"),
        ("<h!i@>", "h!i@"),
        ("<h%i@>", "h%i@"),
        ("<h@i@>", "h@i@"),
        ('<"h!i"@>', "h!i@"),
        ("<h!@>", "h!@"),
        ("<a>>", "a"),
    ],
)
def test_paths_in_internal_form(word: str, address: str) -> None:
    """As the reference reads them."""
    assert parse_path(word, is_strict=False, domains=Domains()) == address


@pytest.mark.parametrize(
    "word",
    [
        "<a@b.test",
        "<a b@c.test>",
        "<a@-b.test>",
        "<a@b..test>",
        "<a@>",
        "<!i@>",
        "<@>",
        "<!i>",
        "<%>",
        "<a%>",
        "<\\@-x.test>",
    ],
)
def test_what_is_no_path(word: str) -> None:
    """No closing bracket, blanks, bad domains."""
    assert isinstance(parse_path(word, is_strict=False, domains=Domains()), BadPath)


@pytest.mark.parametrize("word", ["a@b.test", "<a@b.test> x", "<(c)a@b.test>"])
def test_strict_paths_are_bracketed_and_without_comments(word: str) -> None:
    """strict_rfc821_envelopes."""
    assert isinstance(parse_path(word, is_strict=True, domains=Domains()), BadPath)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<a@b.test> SIZE=1", ["<a@b.test>", "SIZE=1"]),
        ('<"a b"@c.test> X', ['<"a b"@c.test>', "X"]),
        ("<a b@c.test> X", ["<a b@c.test>", "X"]),
        ("  a   b ", ["a", "b"]),
        ("", []),
    ],
)
def test_words_are_not_cut_in_paths(text: str, words: list[str]) -> None:
    """Blanks in brackets and quotes belong to the word."""
    assert split_words(text) == words


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=40))
def test_s25_xtext_comes_back(text: str) -> None:
    """What was encoded is decoded; the encoded form is harmless."""
    encoded = encode_xtext(text)
    assert encoded.isascii() and encoded.isprintable() and " " not in encoded
    assert decode_xtext(encoded) == (text if text.isprintable() else None)


def test_s25_plus_and_equals_are_encoded() -> None:
    """RFC 3461 section 4."""
    assert encode_xtext("a+b=c") == "a+2Bb+3Dc"


def test_unitext() -> None:
    """Characters, not octets, are encoded, and so is what begins an encoded one."""
    text = "\xfc+ =\\;\u20ac()<>{@x.test"
    assert encode_unitext(text) == "\\x{FC}\\x{2B}\\x{20}\\x{3D}\\x{5C};\\x{20AC}()<>{@x.test"
    assert parse_orcpt(f"utf-8;{encode_unitext(text)}") == f"utf-8;{text}"


@pytest.mark.parametrize("text", ["a+0", "a+0g", "+", "a+00", "a+0A", "a+0D+0A", "a+FF", "a+7F"])
def test_s24_s25_bad_xtext_is_refused(text: str) -> None:
    """Cut off, no hexadecimal, control characters, not UTF-8."""
    assert decode_xtext(text) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("rfc822;a+40b", "rfc822;a@b"),
        ("utf-8;\\x{F6}@b", "utf-8;\u00f6@b"),
        ("utf-8;x\\x{2B}y+20@b", "utf-8;x+y+20@b"),
        ("utf-8;\\x{110000}", None),
        ("utf-8;\\x{D800}", None),
        ("utf-8;\\x{0}", None),
        ("rfc822;a+00", None),
        ("x" * 501, None),
        ("no type", None),
    ],
)
def test_s24_orcpt(value: str, found: str | None) -> None:
    """type;address, decoded once and checked again."""
    assert parse_orcpt(value) == found


@pytest.mark.parametrize(
    ("domains", "accepted"),
    [
        (Domains(), []),
        (Domains(null=True), ["alice@", "@"]),
        (Domains(numeric=True), ["u@1.2.3.4", "u@1.2.3.4."]),
    ],
)
def test_domains_that_are_no_host_names(domains: Domains, accepted: list[str]) -> None:
    """resolve_null_domain and resolve_numeric_domain; what the reference answers to RCPT."""
    addresses = ("alice@", "@", "u@1.2.3.4", "u@1.2.3.4.", "u@1.2.3.4.5", "u@300.2.3.4", "u@1.2.3")
    found = [
        address
        for address in addresses
        if not isinstance(parse_path(f"<{address}>", is_strict=False, domains=domains), BadPath)
    ]
    assert found == accepted
