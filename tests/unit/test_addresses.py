"""Addresses: tokens, quoting, rewriting. Expected values were read off the reference."""

from __future__ import annotations

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import Extensions, quote_address, unquote_address
from pyfixcli.mail.tok822 import address_tokens, internal_form, parse, parse_addresses, write_units
from pyfixcli.rewrite.rewrite import Rewriter, RewriteRules, rewrite_tokens

RULES = RewriteRules("origin.test", "domain.test", True, True, True, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alice bob", ["alice", "bob"]),
        ("alice, bob", ["alice", "bob"]),
        ("Alice Test <alice@example.test>", ["alice@example.test"]),
        ("group: alice, bob;", ["alice", "bob"]),
        ("<>", [""]),
        ("", []),
        ('"a b"@x', ["a b@x"]),
        ("carol (the third) @ example.test", ["carol@example.test"]),
        ("<broken@else.test", ["<broken@else.test"]),
    ],
)
def test_addresses_are_found(text: str, expected: list[str]) -> None:
    """In headers and on the command line."""
    assert parse_addresses(text) == expected


def test_comments_go_after_the_address_that_follows() -> None:
    """A list with comments is written as the reference writes it."""
    units = write_units(parse("alice (c1) bob, (pre) carol (post)"))
    assert units == ["alice,", "bob (c1),", "carol (pre) (post)"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<<a>>", '< <"a>">'),
        ("x <<a@b>>", "x < <a@b>>"),
        ("<<a>", "< <a>"),
        ("<a>>", '<"a>">'),
        ("x <a", '"x <a"'),
        ("<a <b>>", '<a <"b>">'),
        ("<a> <b>", "<a> <b>"),
        ("x <a> y", "x <a>, y"),
        ("q, a>", '"q, a">'),
        ("<a,b;c>", '<"a, b;c">'),
        ("<(c) a>", "<a (c)>"),
        ("q, >", '"q,">'),
        ("g:<a;", 'g: "<a";'),
        ("g:;b", "g: ;, b"),
        ("g:a, b;", "g: a, b;"),
        ("a:b", '"a:b"'),
        ("a:<b>", "a: <b>"),
        ("a@b:c;", "a@b: c;"),
        ("a)b]", '"a)b]"'),
        ("a (c", "a (c"),
        ("[a\\", '"[a]"'),
        ('a "', 'a, ""'),
    ],
)
def test_lists_are_read_from_the_end(text: str, expected: str) -> None:
    """Lists that are not well-formed become what the reference makes of them."""
    assert " ".join(write_units(parse(text))) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("alice", "alice@origin.test"),
        ("@", "@"),
        ("a!b", "b@a.domain.test"),
        ("a%b", "a@b.domain.test"),
        ("a@b", "a@b.domain.test"),
        ("a@b.c.", "a@b.c"),
        ("@relay.test:alice@example.test", "alice@example.test"),
        ("", ""),
    ],
)
def test_rewriting(address: str, expected: str) -> None:
    """Route, bang path, percent, origin, domain, trailing dot."""
    assert internal_form(rewrite_tokens(address_tokens(address), RULES)) == expected


def test_no_domain_at_all() -> None:
    """An envelope's ``@`` is kept, so that it is returned as a bad address."""
    rewriter = Rewriter(Config("/nowhere", {"myhostname": "mail.example.test"}))
    assert [rewriter.rewrite(address, "local") for address in ("@", "x@", "")] == ["@", "x@", ""]


def test_quoting_is_undone() -> None:
    """External form and back."""
    for address in ("a b@x", 'q"uo\\te@x', "plain@x", ".dot@x"):
        assert unquote_address(quote_address(address)) == address


def test_extensions() -> None:
    """Names that must not be split stay whole."""
    assert Extensions("+").split("user+ext") == ("user", "ext")
    assert Extensions("-").split("owner-list") == ("owner-list", "")
    assert Extensions("+").split("+x") == ("+x", "")
    assert Extensions("-", spares_lists=False).split("owner-list") == ("owner", "list")
    assert Extensions("-", spares_lists=False).split("list-request") == ("list", "request")
