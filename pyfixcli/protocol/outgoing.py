"""Message content as it goes over the wire after DATA (RFC 5321 section 4.5.2). Sans-IO.

Lines end with CRLF and only there: a CR elsewhere becomes a blank, so that no receiver sees the end of the
message, or of a line, where there is none. A dot at the start of a line is doubled; lines longer
than smtp_line_length_limit are continued on the next line, which begins with a blank. Memory does not grow
with the length of a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

HELD = 65536  # octets of an unfinished line that are kept


class WireContent:
    """Turns content with LF line ends into what is sent; the final dot is not part of it.

    ``line_limit`` 0 leaves lines as they are. ``has_folded`` tells whether a line was too long.
    """

    def __init__(self, line_limit: int) -> None:
        self._limit = line_limit
        self._held = b""
        self._is_inside = False  # the start of the line that is held went out already
        self.has_folded = False

    def encode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """All of the content, in pieces, ending with CRLF."""
        for chunk in chunks:
            octets = self.feed(chunk)
            if octets:
                yield octets
        octets = self.finish()
        if octets:
            yield octets

    def finish(self) -> bytes:
        """What is sent at the end: the rest of a line without line end."""
        held, self._held = self._held, b""
        return self._lines(_without_cr(held + b"\n")) if held else b""

    def feed(self, chunk: bytes) -> bytes:
        """What can be sent after this chunk: whole lines, and the start of a very long one."""
        data = self._held + chunk
        end = data.rfind(b"\n") + 1
        self._held = data[end:]
        out = self._lines(_without_cr(data[:end])) if end else b""
        if len(self._held) > HELD:
            out += self._part(self._held)
        return out

    def _lines(self, lines: bytes) -> bytes:
        """Whole lines."""
        if self._limit and (self._is_inside or len(lines) > self._limit):
            lines = self._fold(lines)
        return self._stuff(lines, is_end=True)

    def _fold(self, lines: bytes) -> bytes:
        parts = lines.split(b"\n")
        if not self._is_inside and max(map(len, parts)) <= self._limit:
            return lines
        self.has_folded = True
        first, *others = parts
        pieces = [self._fold_line(first, self._is_inside)]
        pieces += [self._fold_line(part, False) for part in others]
        return b"\n".join(pieces)

    def _fold_line(self, line: bytes, is_inside: bool) -> bytes:
        """A line, or with ``is_inside`` the rest of one, in pieces of at most the limit."""
        limit = self._limit
        if not is_inside and len(line) <= limit:
            return line
        pieces = [] if is_inside else [line[:limit]]
        start = 0 if is_inside else limit
        pieces += [
            b" " + line[position : position + limit - 1]
            for position in range(start, len(line), max(1, limit - 1))
        ]
        return b"\n".join(pieces)

    def _part(self, held: bytes) -> bytes:
        """The start of an unfinished line, in whole pieces; two octets or more, not just a CR, stay held."""
        limit = self._limit
        first = limit if limit and not self._is_inside else 0
        step = max(1, limit - 1) if limit else 1
        cut = first + (len(held) - 2 - first) // step * step
        part, self._held = held[:cut].replace(b"\r", b" "), held[cut:]
        if limit:
            self.has_folded = True
            part = self._fold_line(part, self._is_inside) + b"\n"
        out = self._stuff(part, is_end=bool(limit))
        self._is_inside = True
        return out

    def _stuff(self, lines: bytes, is_end: bool) -> bytes:
        """CRLF and doubled dots."""
        starts_line = not self._is_inside or self._limit
        if starts_line and lines.startswith(b"."):
            lines = b"." + lines
        if b"\n." in lines:
            lines = lines.replace(b"\n.", b"\n..")
        if is_end:
            self._is_inside = False
        return lines.replace(b"\n", b"\r\n")


def _without_cr(lines: bytes) -> bytes:
    """Lines with no CR: that before a line end goes, any other becomes a blank."""
    if b"\r" not in lines:
        return lines
    return lines.replace(b"\r\n", b"\n").replace(b"\r", b" ")
