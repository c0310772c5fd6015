"""What milters ask for, done to headers and bodies; positions are those of the reference."""

from __future__ import annotations

import asyncio

import pytest

from pyfixcli.cleanup.milter_edit import (
    edit_headers,
    folded,
    new_body,
    own_received,
    split_content,
    told_header,
)
from pyfixcli.cleanup.milter_inspection import wire_chunks
from pyfixcli.protocol.milter import (
    CHUNK,
    AddHeader,
    Change,
    ChangeHeader,
    InsertHeader,
    ReplaceBody,
)

HEADERS = [b"Received: ours", b"From: a", b"X-A: 1", b"X-A: 2\n folded", b"Received: theirs"]


async def keep(header: bytes) -> bytes:
    return header


def edit(*changes: Change, keeps_space: bool = False) -> list[bytes]:
    hidden = own_received(HEADERS, is_added=True)
    return asyncio.run(edit_headers(HEADERS, changes, hidden, keeps_space, keep))


def test_positions_to_insert_at_count_our_received_header() -> None:
    """0 is before it, 1 after it, and too much is the end."""
    edited = edit(InsertHeader(0, b"I", b"0"), InsertHeader(1, b"I", b"1"))
    assert edited[:3] == [b"I: 0", b"I: 1", b"Received: ours"]
    assert edit(InsertHeader(1, b"I", b"1"))[:2] == [b"Received: ours", b"I: 1"]
    assert edit(InsertHeader(99, b"I", b"99"))[-1] == b"I: 99"


def test_changes_do_not_count_our_received_header() -> None:
    """Milters have not heard of it."""
    assert edit(ChangeHeader(1, b"received", b"")) == HEADERS[:4]


def test_the_second_of_a_name() -> None:
    """Its lines go with it; the new one has the name as the milter writes it."""
    assert edit(ChangeHeader(2, b"x-a", b"new"))[3] == b"x-a: new"
    assert edit(ChangeHeader(2, b"X-A", b""))[2:] == [b"X-A: 1", b"Received: theirs"]


def test_a_change_of_what_is_not_there_adds_it() -> None:
    """A deletion of it does nothing."""
    assert edit(ChangeHeader(3, b"X-A", b"3"))[-1] == b"X-A: 3"
    assert edit(ChangeHeader(3, b"X-A", b"")) == HEADERS


def test_leading_space() -> None:
    """Without the step one blank stands after the colon; with it the milter says what does."""
    assert edit(AddHeader(b"A", b"b"))[-1] == b"A: b"
    assert edit(AddHeader(b"A", b"  b"), keeps_space=True)[-1] == b"A:  b"
    assert told_header(b"A:  b", keeps_space=False) == (b"A", b"b")
    assert told_header(b"A:  b", keeps_space=True) == (b"A", b"  b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a\n b", b"a\n b"),
        (b"a\r\n\tb\r\n", b"a\n\tb"),
        (b"a\nEvil: b", b"a\n\tEvil: b"),
        (b"a\n\nbody", b"a\n\tbody"),
        (b"a\rb", b"a b"),
    ],
)
def test_a_value_stays_one_header(value: bytes, expected: bytes) -> None:
    """No line of it is a header or the end of the header."""
    assert folded(value) == expected


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_header_and_body(size: int) -> None:
    """However the content comes in pieces."""
    content = b"A: 1\n folded\nB: 2\n\nbody\n\nmore\n"
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    headers, body = split_content(pieces)
    assert (headers, b"".join(body)) == ([b"A: 1\n folded", b"B: 2"], b"body\n\nmore\n")


def test_a_new_body() -> None:
    """Pieces are joined before line ends are made ours; the last line is ended."""
    changes = (ReplaceBody(b"a\r"), ReplaceBody(b"\nb"))
    assert new_body(changes) == b"a\nb\n"
    assert new_body((ReplaceBody(b""),)) == b""
    assert new_body(()) is None


def test_a_body_for_milters() -> None:
    """With CRLF, in pieces that fit into a packet."""
    assert list(wire_chunks([b"a\n", b"b\n"])) == [b"a\r\nb\r\n"]
    pieces = list(wire_chunks([b"x" * CHUNK, b"y\n"]))
    assert [len(piece) for piece in pieces] == [CHUNK, 3]
    assert list(wire_chunks([])) == []
