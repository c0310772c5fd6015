"""S36: the structure of a message cannot hide a header from its table, nor make cleanup work or remember without bound."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from pyfixcli.cleanup.outcome import Accepted
from pyfixcli.mail.mime import Body, Event, Fault, Field, MimeParser, MimeRules, Trouble
from tests.unit.test_cleanup import clean, items

REFUSED = "5.7.1 message content rejected"
EXECUTABLE = (
    "mime_header_checks = regexp:{{/name[[:space:]]*=.*[.]exe/ REJECT}}\n"
    "compatibility_level = 3.6\n"
)


def events_of(text: bytes, rules: MimeRules, piece: int) -> list[Event]:
    """What a parser finds in a message that comes in pieces."""
    parser = MimeParser(rules)
    found = []
    for start in range(0, len(text), piece):
        found += parser.feed(text[start : start + piece])
    return found + parser.finish()


def content_of(events: list[Event]) -> bytes:
    """The octets of all headers and body text."""
    return b"".join(
        event.text + b"\n" if isinstance(event, Field) else event.octets
        for event in events
        if isinstance(event, Field | Body)
    )


@pytest.mark.parametrize(
    "header",
    [
        b'Content-Disposition: attachment; filename="a.exe"',
        b'Content-Disposition: attachment;\n filename="a.exe"',
        b'Content-Disposition: attachment; filename=\n "a.exe"',
        b'Content-Disposition : attachment; filename="a.exe"',
        b'content-disposition:attachment;filename="a.exe"',
        b'Content-Type: application/x; x="' + b"y" * 3000 + b'";\n name="a.exe"',
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_s36_a_folded_filename_is_seen_whole(place: Path, header: bytes, piece: int) -> None:
    """Wherever its lines, or what arrives together, end."""
    text = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + header + b"\n\nx\n--b--\n"
    _, outcome = clean(place, text, items("root"), EXECUTABLE, piece)
    assert isinstance(outcome, Accepted)
    assert outcome.envelope.refusal == REFUSED


def test_s36_two_hundred_multiparts(place: Path) -> None:
    """More than mime_nesting_limit are refused, in little time."""
    text = b"Subject: x\n"
    for depth in range(200):
        text += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
    started = time.process_time()
    _, outcome = clean(place, text + b"\nx\n", items("root"))
    assert time.process_time() - started < 2
    assert isinstance(outcome, Accepted)
    assert outcome.envelope.refusal == "5.6.0 MIME nesting exceeds safety limit"


@pytest.mark.parametrize("piece", [997, 65536])
def test_s36_a_boundary_of_a_megabyte(piece: int) -> None:
    """It is known by its beginning (mime_boundary_length_limit), and kept no longer than that."""
    boundary = b"y" * 1_000_000
    text = b'Content-Type: multipart/mixed;\n boundary="' + boundary + b'"\n\n'
    text += b"--" + boundary + b"\nX-Part: 1\n\nx\n" + (b"--" + b"y" * 100 + b"\n") * 20_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    events = events_of(text, MimeRules(), piece)
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 65536  # KiB
    assert b"X-Part: 1" in [event.text for event in events if isinstance(event, Field)]


def test_s36_nothing_is_lost_or_added_whatever_the_structure_is() -> None:
    """A message with unfinished, crossing and false boundaries comes out as it went in."""
    text = b"""Subject: x
Content-Type: multipart/mixed; boundary=outer

--oute
--outer
Content-Type: multipart/mixed; boundary=outer-inner

--outer-inner
Content-Type: message/rfc822

Content-Type: multipart/digest; boundary=""

--
--outer
no header
--outer-inner--
--outer--trailing
--outer"""
    for piece in (1, 2, 3, 50, len(text)):
        assert content_of(events_of(text, MimeRules(), piece)) == text


@pytest.mark.parametrize(
    "header",
    [
        b'Content-Type: application/x; name="=?utf-8?B?ZXZpbC5leGU=?="',
        b"Content-Disposition: attachment; filename*=utf-8''evil%2Eexe",
        b'Content-Disposition: attachment; filename*0="ev";\n filename*1="il.exe"',
        b'Content-Disposition: attachment;\n\tfilename=\n\t"a.\n exe"',
        b'Content-Disposition: attachment; filename="a\\.exe"',
        b"Content-Disposition: attachment; filename=a.exe(comment)",
        b'Content-Type: application/x;\n name\n =\n "b.exe"',
    ],
)
def test_s36_a_table_sees_encoded_names_whole_and_as_they_are(place: Path, header: bytes) -> None:
    """The reference decodes neither RFC 2047 nor RFC 2231: a pattern for such names must find what was sent, lines and all."""
    for first in (b"", b"preamble\n"):
        (place / "seen").write_bytes(
            b"/^" + b"".join(b"\\x%02x" % octet for octet in header) + b"$/ REJECT\n"
        )
        text = b"Content-Type: multipart/mixed; boundary=b\n\n" + first + b"--b\n"
        settings = f"mime_header_checks = pcre:{place}/seen\n"
        _, outcome = clean(place, text + header + b"\n\nx\n--b--\n", items("root"), settings)
        assert isinstance(outcome, Accepted)
        assert outcome.envelope.refusal == REFUSED


@pytest.mark.parametrize("piece", [1000, 65536])
def test_s36_no_more_of_a_boundary_is_kept_than_its_limit(piece: int) -> None:
    """What begins like it begins a part, as in the reference."""
    text = b'Content-Type: multipart/mixed;\n boundary="' + b"y" * 100_000 + b'"\n\n'
    text += b"--" + b"y" * 2047 + b"\nX-Short: 1\n\n--" + b"y" * 2048 + b"z\nX-Part: 1\n\nx\n"
    parser = MimeParser(MimeRules())
    events = []
    for start in range(0, len(text), piece):
        events += parser.feed(text[start : start + piece])
    found = [event.text for event in events + parser.finish() if isinstance(event, Field)]
    assert b"X-Part: 1" in found and b"X-Short: 1" not in found


@pytest.mark.parametrize(
    "text",
    [
        b"Content-Type: text/plain;" + b" " * 100_000 + b"x\n\nbody\n",
        b"Content-Transfer-Encoding: " + b"\t" * 100_000 + b"x\n\nbody\n",
        b"Subject: x\n\n" + b"a" * 60_000 + b"\n\xff\n",
    ],
    ids=["type", "encoding", "body"],
)
def test_s36_a_long_line_is_read_once(text: bytes) -> None:
    """White space without an end of line in a header, and a line of ASCII before one that is not."""
    rules = MimeRules(faults=frozenset((Fault.BODY_8BIT,)))
    started = time.process_time()
    events = events_of(text, rules, len(text))
    assert time.process_time() - started < 1
    troubles = [event for event in events if isinstance(event, Trouble)]
    assert troubles == [Trouble(Fault.BODY_8BIT, b"\xff")] * (b"\xff" in text)
