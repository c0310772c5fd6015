"""sendmail_fix_line_endings: what becomes of CR LF. Lines were read off the reference."""

from __future__ import annotations

import pytest

from pyfixcli.base.errors import PyfixError
from pyfixcli.cleanup.input_lines import InputLines
from pyfixcli.commands._line_endings import LineEndings

DOS = b"Subject: a\r\n\r\ncrlf\r\nlf\ncrcrlf\r\r\nlone\rx\nend\r"
UNIX = b"Subject: b\n\ncrlf\r\nlf\ncrcrlf\r\r\nlone\rx\nend\r\n"


def convert(value: str, text: bytes, size: int) -> bytes:
    """What sendmail and the daemon make of it together, in pieces of this size."""
    endings, lines = LineEndings(value), InputLines()
    pieces = [text[n : n + size] for n in range(0, len(text), size)]
    found = b"".join(lines.feed(endings.feed(piece)) for piece in pieces)
    return found + lines.feed(endings.finish()) + lines.finish()


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("always", DOS, b"Subject: a\n\ncrlf\nlf\ncrcrlf\nlone x\nend "),
        ("always", UNIX, b"Subject: b\n\ncrlf\nlf\ncrcrlf\nlone x\nend\n"),
        ("never", DOS, b"Subject: a \n \ncrlf \nlf\ncrcrlf  \nlone x\nend "),
        ("never", UNIX, b"Subject: b\n\ncrlf \nlf\ncrcrlf  \nlone x\nend \n"),
        ("strict", DOS, b"Subject: a\n\ncrlf\nlf\ncrcrlf\nlone x\nend "),
        ("strict", UNIX, b"Subject: b\n\ncrlf \nlf\ncrcrlf  \nlone x\nend \n"),
        ("strict", b"\r\nSubject: f\r\n", b"\nSubject: f\n"),
        ("strict", b"no line\r", b"no line "),
    ],
)
def test_line_endings(value: str, text: bytes, expected: bytes, size: int) -> None:
    """With ``strict`` the first line decides; a last line without newline has no line end."""
    assert convert(value, text, size) == expected


@pytest.mark.parametrize("value", ["bogus", "ALWAYS", ""])
def test_other_values(value: str) -> None:
    """Nothing is sent."""
    with pytest.raises(PyfixError, match="invalid sendmail_fix_line_endings value: ") as caught:
        LineEndings(value)
    assert caught.value.status == 75


def test_many_returns_take_no_time() -> None:
    """A line of them is looked at once; what is not in its last 2048 octets stays, as blanks."""
    lines = InputLines()
    given = lines.feed(b"\r" * 1000000 + b"\n") + lines.finish()
    assert given == b" " * (1000000 // 2048 * 2048) + b"\n"
