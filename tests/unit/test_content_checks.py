"""Content inspection in cleanup: body checks, structure, characters. Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.cleanup.characters import parse_characters
from pyfixcli.cleanup.outcome import Accepted, Discarded
from pyfixcli.mail.body_lines import BodyLines
from tests.unit.test_cleanup import clean, items


def body(data: bytes) -> bytes:
    """What follows the header."""
    return data.partition(b"\n\n")[2]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("IGNORE", b"one\n\nlast\n"),
        ("STRIP text", b"one\n\nlast\n"),
        ("REPLACE other", b"one\nother\n\nlast\n"),
        ("PREPEND before", b"one\nbefore\nbad line\n\nlast\n"),
        ("WARN x", b"one\nbad line\n\nlast\n"),
        ("REPLACE", b"one\nbad line\n\nlast\n"),
    ],
)
@pytest.mark.parametrize("piece", [0, 1, 5])
def test_body_lines_are_edited(place: Path, action: str, expected: bytes, piece: int) -> None:
    """Empty lines are never looked up."""
    settings = f"body_checks=regexp:{{{{/^bad|^$$/ {action}}}}}\n"
    text = b"Subject: bad\n\none\nbad line\n\nlast\n"
    data, _ = clean(place, text, items("root"), settings, piece)
    assert body(data) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("REPLACE X-New: 1", b"X-New: 1\nLast: 1\n"),
        ("REPLACE no header", b"Bad: 1\nLast: 1\n"),
        ("PREPEND X-New: 1", b"X-New: 1\nBad: 1\nLast: 1\n"),
        ("PREPEND no header", b"Bad: 1\nLast: 1\n"),
    ],
)
def test_only_headers_replace_headers(place: Path, action: str, expected: bytes) -> None:
    """Other text is left out."""
    settings = f"header_checks=regexp:{{{{/^Bad/ {action}}}}}\n"
    data, _ = clean(place, b"Bad: 1\nLast: 1\n\nx\n", items("root"), settings)
    assert expected in data and b"no header" not in data


def test_what_a_pattern_leaves_at_the_end_stays(place: Path) -> None:
    """The blank before an empty $1 is part of the text."""
    settings = "body_checks=regexp:{{/^bad(.*)/ REPLACE replaced $$1}}\n"
    data, _ = clean(place, b"Subject: x\n\nbad\nbad1\n", items("root"), settings)
    assert body(data) == b"replaced \nreplaced 1\n"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("PREPEND X-Was: $$1", b"X-Was: foo\n\t\nSubject: foo\n viagra\nX-Last: 1\n"),
        ("REPLACE X-Was: $$1", b"X-Was: foo\n\t\nX-Last: 1\n"),
        ("REPLACE X-Was: $$1$$2", b"X-Was: foo\n\tX-Evil: 1\nX-Last: 1\n"),
    ],
)
def test_no_pattern_makes_two_headers_of_one(place: Path, action: str, expected: bytes) -> None:
    """Nor ends the header, with what it takes over from a folded one."""
    settings = f"header_checks=regexp:{{{{/^Subject: (.*) viagra(.*)/ {action}}}}}\n"
    evil = b"X-Evil: 1" if "$$2" in action else b""
    text = b"Subject: foo\n viagra" + evil + b"\nX-Last: 1\n\nx\n"
    data, _ = clean(place, text, items("root"), settings)
    assert expected.replace(b" viagra\nX-Last", b" viagra" + evil + b"\nX-Last") in data


def test_dropped_headers_are_named_without_colon(place: Path) -> None:
    """message_drop_headers."""
    settings = "message_drop_headers = X-A:, X-B\n"
    data, _ = clean(place, b"X-A: 1\nX-B: 2\n\nx\n", items("root"), settings)
    assert b"\nX-A: 1\n" in data and b"X-B" not in data


def test_a_body_can_be_discarded_or_refused(place: Path) -> None:
    """Local mail is taken, and returned without its body."""
    text = b"Subject: x\n\nbad\nrest\n"
    _, outcome = clean(place, text, items("root"), "body_checks=static:discard\n")
    assert outcome == Discarded()
    data, outcome = clean(place, text, items("root"), "body_checks=static:reject\n")
    assert isinstance(outcome, Accepted)
    assert outcome.envelope.refusal == "5.7.1 message content rejected"
    assert body(data) == b"" and b"bad" not in data


def test_checks_look_at_the_beginning_of_each_segment() -> None:
    """body_checks_size_limit counts where a line begins, the empty line ahead of the text too."""
    lines = BodyLines(2048, 20)
    found = list(lines.feed(b"\n12345678901234567\n12\nx\ny", True))
    assert [line.text for line in found if line.is_checked] == [b"12345678901234567", b"12"]
    assert b"".join(line.text + line.end for line in found) == b"\n12345678901234567\n12\nx\ny"
    assert [line.is_checked for line in lines.feed(b"new\n", True)] == [True]


def test_long_lines_come_in_pieces() -> None:
    """line_length_limit."""
    lines = BodyLines(4, 1000)
    found = [*lines.feed(b"abcde", True), *lines.feed(b"fgh\nabcdef", False), *lines.finish()]
    texts = [(line.text, line.end) for line in found]
    assert texts == [(b"abcd", b""), (b"efgh", b"\n"), (b"abcd", b""), (b"ef", b"")]


def test_characters_are_written_as_in_c() -> None:
    """Octal numbers, the usual letters, and others as they are."""
    assert parse_characters(r"\0\001\r\007q\q\\") == b"\0\1\r\7qq\\"


def test_characters_are_taken_out_or_refused(place: Path) -> None:
    """message_strip_characters and message_reject_characters."""
    text = b"Subject: quick\n\na\0bq\n"
    data, _ = clean(place, text, items("root"), "message_strip_characters=\\0q\n")
    assert b"Subject: uick\n" in data and body(data) == b"ab\n"
    data, outcome = clean(place, text, items("root"), "message_reject_characters=\\0\n")
    assert isinstance(outcome, Accepted)
    assert outcome.envelope.refusal == "5.7.1 disallowed character"
    assert b"Subject: quick\n" in data and body(data) == b""


@pytest.mark.parametrize(
    ("setting", "text", "reason"),
    [
        ("strict_7bit_headers", b"X-A: \xe9\n\nx\n", "8-bit data in message header"),
        ("strict_8bitmime_body", b"X-A: x\n\n\xe9\n", "8-bit data in message body"),
        ("strict_8bitmime", b"X-A: x\n\n\xe9\n", "8-bit data in message body"),
    ],
)
def test_structure_can_be_refused(place: Path, setting: str, text: bytes, reason: str) -> None:
    """5.6.0; not by default."""
    _, outcome = clean(place, text, items("root"), f"{setting}=yes\n")
    assert isinstance(outcome, Accepted)
    assert outcome.envelope.refusal == f"5.6.0 improper use of {reason}"
    _, outcome = clean(place, text, items("root"))
    assert isinstance(outcome, Accepted) and not outcome.envelope.refusal


def test_parts_say_what_a_message_needs(place: Path) -> None:
    """detect_8bit_encoding_header."""
    text = b"Content-Type: multipart/x; boundary=b\n\n--b\nContent-Transfer-Encoding: 8bit\n\nx\n"
    _, outcome = clean(place, text, items("root"))
    assert isinstance(outcome, Accepted) and outcome.envelope.encoding == "8bit"
    _, outcome = clean(place, text, items("root"), "detect_8bit_encoding_header=no\n")
    assert isinstance(outcome, Accepted) and not outcome.envelope.encoding
