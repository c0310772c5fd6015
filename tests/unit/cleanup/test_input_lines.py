"""The octets that sendmail reads. The expected lines are those of Postfix 3.7."""

from __future__ import annotations

import time

import pytest

from pyfixcli.cleanup.input_lines import InputLines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"X: 1\r\n\r\nz\r\n", b"X: 1\n\nz\n"),
        (b"X: 1\n\nx\r", b"X: 1\n\nx "),
        (b"X: 1\n\nx\n\r", b"X: 1\n\nx\n "),
        (b"X: 1\r", b"X: 1 "),
        (b"a\rb\r\n", b"a b\n"),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_carriage_returns(text: bytes, expected: bytes, size: int) -> None:
    """One at the end of a finished line goes, any other is a blank."""
    lines = InputLines()
    pieces = [lines.feed(text[place : place + size]) for place in range(0, len(text), size)]
    assert b"".join(pieces) + lines.finish() == expected


@pytest.mark.parametrize(
    ("count", "kept"),
    [(10, 0), (2046, 0), (2047, 2047), (2048, 2047), (2049, 2047), (4096, 4095), (100_000, 98_303)],
)
@pytest.mark.parametrize("size", [7, 1000, 200_000])
def test_many_carriage_returns(count: int, kept: int, size: int) -> None:
    """A line is read in pieces of 2048 octets, and only the last one ends with the line."""
    text = b"X: 1\n\nx" + b"\r" * count + b"\ny\n"
    lines = InputLines()
    pieces = [lines.feed(text[place : place + size]) for place in range(0, len(text), size)]
    assert b"".join(pieces) + lines.finish() == b"X: 1\n\nx" + b" " * kept + b"\ny\n"


def test_carriage_returns_without_an_end_are_not_collected() -> None:
    """The message size limit must see them, and each is looked at once."""
    lines = InputLines()
    lines.feed(b"X: 1\n\n")
    started = time.process_time()
    given = sum(len(lines.feed(b"\r" * 1000)) for _ in range(3000))
    assert 3_000_000 - given < 2048
    assert given + len(lines.finish()) == 3_000_000
    assert time.process_time() - started < 2
