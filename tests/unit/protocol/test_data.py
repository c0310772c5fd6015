"""Readers of content: whole, octet by octet, and with what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.protocol.data import BareNewline, ChunkReader, DotReader

MODES = list(BareNewline)


def read(reader: DotReader, data: bytes, size: int) -> tuple[bytes, bytes | None]:
    """Feed in pieces; (content, rest)."""
    content = b""
    for position in range(0, len(data), size):
        piece, rest = reader.feed(data[position : position + size])
        content += piece
        if rest is not None:
            return content, rest + data[position + size :]
    return content, None


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b".\r\n", b""),
        (b"a\r\n.\r\n", b"a\n"),
        (b"..\r\n.\r\n", b".\n"),
        (b".a\r\n..b\r\n.\r\n", b"a\n.b\n"),
        (b"\r\n\r\n.\r\n", b"\n\n"),
        (b". \r\n.\r\n", b" \n"),
        (b"a.\r\n.\r\n", b"a.\n"),
        (b"a\0b\xff\r\n.\r\n", b"a\0b\xff\n"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_dots_are_undone(wire: bytes, content: bytes, size: int) -> None:
    """RFC 5321 section 4.5.2; what follows the end is left alone."""
    found = read(DotReader(BareNewline.NORMALIZE), wire + b"QUIT\r\n", size)
    assert found == (content, b"QUIT\r\n")


@given(st.binary(max_size=200), st.integers(1, 9))
def test_pieces_make_no_difference(data: bytes, size: int) -> None:
    """Any octets, in any pieces, in every mode."""
    wire = data + b"\r\n.\r\nQUIT\r\n"
    for mode in MODES:
        assert read(DotReader(mode), wire, size) == read(DotReader(mode), wire, len(wire))


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_lines_come_back_as_they_were_stuffed(lines: list[bytes]) -> None:
    """A sender that follows RFC 5321 gets its lines through."""
    lines = [line.replace(b"\r", b"").replace(b"\n", b"") for line in lines]
    stuffed = b"".join((b"." + line if line[:1] == b"." else line) + b"\r\n" for line in lines)
    found = read(DotReader(BareNewline.NORMALIZE), stuffed + b".\r\n", 7)
    assert found == (b"".join(line + b"\n" for line in lines), b"")


def test_old_line_ends_are_line_ends_where_that_is_allowed() -> None:
    """smtpd_forbid_bare_newline = no."""
    assert read(DotReader(BareNewline.ALLOW), b"a\nb\n.\nQUIT\n", 3) == (b"a\nb\n", b"QUIT\n")


def test_size_counts_line_ends_as_two() -> None:
    """As the log has it."""
    reader = DotReader(BareNewline.NORMALIZE)
    reader.feed(b"ab\r\ncd\r\n")
    assert reader.size == 8


@given(st.binary(max_size=100), st.integers(1, 9))
def test_chunks_in_pieces_make_no_difference(data: bytes, size: int) -> None:
    """A CR at the end of a piece waits for the next."""
    whole, cut = ChunkReader(BareNewline.NORMALIZE), ChunkReader(BareNewline.NORMALIZE)
    expected = whole.feed(data) + whole.finish()
    found = b"".join(cut.feed(data[at : at + size]) for at in range(0, len(data), size))
    assert found + cut.finish() == expected
