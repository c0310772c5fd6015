"""Cutting the header off a message that comes in pieces (RFC 5322 section 2.2)."""

from __future__ import annotations

from pyfixcli.mail.header import split_header

SLACK = 1000  # octets kept of a line beyond the limit, so that its end is recognised


class HeaderReader:
    """Header fields in, one at a time; ``limit`` is header_size_limit in octets.

    Of a longer field only the lines that fit are kept. ``is_excessive`` tells of a field that goes on
    although what came of it is as long as the limit already.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._partial = b""
        self._field = b""
        self._overflows = False
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
                self._partial = data[start : start + self._limit + SLACK]
                return fields, b""
            line = data[start:end]
            if not line:
                return self._close(fields), data[end:]
            if line[0] in b" \t" and self._field:
                self._continue(line)
            elif split_header(line) is not None:
                self._flush(fields)
                self._field = line[: self._limit]
                self._length = len(line)
            else:
                return self._close(fields), b"\n" + data[start:]
            start = end + 1

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
        if self._overflows or len(self._field) + len(line) >= self._limit:
            self._overflows = True
            return
        self._field += b"\n" + line

    def _flush(self, fields: list[bytes]) -> None:
        self._overflows = False
        if self._field:
            fields.append(self._field)
            self._field = b""

    def _close(self, fields: list[bytes]) -> list[bytes]:
        self._flush(fields)
        self.is_open = False
        return fields
