"""Body text as body_checks sees it: lines, and how far into its segment each one begins.

Lines longer than line_length_limit come in pieces; a segment is the body of the message or of one of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class BodyLine(NamedTuple):
    """A line, or a piece of one, and what ended it; ``is_checked``: tables are asked about it."""

    text: bytes
    end: bytes
    is_checked: bool


class BodyLines:
    """Splits text that comes in pieces. ``size_limit`` is body_checks_size_limit in octets."""

    def __init__(self, line_limit: int, size_limit: int) -> None:
        self._line_limit = line_limit
        self._size_limit = size_limit
        self._offset = 0
        self._partial = b""

    def feed(self, octets: bytes, starts: bool) -> Iterator[BodyLine]:
        """The next octets; ``starts``: of a new segment, which begins with a line."""
        if starts:
            self._offset = 0
        octets = self._partial + octets
        self._partial = b""
        place = 0
        while place < len(octets):
            if self._offset >= self._size_limit:  # nobody asks about the rest
                yield BodyLine(octets[place:], b"", False)
                return
            end = octets.find(b"\n", place, place + self._line_limit + 1)
            if end < 0 and len(octets) - place <= self._line_limit:
                self._partial = octets[place:]
                return
            is_whole = end >= 0
            end = end if is_whole else place + self._line_limit
            yield self._line(octets[place:end], b"\n" if is_whole else b"")
            place = end + is_whole

    def finish(self) -> Iterator[BodyLine]:
        """What is left of a last line without end."""
        partial, self._partial = self._partial, b""
        if partial:
            yield self._line(partial, b"")

    def _line(self, text: bytes, end: bytes) -> BodyLine:
        is_checked = bool(text) and self._offset < self._size_limit
        self._offset += len(text) + len(end)
        return BodyLine(text, end, is_checked)
