"""The size of a message as Postfix counts it (``size=``), which limits and listings use.

It counts the records of a queue file: each line costs its length, one octet of type and
the octets of its length; lines longer than line_length_limit are several records.
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

    def add(self, data: bytes) -> None:
        """Count content, in pieces of any size."""
        lines = data.split(b"\n")
        last = len(lines) - 1
        if self._open or last == 0:
            self._open += len(lines[0])
            if last == 0:
                return
            self._line(self._open)
            first = 1
        else:
            first = 0
        self._open = len(lines[last])
        body = lines[first:last]
        self.total += len(data) - len(lines[last]) - (len(lines[0]) + 1 if first else 0) + len(body)
        if max(map(len, body), default=0) >= TWO_OCTETS:
            self.total += sum(self._excess(len(line)) for line in body)

    def _excess(self, length: int) -> int:
        """What a line takes beyond the two octets of a short one."""
        return record_size(length, self._limit) - length - 2 if length >= TWO_OCTETS else 0

    def _line(self, length: int) -> None:
        self.total += record_size(length, self._limit)
        self._open = 0


def record_size(length: int, limit: int) -> int:
    """Octets that a line of this length takes."""
    total = 0
    while True:
        piece = min(length, limit)
        total += piece + (2 if piece < 128 else 3 if piece < 16384 else 4)
        length -= piece
        if not length:
            return total
