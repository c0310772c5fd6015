"""What becomes of the octets that sendmail(1) reads, line by line.

CRs before the newline go, as far as one reads at a time, any other CR becomes a blank; a first line that begins with ``From `` or
``>From `` is dropped.
"""

from __future__ import annotations

FIRST = 8192  # octets of a first line that is waited for
PIECE = 2048  # octets; a longer line is read in such pieces, of which only the last one ends with the line


class InputLines:
    """Transforms a stream; feed() and finish() return octets with ``\\n`` line ends."""

    __slots__ = ("_began", "_column", "_held")

    def __init__(self) -> None:
        self._held = b""  # a part of the first line, or CRs that may come before a newline
        self._began = False
        self._column = 0  # octets of the line that goes on, without those that are held

    def feed(self, data: bytes) -> bytes:
        """The next octets of the input, in pieces of any size."""
        data, self._held = self._held + data, b""
        if not self._began:
            newline = data.find(b"\n")
            if newline < 0 and len(data) < FIRST:
                self._held = data
                return b""
            data = self._first_line(data, newline)
        if b"\r" in data:
            return self._without_returns(data)
        newline = data.rfind(b"\n")
        self._column = len(data) - newline - 1 if newline >= 0 else self._column + len(data)
        return data

    def _first_line(self, data: bytes, newline: int) -> bytes:
        self._began = True
        if newline >= 0 and data.startswith((b"From ", b">From ")):
            return data[newline + 1 :]
        return data

    def _without_returns(self, data: bytes) -> bytes:
        """Lines as they are given out; what ends the last one is held."""
        lines = data.split(b"\n")
        for place, line in enumerate(lines):
            text = line[: self._text_end(line)]
            lines[place] = text
            self._column = 0 if place + 1 < len(lines) else self._column + len(text)
        self._held = line[len(text) :]
        return b"\n".join(lines).replace(b"\r", b" ")

    def _text_end(self, line: bytes) -> int:
        """Where the CRs begin that end a line, within its last piece."""
        piece = (self._column + len(line)) // PIECE * PIECE - self._column
        return max(len(line.rstrip(b"\r")), piece)

    def finish(self) -> bytes:
        """What was held back at the end; the last line may lack its newline, and is then no line that ends in CRLF."""
        data, self._held = self._held, b""
        if not self._began:
            data = self._first_line(data, data.find(b"\n"))
            data = self._without_returns(data)
            data, self._held = data + self._held, b""
        return data.replace(b"\r", b" ")
