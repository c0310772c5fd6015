"""Cutting headers off a message, or a part of one, that comes in pieces (RFC 5322 section 2.2)."""

from __future__ import annotations

from pyfixcli.mail.header import split_header

LINE_LENGTH = 2048  # octets; the default of line_length_limit
LINE_LIMIT = 2048  # octets after which a line without end is judged by what is there


class HeaderReader:
    """Header fields in, one at a time; ``limit`` is header_size_limit in octets.

    A field is taken in pieces of at most ``line_length`` octets (line_length_limit) until it has the limit; see
    cut_header for what goes out of it. ``is_excessive`` tells of a field that goes on although what came of it is as long as the limit
    already. A line that begins with one of ``markers`` ends the header, and so does one that is no header: with
    ``separates`` it gets an empty line ahead of it.
    """

    def __init__(
        self,
        limit: int,
        markers: tuple[bytes, ...] = (),
        separates: bool = True,
        line_length: int = LINE_LENGTH,
    ) -> None:
        self._limit = limit
        self._line_length = line_length
        self._markers = markers
        self._gap = b"\n" if separates else b""
        self._partial = b""
        self._field = b""
        self._length = 0  # of the field with what is not kept
        self.is_excessive = False
        self.is_open = True  # still in the header

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        """(complete fields, what belongs to the body). Lines of a field are joined by newlines."""
        fields: list[bytes] = []
        data = self._partial + data
        self._partial = b""
        start = 0
        while True:
            end = data.find(b"\n", start)
            if end < 0:
                return self._hold(fields, data[start:])
            line = data[start:end]
            if not line:
                return self._close(fields), data[end:]
            if self._markers and line.startswith(self._markers):
                return self._close(fields), data[start:]
            if line[0] in b" \t" and self._field:
                self._continue(line)
            elif split_header(line) is not None:
                self._flush(fields)
                self._field = self._pieces(line, self._limit)
                self._length = len(line)
            else:
                return self._close(fields), self._gap + data[start:]
            start = end + 1

    def _hold(self, fields: list[bytes], line: bytes) -> tuple[list[bytes], bytes]:
        """A line whose end has not come: if it is long, it is seen already whether it is a header."""
        if len(line) > LINE_LIMIT and not self._goes_on(line):
            return self._close(fields), self._gap + line
        self._partial = line[: self._limit + self._line_length]
        return fields, b""

    def _pieces(self, line: bytes, missing: int) -> bytes:
        """What is taken of a line, when so many octets are missing to the limit."""
        count = max(1, -(-missing // self._line_length))
        return line[: count * self._line_length]

    def _goes_on(self, line: bytes) -> bool:
        if line[0] in b" \t" and self._field:
            return True
        return not line.startswith(self._markers or b"\n") and split_header(line) is not None

    def finish(self) -> tuple[list[bytes], bytes]:
        """The end of the message came within the header."""
        fields: list[bytes] = []
        body = b""
        if self._partial:
            fields, body = self.feed(b"\n")
        return (fields, body) if not self.is_open else (self._close(fields), body)

    def _continue(self, line: bytes) -> None:
        self.is_excessive = self.is_excessive or self._length >= self._limit
        self._length += 1 + len(line)
        if len(self._field) < self._limit:
            self._field += b"\n"
            self._field += self._pieces(line, self._limit - len(self._field))

    def _flush(self, fields: list[bytes]) -> None:
        if self._field:
            fields.append(self._field)
            self._field = b""

    def _close(self, fields: list[bytes]) -> list[bytes]:
        self._flush(fields)
        self.is_open = False
        return fields
