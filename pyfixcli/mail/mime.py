"""The parts of a message that comes in pieces: headers of the message, of parts and of messages inside (RFC 2045, RFC 2046).

Data flow: octets -> headers, whose Content-Type: opens boundaries -> body text, whose boundary lines begin parts -> events.
A body without parts passes in whole blocks. Memory holds one header, or the beginning of one line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from pyfixcli.mail.content_type import ContentType, parse_content_type, parse_encoding
from pyfixcli.mail.header import MIME_NAMES, split_header
from pyfixcli.mail.header_reader import LINE_LIMIT, HeaderReader
from pyfixcli.mail.quoted_printable import QuotedPrintable

EIGHT_BIT = ("8bit", "binary")
ENCODED = ("base64", "quoted-printable")  # what must not stand for a whole of parts
MESSAGE = ContentType("message", "rfc822")
ENCODING = b"Content-Transfer-Encoding: "

_OCTET_8BIT = re.compile(rb"[\x80-\xff]")


def _unfit_encodings(kind: ContentType) -> tuple[str, ...]:
    """The encodings that a type must not have (RFC 2045 section 6.4, RFC 2046 section 5.2)."""
    if kind.is_multipart or (kind.kind, kind.subtype) == ("message", "rfc822"):
        return ENCODED
    if kind.kind == "message" and kind.subtype in ("partial", "external-body"):
        return EIGHT_BIT
    return ()


class Place(Enum):
    """Whose header it is."""

    MAIN = "message"
    PART = "part"
    NESTED = "message inside"


class Fault(Enum):
    """What is wrong with the structure of a message, in the words of replies."""

    NESTING = "MIME nesting exceeds safety limit"
    HEADER_8BIT = "improper use of 8-bit data in message header"
    BODY_8BIT = "improper use of 8-bit data in message body"
    DOMAIN = "invalid message/* or multipart/* encoding domain"


class Field(NamedTuple):
    """A header, its lines joined by newlines; ``is_mime``: one that says what a part is."""

    place: Place
    is_mime: bool
    text: bytes


class Body(NamedTuple):
    """Body text; ``starts`` a new segment, whose size is counted anew."""

    octets: bytes
    starts: bool


class HeaderEnd(NamedTuple):
    """The end of the message's own header."""


class Trouble(NamedTuple):
    """What is wrong, and the text that shows it."""

    fault: Fault
    text: bytes


Event = Field | Body | HeaderEnd | Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class MimeRules:
    """What a parser looks at. Limits are in octets, ``nesting`` in open multiparts.

    Without ``has_parts`` all that follows the header of the message is body. ``converts``: 8bit and binary parts become
    quoted-printable. ``separates``: a body that follows the header of the message without an empty line gets one.
    ``faults`` are those that are told of.
    """

    header_size: int = 102400
    line_length: int = 2048
    nesting: int = 100
    boundary_length: int = 2048
    has_parts: bool = True
    converts: bool = False
    separates: bool = False
    faults: frozenset[Fault] = frozenset()


class _Boundary(NamedTuple):
    """A multipart that is open."""

    marker: bytes
    is_digest: bool


class MimeParser:
    """Feed it one message; each call returns what is known by then."""

    def __init__(self, rules: MimeRules) -> None:
        self._rules = rules
        self._open: list[_Boundary] = []
        self._events: list[Event] = []
        self._place = Place.MAIN
        self._reader: HeaderReader | None = HeaderReader(
            rules.header_size, separates=rules.separates, line_length=rules.line_length
        )
        self._type = ContentType()
        self._encoding = ""
        self._held = b""  # the beginning of a line that may be a boundary
        self._is_line_start = True
        self._is_in_boundary = False  # in the rest of a long boundary line
        self._starts = True
        self._quoted: QuotedPrintable | None = None
        self._told: set[Fault] = set()
        self._line = b""  # the beginning of a line that is looked at for 8-bit text

    @property
    def is_in_header(self) -> bool:
        """Whether the message's own header goes on."""
        return self._place is Place.MAIN and self._reader is not None

    def feed(self, data: bytes) -> list[Event]:
        """The next octets, with newlines as line ends, in pieces of any size."""
        if self._held:
            data, self._held = self._held + data, b""
        self._take(data)
        return self._take_events()

    def finish(self) -> list[Event]:
        """The end of the message."""
        data, self._held = self._held, b""
        while self._reader is not None:
            fields, data = self._reader.finish()
            data = self._take_fields(fields, data)
            self._take(data)
            data, self._held = self._held, b""
        self._add_body(data)
        if not self._line.isascii():
            self._tell(Fault.BODY_8BIT, self._line)
        if self._quoted is not None:
            self._events.append(Body(self._quoted.finish(), False))
        return self._take_events()

    def _take(self, data: bytes) -> None:
        while data:
            if self._reader is None:
                data = self._take_body(data)
            else:
                data = self._take_fields(*self._reader.feed(data))

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # -- headers -------------------------------------------------------------------------

    def _take_fields(self, fields: list[bytes], rest: bytes) -> bytes:
        """Headers that are complete; what is still to be looked at of what follows them."""
        for text in fields:
            self._take_field(text)
        reader = self._reader
        return rest if reader is not None and reader.is_open else self._end_header(rest)

    def _take_field(self, text: bytes) -> None:
        if b"\0" in text:  # the reference reads headers up to a NUL
            text = text.partition(b"\0")[0]
        found = split_header(text)
        name, after = found if found is not None else (b"", 0)
        if found is not None and after > len(name) + 1:  # blanks ahead of the colon
            text = name + text[after - 1 :]
            after = len(name) + 1
        name = name.lower()
        is_mime = self._rules.has_parts and (self._place is Place.PART or name in MIME_NAMES)
        if Fault.HEADER_8BIT in self._rules.faults and not text.isascii():
            self._tell(Fault.HEADER_8BIT, text)
        if self._rules.has_parts:
            if name == b"content-type":
                self._note_type(text, after)
            elif name == b"content-transfer-encoding":
                self._encoding = parse_encoding(text[after:])
                if self._rules.converts and self._encoding in EIGHT_BIT:
                    return
        self._events.append(Field(self._place, is_mime, text))

    def _note_type(self, text: bytes, after: int) -> None:
        rules = self._rules
        self._type = parse_content_type(text[after:])
        if not self._type.is_multipart or not self._type.boundary:
            return
        if len(self._open) > rules.nesting + 1:
            self._tell(Fault.NESTING, text)
            return
        marker = b"--" + self._type.boundary[: rules.boundary_length]
        self._open.append(_Boundary(marker, self._type.is_digest))

    def _begin_header(self, place: Place, kind: ContentType) -> None:
        self._place, self._type, self._encoding = place, kind, ""
        self._quoted = None
        rules = self._rules
        self._reader = HeaderReader(rules.header_size, self._markers(), False, rules.line_length)

    def _markers(self) -> tuple[bytes, ...]:
        return tuple(boundary.marker for boundary in self._open)

    def _end_header(self, rest: bytes) -> bytes:
        """What follows a header: body text, or the header of a message inside."""
        kind = self._type
        is_composite = kind.is_multipart or kind.is_nested
        if self._encoding in _unfit_encodings(kind):
            self._tell(Fault.DOMAIN, self._encoding.encode("utf-8", "surrogateescape"))
        if self._rules.converts and self._encoding in EIGHT_BIT:
            name = b"7bit" if is_composite else b"quoted-printable"
            self._events.append(Field(self._place, True, ENCODING + name))
            self._quoted = None if is_composite else QuotedPrintable()
        if self._place is Place.MAIN:
            self._events.append(HeaderEnd())
        self._reader = None
        self._starts = self._is_line_start = True
        if not self._rules.has_parts or not kind.is_nested or not rest.startswith(b"\n"):
            return rest
        self._events.append(Body(b"\n", True))
        self._begin_header(Place.NESTED, ContentType())
        return rest[1:]

    def _tell(self, fault: Fault, text: bytes) -> None:
        """Of each fault once."""
        if fault in self._rules.faults and fault not in self._told:
            self._told.add(fault)
            self._events.append(Trouble(fault, text))

    # -- body ----------------------------------------------------------------------------

    def _take_body(self, data: bytes) -> bytes:
        """Body text; returns what follows a line that began or ended a part."""
        if self._is_in_boundary:
            return self._end_boundary(data, 0)
        if not self._open:
            self._add_body(data)
            return b""
        starts_with_dashes = self._is_line_start and data.startswith(b"--")
        place = 0 if starts_with_dashes else data.find(b"\n--") + 1
        while place or starts_with_dashes:
            starts_with_dashes = False
            if self._needs_more(data, place):
                return self._hold(data, place)
            for index in range(len(self._open) - 1, -1, -1):
                if data.startswith(self._open[index].marker, place):
                    return self._cross(data, place, index)
            place = data.find(b"\n--", place) + 1
        last = data.rfind(b"\n") + 1
        if data[last:] == b"-" and (last or self._is_line_start):
            return self._hold(data, last)
        self._add_body(data)
        return b""

    def _needs_more(self, data: bytes, place: int) -> bool:
        """Whether the line there cannot be judged yet."""
        length = len(data) - place
        longest = max(len(boundary.marker) for boundary in self._open) + 2
        return length < longest and data.find(b"\n", place) < 0

    def _hold(self, data: bytes, place: int) -> bytes:
        """Keep the last line until more of it comes."""
        self._held = data[place:]
        self._add_body(data[:place])
        return b""

    def _cross(self, data: bytes, place: int, index: int) -> bytes:
        """A line that separates parts of an open multipart, or ends it; what follows that line."""
        self._add_body(data[:place])
        self._quoted = None
        del self._open[index + 1 :]
        boundary = self._open[index]
        if not data.startswith(b"--", place + len(boundary.marker)):
            self._is_in_boundary = True
            return self._end_boundary(data, place)
        self._open.pop()
        self._encoding = ""
        self._starts = True
        end = data.find(b"\n", place) + 1 or len(data)
        self._add_body(data[place:end])
        return data[end:]

    def _end_boundary(self, data: bytes, place: int) -> bytes:
        """The rest of the line that begins a part; then its header."""
        end = data.find(b"\n", place) + 1
        self._add_body(data[place : end or len(data)])
        if not end:
            return b""
        self._is_in_boundary = False
        is_message = self._open[-1].is_digest
        self._begin_header(Place.PART, MESSAGE if is_message else ContentType())
        return data[end:]

    def _add_body(self, octets: bytes) -> None:
        if not octets:
            return
        self._is_line_start = octets.endswith(b"\n")
        is_8bit = self._encoding in EIGHT_BIT
        if not is_8bit and Fault.BODY_8BIT in self._rules.faults:
            self._look_for_8bit(octets)
        if self._quoted is not None:
            octets = self._quoted.encode_lines(octets)
        self._events.append(Body(octets, self._starts))
        self._starts = False

    def _look_for_8bit(self, octets: bytes) -> None:
        """Tell of the first line with 8-bit text; lines may come in pieces."""
        if Fault.BODY_8BIT in self._told:
            return
        octets = self._line + octets
        found = _OCTET_8BIT.search(octets)
        if found is not None:
            start = octets.rfind(b"\n", 0, found.start()) + 1
            line, end, _ = octets[start:].partition(b"\n")
            if end or len(line) > LINE_LIMIT:
                self._tell(Fault.BODY_8BIT, line)
        self._line = octets[octets.rfind(b"\n") + 1 :][-LINE_LIMIT - 1 :]
