"""What header_checks(5) and body_checks(5) would look up of a message: its logical headers and its body lines.

Data flow: lines of a message -> states (headers of the message, of a MIME part, of an attached message; body) -> keys.
Without MIME all that follows the first headers is body (postmap(1): -b, -h, -m).
"""

from __future__ import annotations

from enum import Enum, auto

from pyfixcli.mail.header import split_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPACE = b" \t"
NESTING = 100  # mime_nesting_limit
BOUNDARY = 2048  # mime_boundary_length_limit
IDENTITY = (b"", b"7bit", b"8bit", b"binary")


class _Place(Enum):
    """Where in a message a line is."""

    PRIMARY = auto()  # its headers
    PART = auto()  # headers of a MIME part
    NESTED = auto()  # headers of an attached message
    BODY = auto()


def message_keys(
    lines: Iterable[bytes], has_headers: bool, has_body: bool, mime: bool
) -> Iterator[bytes]:
    """Each logical header (with newlines in it) and body line, in order, as far as it is wanted."""
    reader = _Reader(mime)
    for line in lines:
        for is_header, key in reader.take(line.removesuffix(b"\n")):
            if has_headers if is_header else has_body:
                yield key
    for is_header, key in reader.finish():
        if has_headers if is_header else has_body:
            yield key


class _Reader:
    """The state between lines. Keys come with whether they are headers."""

    def __init__(self, mime: bool) -> None:
        self._mime = mime
        self._place = _Place.PRIMARY
        self._header = b""
        self._type, self._encoding = b"", b""
        self._boundaries: list[tuple[bytes, bytes]] = []  # and the type of parts that name none

    def take(self, line: bytes) -> Iterator[tuple[bool, bytes]]:
        """What is complete with this line."""
        if self._place is _Place.BODY:
            yield from self._take_body(line)
            return
        if self._header and line[:1] in (b" ", b"\t"):
            self._header += b"\n" + line
            return
        yield from self.finish()
        if split_header(line) is not None:
            self._header = line
            return
        yield from self._end_headers(line)

    def finish(self) -> Iterator[tuple[bool, bytes]]:
        """The header that was not complete."""
        if self._header:
            self._note(self._header)
            yield True, self._header
            self._header = b""

    def _end_headers(self, line: bytes) -> Iterator[tuple[bool, bytes]]:
        """The first line after headers; those of the message are always followed by an empty one."""
        primary = self._place is _Place.PRIMARY
        self._enter_content()
        if primary or not line:
            yield False, b""
        if line and self._place is not _Place.NESTED:
            yield from self._take_body(line)
        elif line:
            yield from self.take(line)

    def _take_body(self, line: bytes) -> Iterator[tuple[bool, bytes]]:
        if line.startswith(b"--"):
            self._match_boundary(line)
        yield False, line

    def _match_boundary(self, line: bytes) -> None:
        for depth in range(len(self._boundaries), 0, -1):
            boundary, kind = self._boundaries[depth - 1]
            if not line.startswith(boundary, 2):
                continue
            del self._boundaries[depth:]
            if line.startswith(b"--", 2 + len(boundary)):
                self._boundaries.pop()
            else:
                self._place = _Place.PART
                self._type, self._encoding = kind, b""
            return

    def _note(self, header: bytes) -> None:
        """Keep what a header says about the content."""
        found = split_header(header.partition(b"\n")[0])
        if found is None:
            return
        value = header[found[1] :].replace(b"\n", b" ").strip(SPACE)
        if found[0].lower() == b"content-type":
            self._type = value
        elif found[0].lower() == b"content-transfer-encoding":
            self._encoding = value.partition(b";")[0].strip(SPACE).lower()

    def _enter_content(self) -> None:
        """The headers are over: what comes now follows from their types."""
        kind, self._type = self._type, b""
        encoding, self._encoding = self._encoding, b""
        self._place = _Place.BODY
        if not self._mime:
            return
        name = kind.partition(b";")[0].strip(SPACE).lower()
        if name.startswith(b"multipart/") and len(self._boundaries) < NESTING:
            boundary = _parameter(kind, b"boundary")[:BOUNDARY]
            if boundary:
                default = b"message/rfc822" if name == b"multipart/digest" else b""
                self._boundaries.append((boundary, default))
        elif name == b"message/rfc822" and encoding in IDENTITY:
            self._place = _Place.NESTED


def _parameter(value: bytes, wanted: bytes) -> bytes:
    """A parameter of a header field, without quotes (RFC 2045)."""
    position = value.find(b";")
    while position >= 0:
        name, equals, rest = value[position + 1 :].partition(b"=")
        if not equals:
            return b""
        text, after = _take_value(rest.lstrip(SPACE))
        if name.strip(SPACE).lower() == wanted:
            return text
        value = after
        position = value.find(b";")
    return b""


def _take_value(text: bytes) -> tuple[bytes, bytes]:
    """A token or quoted string at the begin of a text, and what follows."""
    if not text.startswith(b'"'):
        word = text.partition(b";")[0]
        return word.strip(SPACE), text[len(word) :]
    taken = bytearray()
    position = 1
    while position < len(text) and text[position] != 0x22:
        position += text[position] == 0x5C
        taken += text[position : position + 1]
        position += 1
    return bytes(taken), text[position + 1 :]
