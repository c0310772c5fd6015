"""The parts of a message (mail/mime.py); expected values were read off the reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.mail.content_type import ContentType, parse_content_type, parse_encoding
from pyfixcli.mail.header import cut_header
from pyfixcli.mail.mime import Body, Event, Fault, Field, MimeParser, MimeRules, Place, Trouble

ALL = frozenset(Fault)
PIECES = [1, 7, 100000]


def parse(message: bytes, rules: MimeRules, size: int = 100000) -> list[Event]:
    """What a parser finds; body text that comes in pieces is joined."""
    parser = MimeParser(rules)
    events: list[Event] = []
    for start in range(0, len(message), size):
        events += parser.feed(message[start : start + size])
    events += parser.finish()
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, Body) and isinstance(last, Body) and not event.starts:
            joined[-1] = Body(last.octets + event.octets, last.starts)
        else:
            joined.append(event)
    return joined


def fields(message: bytes, rules: MimeRules | None = None) -> list[tuple[Place, bytes]]:
    """The headers, and whose they are."""
    found = parse(message, rules or MimeRules())
    return [(event.place, event.text) for event in found if isinstance(event, Field)]


def faults(message: bytes, rules: MimeRules, size: int = 100000) -> list[Trouble]:
    """What is wrong with a message."""
    return [event for event in parse(message, rules, size) if isinstance(event, Trouble)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" text/plain; charset=utf-8", ContentType("text", "plain")),
        (b" Multipart/Mixed;\n  boundary=a", ContentType("multipart", "mixed", b"a")),
        (b' multipart/x; boundary="a b"; y', ContentType("multipart", "x", b"a b")),
        (b" multipart/x; boundary=a b", ContentType("multipart", "x", b"a")),
        (
            b' (c) MULTIPART/(c)mixed ; BOUNDARY = (c) "q\\"q" (c)',
            ContentType("multipart", "mixed", b'q"q'),
        ),
        (
            b' multipart/(co\\m\\)ment)mumble mumble; boundary = "ab\\cd \n ef" mumble',
            ContentType("multipart", "mumble", b"abcd ef"),
        ),
        (b"", ContentType("", "")),
    ],
)
def test_content_types(value: bytes, expected: ContentType) -> None:
    """Comments, quotes and folding go; of a parameter the first word counts."""
    assert parse_content_type(value) == expected


def test_an_encoding_is_one_word() -> None:
    """In small letters, without a comment."""
    assert parse_encoding(b" (as it is) Quoted-Printable ; x") == "quoted-printable"


NESTED = (
    b"Subject: top\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n"
    b"--b\nX-Part: one\n\nX-Body: text\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n"
    b"Content-ID: x\n\ninner\n--b\nContent-Type: message/partial\n\nX-Text: x\n--b--\nX-End: x\n"
)


@pytest.mark.parametrize("size", PIECES)
def test_headers_of_parts_and_of_messages_inside(size: int) -> None:
    """Text that looks like a header is none; a message/partial has no headers."""
    found = parse(NESTED, MimeRules(), size)
    assert [event for event in found if isinstance(event, Field)] == [
        Field(Place.MAIN, False, b"Subject: top"),
        Field(Place.MAIN, True, b"MIME-Version: 1.0"),
        Field(Place.MAIN, True, b"Content-Type: multipart/mixed; boundary=b"),
        Field(Place.PART, True, b"X-Part: one"),
        Field(Place.PART, True, b"Content-Type: message/rfc822"),
        Field(Place.NESTED, False, b"Subject: inner"),
        Field(Place.NESTED, True, b"Content-ID: x"),
        Field(Place.PART, True, b"Content-Type: message/partial"),
    ]
    assert [event.octets for event in found if isinstance(event, Body)] == [
        b"\npreamble\n--b\n",
        b"\nX-Body: text\n--b\n",
        b"\n",
        b"\ninner\n--b\n",
        b"\nX-Text: x\n",
        b"--b--\nX-End: x\n",
    ]


def test_without_parts_all_is_body() -> None:
    """disable_mime_input_processing."""
    found = parse(NESTED, MimeRules(has_parts=False))
    assert [event.is_mime for event in found if isinstance(event, Field)] == [False] * 3
    assert len([event for event in found if isinstance(event, Body)]) == 1


def test_a_boundary_ends_a_header() -> None:
    """Also that of the message."""
    message = b"Content-Type: multipart/x; boundary=b\n--b\nX-A: 1\n--b\nX-B: 2\n\n"
    assert fields(message)[1:] == [(Place.PART, b"X-A: 1"), (Place.PART, b"X-B: 2")]


def test_only_the_beginning_of_a_boundary_counts() -> None:
    """mime_boundary_length_limit."""
    message = b"Content-Type: multipart/x; boundary=abcdefghijKLM\n\n--abcdefghijXYZ\nX-A: 1\n\n"
    assert fields(message, MimeRules(boundary_length=10))[1:] == [(Place.PART, b"X-A: 1")]
    assert fields(message)[1:] == []


def test_a_line_that_is_no_header_ends_a_nested_header() -> None:
    """Garbage at its beginning too."""
    message = b"Content-Type: message/rfc822\n\nFrom someone\nTo: x\n\nx\n"
    assert [text for place, text in fields(message) if place is Place.NESTED] == []


@pytest.mark.parametrize(("depth", "expected"), [(4, 0), (5, 1)])
def test_nesting_is_limited(depth: int, expected: int) -> None:
    """mime_nesting_limit = 2; messages inside do not count."""
    message = b"Content-Type: multipart/x; boundary=b1\n\n"
    for n in range(2, depth + 1):
        message += b"--b%d\nContent-Type: multipart/x; boundary=b%d\n\n" % (n - 1, n)
    rules = MimeRules(nesting=2, faults=ALL)
    assert [f.fault for f in faults(message, rules)] == [Fault.NESTING] * expected
    inside = b"Content-Type: message/rfc822\n\n" * 6
    assert faults(inside, rules) == []


@pytest.mark.parametrize("size", PIECES)
def test_eight_bit_text_is_told_of_once(size: int) -> None:
    """In headers, and in bodies that do not say 8bit; with the line."""
    message = (
        b"X-A: \xe9\nX-B: \xe9\nContent-Type: multipart/x; boundary=b\n\n--b\n"
        b"Content-Transfer-Encoding: 8bit\n\n\xe9 fine\n--b\n\nplain\na \xe9\nb \xe9\n--b--\n"
    )
    assert faults(message, MimeRules(faults=ALL), size) == [
        Trouble(Fault.HEADER_8BIT, b"X-A: \xe9"),
        Trouble(Fault.BODY_8BIT, b"a \xe9"),
    ]


@pytest.mark.parametrize(
    ("kind", "encoding", "is_refused"),
    [
        (b"message/rfc822", b"base64", True),
        (b"multipart/mixed; boundary=b", b"Quoted-Printable", True),
        (b"multipart/mixed; boundary=b", b"x-unknown", False),
        (b"message/partial", b"base64", False),
        (b"message/partial", b"8bit", True),
        (b"message/external-body", b"binary", True),
        (b"message/global", b"base64", False),
        (b"message/delivery-status", b"quoted-printable", False),
        (b"message/rfc822", b"8bit", False),
        (b"text/plain", b"base64", False),
    ],
)
def test_composite_types_have_no_encoding(kind: bytes, encoding: bytes, is_refused: bool) -> None:
    """strict_mime_encoding_domain: what the reference refuses of it."""
    message = b"Content-Type: %s\nContent-Transfer-Encoding: %s\n\nx\n" % (kind, encoding)
    expected = [Trouble(Fault.DOMAIN, encoding.lower())] if is_refused else []
    assert faults(message, MimeRules(faults=ALL)) == expected


def test_a_line_without_end_is_no_header_for_long() -> None:
    """All of it goes on as body text."""
    line = b"x" * 300000
    found = parse(line + b"\nX-A: 1\n", MimeRules(header_size=1000), 5000)
    assert b"".join(e.octets for e in found if isinstance(e, Body)) == line + b"\nX-A: 1\n"


@pytest.mark.parametrize(
    ("first", "taken"),
    [(398, 1200), (399, 600), (999, 600), (1000, 0)],
)
def test_long_headers_are_taken_in_pieces(first: int, taken: int) -> None:
    """Pieces of line_length_limit, until there is header_size_limit."""
    header = b"X-Long: " + b"h" * (first - 8)
    rules = MimeRules(header_size=1000, line_length=600)
    found = parse(header + b"\n " + b"i" * 2699 + b"\nX-A: 1\n\n", rules, 5000)
    fields = [e.text for e in found if isinstance(e, Field)]
    expected = header + b"\n " + b"i" * (taken - 1) if taken else header
    assert fields == [expected, b"X-A: 1"]


@pytest.mark.parametrize(("second", "length"), [(5, 120), (6, 107), (58, 117)])
def test_long_headers_are_cut(second: int, length: int) -> None:
    """A piece of a line stays where a tenth of header_size_limit is left for it."""
    header = (
        b"X-Long: " + b"h" * 50 + b"\n " + b"i" * second + b"\n " + b"j" * 40 + b"\n " + b"1" * 30
    )
    expected = {120: 120, 107: 58 + 1 + second + 1 + 1 + 41, 117: 58 + 1 + second + 1}[length]
    assert len(cut_header(header, 120)) == expected


@given(
    st.lists(
        st.sampled_from(
            [
                b"Content-Type: multipart/x; boundary=b\n",
                b"Content-Type: multipart/x; boundary=bb\n",
                b"Content-Type: message/rfc822\n",
                b"Content-Transfer-Encoding: 8bit\n",
                b"\n",
                b"--b\n",
                b"--bb--\n",
                b"--b-",
                b"-",
                b" \xe9\n",
                b"text \n",
            ]
        ),
        max_size=30,
    ),
    st.integers(1, 20),
    st.booleans(),
)
def test_any_cutting_gives_the_same(lines: list[bytes], size: int, converts: bool) -> None:
    """Whole, or in pieces of any size; where among body text a fault is told of does not matter."""
    message = b"".join(lines)
    rules = MimeRules(converts=converts)
    assert parse(message, rules) == parse(message, rules, size)
    rules = MimeRules(converts=converts, faults=ALL)
    assert set(faults(message, rules)) == set(faults(message, rules, size))
