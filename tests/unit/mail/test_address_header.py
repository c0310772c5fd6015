"""Address headers that are written anew. The expected values are those of Postfix 3.7."""

from __future__ import annotations

import asyncio

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address_header import parse_address_header
from pyfixcli.mail.tok822 import Address, header_form
from pyfixcli.rewrite.rewrite import LOCAL, Rewriter

REWRITER = Rewriter(Config("/nowhere", {"myorigin": "o.test", "mydomain": "m.test"}))
LONG = "a" * 72


def complete(value: str, limit: int = 0) -> str:
    """What becomes of a header when its addresses are completed."""

    async def change(address: Address) -> Address:
        return REWRITER.rewrite_tokens(address, LOCAL)

    header = parse_address_header(b"Reply-To: " + value.encode(), b"Reply-To", 9, limit)
    return asyncio.run(header.replace(change)).decode().removeprefix("Reply-To: ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"a\n\tb", c', '"a  b"@o.test, c@o.test'),
        ('"a\tb" <x>', '"a b" <x@o.test>'),
        ('"a\n b', '"a  b"@o.test'),
        ("x@[a\n b], c", "x@[a  b], c@o.test"),
        ('\\\n b, "a\\\tb"', '" "@o.test, b@o.test, "a b"@o.test'),
        ('"a\tb"@x.test', '"a\tb"@x.test'),
    ],
)
def test_white_space_in_quotes_is_a_blank(value: str, expected: str) -> None:
    """Each character is one, a line break too; alone this is no reason to write the header anew."""
    assert complete(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x (a\n \tb)", "x@o.test (a  \tb)"),
        ("(a\\\n b), x (a\n b", "(a\\  b), x@o.test (a  b"),
        (f"{LONG} (x\n y), b, c", f"{LONG}@o.test (x\n y), b@o.test, c@o.test"),
        (f"b, {LONG} (x\n\ty), b", f"b@o.test,\n\t{LONG}@o.test (x\n\ty), b@o.test"),
        (
            f"{LONG} (x\n y{'a' * 49}), zzzzzzzzz, (a\n b)",
            f"{LONG}@o.test (x\n y{'a' * 49}),\n\tzzzzzzzzz@o.test, (a  b)",
        ),
    ],
)
def test_a_line_can_end_where_one_did_in_a_comment(value: str, expected: str) -> None:
    """Where it need not, a blank comes instead of the break."""
    assert complete(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("g: @r.test,@s.test:x;", 'g: ""@r.test, @s.test: x@o.test;'),
        ("g: @r.test,@s.test:x", '"g:"@r.test, x@o.test'),
        ("k: g: a, h: x, i;", "k:g: a@o.test, h: x@o.test, i@o.test;"),
        ("g: a, b: c; d: e;", "g: a@o.test, b:c;d: e@o.test;"),
        ("a: b, c: d <e>, f: g;", "a: b@o.test, c: d <e@o.test>, f: g@o.test;"),
        ("<x>; g: b;", "<x>;g: b@o.test;"),
        ("(c) g: (d) a, (e) h: x;", "(c) g: a@o.test (d), (e) h: x@o.test;"),
    ],
)
def test_before_a_semicolon_each_colon_ends_a_name(value: str, expected: str) -> None:
    """A name goes back to the comma before it, whatever it consists of."""
    assert complete(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a,b@x.test>, k", '<"a, b"@x.test>, k@o.test'),
        ("a<b, k", '"a <b"@o.test, k@o.test'),
        ("<<k>", "< <k@o.test>"),
        ("<a,b<c,<<d>", '"<a"@o.test, "b <c"@o.test, < <d@o.test>'),
        ("<a,>, k", '<"a, "@o.test>, k@o.test'),
        ("<a@x.test,>, k", "<a@x.test,>, k@o.test"),
        ('\\<"q r"@x.test>, k', '"< q r"@x.test>, k@o.test'),
        ('<"q r""s t"@x.test>, k', '<"q r s t"@x.test>, k@o.test'),
        ("<a[x]b@x.test>, k", '<"a [x] b"@x.test>, k@o.test'),
        ("<a b@x.test>, k", "<ab@x.test>, k@o.test"),
        ('<"a" b@x.test>', '<"a b"@x.test>'),
        ("<@r.test:>, k", '<@r.test:"">, k@o.test'),
        ('<@r.test:"">, k', '<""@o.test>, k@o.test'),
    ],
)
def test_what_no_address_consists_of(value: str, expected: str) -> None:
    """``<`` and ``,`` in an address have blanks, and words that cannot be one; a source route without an address stays."""
    assert complete(value) == expected


def test_tables_are_asked_for_the_address_as_written() -> None:
    """A quoted comma has no blank, one that is quoted because it is out of place has one."""
    header = parse_address_header(b'Cc: <a,b@x.test>, "a,b"@x.test', b"Cc", 3)
    assert [header_form(address) for address in header.addresses] == ["a, b@x.test", "a,b@x.test"]


def test_lines_are_measured_in_octets() -> None:
    """A letter of two octets counts twice."""
    names = ", ".join(["\xe9" * 5] * 6)
    expected = ", ".join(["\xe9\xe9\xe9\xe9\xe9@o.test"] * 3)
    assert complete(names) == f"{expected},\n\t{expected}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"@r(c)d:c@d.test", k', '@r (c) d:"c@d.test"@o.test, k@o.test'),
        ('"@r\\\\e:c@d.test", k', '@re:"c@d.test"@o.test, k@o.test'),
        ('"@v.test;  tab: z", k', '@v.test;tab:" z"@o.test, k@o.test'),
        ('a@"x(c)y.test", k', "a@x (c) y.test, k@o.test"),
        ('a@"x,c", k', "a@x, c, k@o.test"),
        ('a@"x\\"c", k', "a@x c, k@o.test"),
        ('<a@"x."test>, k', "<a@x.test>, k@o.test"),
        ('<a@"b c">, k', "<a@b c>, k@o.test"),
        ("a <a@b.c> \\<>a <a@b.c>, k", "a <a@b.c> <>a <a@b.c>, k@o.test"),
    ],
)
def test_a_rewritten_address_is_read_again(value: str, expected: str) -> None:
    """What only quotes had kept from meaning something has its meaning where no quotes can be."""
    assert complete(value) == expected


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("one@x.test, two@y.test, three@z.test", "one@x.test, two@o.test"),
        ('"Long Name With Words" <one>, two@y', '"Long Name With Words" <one@o.test>, two@'),
        ("(comment (nested) here) a.b.c.d@g.test", '"a.b.c."@o.test (comment (nested) here)'),
        ("a@b.c (x), d@e, f@g", "a@b.c (x), d@e, f@g"),
    ],
)
def test_what_comes_after_the_limit_of_tokens_is_lost(value: str, kept: str) -> None:
    """Seven tokens here, comments included, if the header is rewritten (header_address_token_limit)."""
    assert complete(value, 7) == kept
