"""What a client sent and what was not looked at yet: lines of commands, octets of content."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """A command line. ``octets`` lack the line end; ``is_long`` when the rest was thrown away."""

    octets: bytes
    has_cr: bool
    is_long: bool


class InputBuffer:
    """Octets in their order. ``limit`` is line_length_limit, for commands only."""

    __slots__ = ("_data", "_limit", "_overlong", "_position", "is_eof")

    def __init__(self, limit: int) -> None:
        self._data = b""
        self._position = 0
        self._limit = limit
        self._overlong: bytes | None = None  # the start of a line that is being skipped
        self.is_eof = False

    def append(self, data: bytes) -> None:
        """More octets; ``b""`` is the end of file."""
        if not data:
            self.is_eof = True
        self._data = self._data[self._position :] + data
        self._position = 0

    @property
    def mark(self) -> tuple[int, int]:
        """Differs when something was taken or added."""
        return self._position, len(self._data)

    @property
    def has_input(self) -> bool:
        """Whether there is anything that was not taken."""
        return self._position < len(self._data)

    def peek(self, count: int) -> bytes:
        """At most ``count`` octets, left where they are."""
        return self._data[self._position : self._position + count]

    def take(self, count: int = -1) -> bytes:
        """At most ``count`` octets of what came; all by default."""
        end = len(self._data) if count < 0 else min(self._position + count, len(self._data))
        data = self._data[self._position : end]
        self._position = end
        return data

    def put_back(self, data: bytes) -> None:
        """Octets that were taken but are not content."""
        self._data = data + self._data[self._position :]
        self._position = 0

    def take_line(self) -> Line | None:
        """A whole line, or None. What goes beyond the limit is not kept, however much it is."""
        end = self._data.find(b"\n", self._position)
        if end < 0:
            self._skip_overlong()
            return None
        line = self._data[self._position : end]
        self._position = end + 1
        has_cr = line.endswith(b"\r")
        if self._overlong is None and len(line) <= self._limit + has_cr:
            return Line(line.rstrip(b"\r"), has_cr, False)
        kept = self._overlong or line[: self._limit]
        self._overlong = None
        return Line(kept.rstrip(b"\r"), has_cr, True)

    def _skip_overlong(self) -> None:
        pending = len(self._data) - self._position
        if pending <= self._limit + 1 and self._overlong is None:
            return
        if self._overlong is None:
            self._overlong = self.peek(self._limit)
        # A CR may be the start of the line's end.
        kept = b"\r" if self._data.endswith(b"\r") else b""
        self._data, self._position = kept, 0
