"""What becomes of the octets that sendmail(1) reads, line by line.

CRs before the newline go, any other CR becomes a blank; a first line that begins with ``From `` or
``>From `` is dropped.
"""

from __future__ import annotations


class InputLines:
    """Transforms a stream; feed() and finish() return octets with ``\\n`` line ends."""

    __slots__ = ("_began", "_held")

    def __init__(self) -> None:
        self._held = b""
        self._began = False

    def feed(self, data: bytes) -> bytes:
        """The next octets of the input, in pieces of any size."""
        data = self._held + data
        self._held = b""
        if data.endswith(b"\r"):
            whole = data
            data = data.rstrip(b"\r")
            self._held = whole[len(data) :]
        if not self._began:
            newline = data.find(b"\n")
            if newline < 0 and len(data) < 8192:
                self._held = data + self._held
                return b""
            data = self._first_line(data, newline)
        if b"\r" in data:
            data = _without_returns(data)
        return data

    def _first_line(self, data: bytes, newline: int) -> bytes:
        self._began = True
        if newline >= 0 and data.startswith((b"From ", b">From ")):
            return data[newline + 1 :]
        return data

    def finish(self) -> bytes:
        """What was held back at the end; the last line may lack its newline, and is then no line that ends in CRLF."""
        data, self._held = self._held, b""
        if not self._began:
            data = self._first_line(data, data.find(b"\n"))
        return _without_returns(data)


def _without_returns(data: bytes) -> bytes:
    """However many CRs there are before a newline, they are looked at once."""
    *lines, rest = data.split(b"\n")
    return b"\n".join((*(line.rstrip(b"\r") for line in lines), rest)).replace(b"\r", b" ")
