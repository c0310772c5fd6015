"""What Content-Type: and Content-Transfer-Encoding: say. The expected values are those of Postfix 3.7."""

from __future__ import annotations

import pytest

from pyfixcli.mail.content_type import ContentType, parse_content_type, parse_encoding


@pytest.mark.parametrize(
    ("value", "boundary"),
    [
        ("b.c", "b.c"),
        ("b=_x", "b"),
        ('"b=_x"', "b=_x"),
        ("b/c", "b"),
        ("b(c)d", "b"),
        ("b c", "b"),
        ('b"c"', "b"),
        ('"b"c', "b"),
        ('"b\\"c"', 'b"c'),
        ("b\\c", "b"),
        ("b\x01c", "b"),
        ("(x) b", "b"),
        ("=c", "="),
        ('"a\n b"', "a b"),
        ('"b', "b"),
        ('""', ""),
    ],
)
def test_a_boundary_is_one_token(value: str, boundary: str) -> None:
    """Without quotes it ends where a special of MIME stands."""
    found = parse_content_type(f" Multipart/mixed; x=y; Boundary = {value}".encode())
    assert found == ContentType("multipart", "mixed", boundary.encode())


@pytest.mark.parametrize(
    ("value", "kind", "subtype"),
    [
        ("text/html; charset=x", "text", "html"),
        (" message (c) / RFC822", "message", "rfc822"),
        ("bad", "bad", ""),
        (";;=", "", ""),
        ("", "", ""),
    ],
)
def test_types(value: str, kind: str, subtype: str) -> None:
    """In small letters."""
    assert parse_content_type(value.encode()) == ContentType(kind, subtype)


def test_encodings() -> None:
    """The first word counts."""
    assert parse_encoding(b" (c) Quoted-Printable x") == "quoted-printable"
    assert parse_encoding(b"\n  8BIT; y") == "8bit"
