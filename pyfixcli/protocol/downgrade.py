"""Mail for servers without 8BITMIME: 8bit and binary parts become quoted-printable (RFC 2045, RFC 6152).

Only parts whose Content-Transfer-Encoding says 8bit or binary change: a single part is encoded; a multipart or
a message keeps its text, says 7bit, and its own parts are looked at in turn. The header that says so goes to the
end of its block. Everything else passes as it is.

Data flow: octets -> lines (an over-long line in pieces) -> headers of a part, which decide about its body ->
octets. Memory holds one header and one piece of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PIECE = 32768  # octets of a line without end that are handled at once
MAX_HEADER = 102400  # octets of a header that are looked at
SOFT_LIMIT = 72  # columns after which a line of quoted-printable is continued

_PLAIN = re.compile(rb"(?:[\t -<>-~]*[!-<>-~])?")  # lines that need no encoding
_QUOTED = [
    bytes((octet,)) if octet in (9, 32) or 33 <= octet <= 126 and octet != 61 else b"=%02X" % octet
    for octet in range(256)
]


@dataclass(frozen=True, slots=True)
class Boundary:
    """A multipart that is open. ``marker`` is ``--boundary``; parts of a digest are messages."""

    marker: bytes
    is_digest: bool


@dataclass(slots=True)
class Part:
    """What the headers of a part have said so far."""

    kind: str = "text"
    boundary: bytes = b""
    is_digest: bool = False
    encoding: str = "7bit"

    @property
    def is_composite(self) -> bool:
        """Whether it has parts, or a message, inside."""
        return self.kind in ("multipart", "message")


class QuotedPrintable:
    """Encodes lines that come in pieces (RFC 2045 section 6.7)."""

    def __init__(self) -> None:
        self._column = 0

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


class Downgrade:
    """Converts one message. ``nesting_limit`` is mime_nesting_limit: parts deeper than that are text."""

    def __init__(self, nesting_limit: int) -> None:
        self._limit = nesting_limit
        self._open: list[Boundary] = []
        self._part = Part()
        self._depth = 0
        self._is_header = True
        self._header: list[bytes] = []
        self._header_size = 0
        self._quoted: QuotedPrintable | None = None

    def convert(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """All of the message, with LF line ends, in pieces."""
        held = b""
        for chunk in chunks:
            *lines, held = (held + chunk).split(b"\n")
            out = [self._line(line, True) for line in lines]
            if len(held) > PIECE:
                out.append(self._line(held, False))
                held = b""
            yield b"".join(out)
        tail = self._line(held, True)[:-1] if held else b""
        if self._is_header:
            tail += self._end_header(b"" if not tail or tail.endswith(b"\n") else b"\n")
        yield tail

    # -- lines -----------------------------------------------------------------------------

    _is_inside = False  # of a line whose start was handled already

    def _line(self, line: bytes, is_end: bool) -> bytes:
        """What a line, or a piece of one, becomes."""
        was_inside, self._is_inside = self._is_inside, not is_end
        end = b"\n" if is_end else b""
        if not was_inside and line.startswith(b"--") and self._open:
            found = self._boundary(line)
            if found is not None:
                return found + end
        if self._is_header and not was_inside:
            return self._header_line(line, end)
        if self._header and was_inside:
            return self._flush(line + end)
        if self._quoted is not None and not self._is_header:
            return self._quoted.encode(line, is_end) + end
        return line + end

    def _boundary(self, line: bytes) -> bytes | None:
        """Whether a line separates parts: then what it becomes, and what it separates is closed."""
        for place in range(len(self._open) - 1, -1, -1):
            opened = self._open[place]
            if not line.startswith(opened.marker):
                continue
            before = self._end_header(b"") if self._is_header else b""
            del self._open[place + 1 :]
            is_last = line[len(opened.marker) :].startswith(b"--")
            self._quoted = None
            if is_last:
                self._open.pop()
                self._is_header = False
            else:
                self._begin_part(opened)
            return before + line
        return None

    def _begin_part(self, opened: Boundary) -> None:
        self._part = Part("message" if opened.is_digest else "text")
        self._is_header = True
        self._depth = len(self._open)

    # -- headers ---------------------------------------------------------------------------

    def _header_line(self, line: bytes, end: bytes) -> bytes:
        """A line of a header block; the end of the block decides about the body."""
        if line[:1] in (b" ", b"\t") and self._header:
            self._header.append(line + end)
            self._header_size += len(line)
            return self._flush(b"") if self._header_size > MAX_HEADER else b""
        before = self._flush(b"")
        if line and _is_header(line):
            self._header, self._header_size = [line + end], len(line)
            return before
        before += self._end_header(b"")
        if not line:
            return before + end
        if self._quoted is not None:
            return before + self._quoted.encode(line, bool(end)) + end
        return before + line + end

    def _flush(self, more: bytes) -> bytes:
        """The header that was held, unless it is replaced at the end of the block."""
        if not self._header:
            return more
        header, self._header = b"".join(self._header), []
        name, _, value = header.partition(b":")
        folded = name.strip().lower()
        if folded == b"content-type":
            self._note_type(value)
        elif folded == b"content-transfer-encoding":
            self._part.encoding = _first_word(value)
            if self._part.encoding in ("8bit", "binary"):
                return more
        return header + more

    def _note_type(self, value: bytes) -> None:
        words = _parameters(value)
        kind, _, subtype = words[0].lower().partition("/")
        part = self._part
        part.kind = kind if kind != "message" or subtype in ("rfc822", "global") else "text"
        part.is_digest = subtype == "digest"
        for word in words[1:]:
            name, _, text = word.partition("=")
            if name.strip().lower() == "boundary":
                part.boundary = text.strip().encode("utf-8", "surrogateescape")

    def _end_header(self, end: bytes) -> bytes:
        """The end of a header block: the header that replaces an 8bit encoding, and how the body goes on."""
        out = self._flush(b"") + end
        part = self._part
        self._is_header = False
        changes = part.encoding in ("8bit", "binary")
        is_composite = part.is_composite and len(self._open) < self._limit
        if changes:
            name = b"7bit" if part.is_composite else b"quoted-printable"
            out += b"Content-Transfer-Encoding: " + name + b"\n"
        self._quoted = QuotedPrintable() if changes and not part.is_composite else None
        if not is_composite:
            return out
        if part.kind == "multipart":
            if part.boundary:
                self._open.append(Boundary(b"--" + part.boundary, part.is_digest))
        else:
            self._part, self._is_header = Part(), True
        return out


def _is_header(line: bytes) -> bool:
    name, colon, _ = line.partition(b":")
    name = name.rstrip(b" \t")
    return bool(colon and name) and name.isascii() and all(33 <= octet <= 126 for octet in name)


def _first_word(value: bytes) -> str:
    words = _parameters(value)[0].split()
    return words[0].lower() if words else ""


def _parameters(value: bytes) -> list[str]:
    """A structured header at its semicolons, without comments and quotes (RFC 2045 section 5.1)."""
    out, word = [], []
    depth, quoted, escaped = 0, False, False
    for character in value.decode("utf-8", "surrogateescape").replace("\n", " "):
        if escaped:
            escaped = False
            if not depth:
                word.append(character)
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif character == ";" and not quoted and not depth:
            out.append("".join(word).strip())
            word = []
        elif not depth:
            word.append(character)
    out.append("".join(word).strip())
    return out
