"""The size of a message as Postfix counts it (``size=``), which limits and listings use.

It counts the records of a queue file: each line costs its length, one octet of type and
the octets of its length; lines longer than line_length_limit are several records. A line of the body that
fills its last record is followed by an empty one, since only that tells that it ends there.
"""

from __future__ import annotations

TWO_OCTETS = 128  # a length from here on takes two octets or more


class SizeCounter:
    """Adds up lines; ``limit`` is line_length_limit."""

    __slots__ = ("_limit", "_open", "total")

    def __init__(self, limit: int) -> None:
        self.total = 0
        self._limit = limit
        self._open = 0

    def add(self, data: bytes, is_body: bool = False) -> None:
        """Count content, in pieces of any size; no line is partly of the body."""
        lines = data.split(b"\n")
        last = len(lines) - 1
        if self._open or last == 0:
            self._open += len(lines[0])
            if last == 0:
                return
            self._line(self._open, is_body)
            first = 1
        else:
            first = 0
        self._open = len(lines[last])
        body = lines[first:last]
        self.total += len(data) - len(lines[last]) - (len(lines[0]) + 1 if first else 0) + len(body)
        if max(map(len, body), default=0) >= TWO_OCTETS:
            self.total += sum(self._excess(len(line), is_body) for line in body)

    def _excess(self, length: int, is_body: bool) -> int:
        """What a line takes beyond the two octets of a short one."""
        return record_size(length, self._limit, is_body) - length - 2 if length >= TWO_OCTETS else 0

    def _line(self, length: int, is_body: bool) -> None:
        self.total += record_size(length, self._limit, is_body)
        self._open = 0


def record_size(length: int, limit: int, is_body: bool) -> int:
    """Octets that a line of this length takes."""
    total = 0
    while True:
        piece = min(length, limit)
        total += piece + (2 if piece < 128 else 3 if piece < 16384 else 4)
        length -= piece
        if not length and not (is_body and piece == limit):
            return total
