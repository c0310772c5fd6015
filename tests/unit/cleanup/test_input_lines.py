"""The octets that sendmail reads. The expected lines are those of Postfix 3.7."""

from __future__ import annotations

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
