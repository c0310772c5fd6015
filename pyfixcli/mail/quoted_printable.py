"""Quoted-printable, for lines that come in pieces (RFC 2045 section 6.7)."""

from __future__ import annotations

import re

SOFT_LIMIT = 72  # columns after which a line is continued

_PLAIN = re.compile(rb"(?:[\t -<>-~]*[!-<>-~])?")  # lines that need no encoding
_QUOTED = [
    bytes((octet,)) if octet in (9, 32) or 33 <= octet <= 126 and octet != 61 else b"=%02X" % octet
    for octet in range(256)
]


class QuotedPrintable:
    """Encodes one line after the other; blanks at the end of a line are encoded too."""

    def __init__(self) -> None:
        self._column = 0
        self._blanks = b""  # of a line that may end after them

    def encode_lines(self, text: bytes) -> bytes:
        """Lines with their line ends; the last one may lack it, and goes on in the next call."""
        *lines, last = (self._blanks + text).split(b"\n")
        out = [self.encode(line, True) for line in lines]
        piece = last.rstrip(b" \t")
        self._blanks = last[len(piece) :]
        out.append(self.encode(piece, False))
        return b"\n".join(out)

    def finish(self) -> bytes:
        """The end of the text: blanks at its end that were held back."""
        blanks, self._blanks = self._blanks, b""
        return self.encode(blanks, True) if blanks else b""

    def encode(self, piece: bytes, is_end: bool) -> bytes:
        """A piece of a line without its line end; ``is_end`` when the line ends after it."""
        if is_end and self._column + len(piece) <= SOFT_LIMIT + 1 and _PLAIN.fullmatch(piece):
            self._column = 0
            return piece
        out: list[bytes] = []
        column = self._column
        last = len(piece) - 1 if is_end else -1
        for position, octet in enumerate(piece):
            if column > SOFT_LIMIT:
                out.append(b"=\n")
                column = 0
            word = b"=%02X" % octet if position == last and octet in b" \t" else _QUOTED[octet]
            out.append(word)
            column += len(word)
        self._column = 0 if is_end else column
        return b"".join(out)
