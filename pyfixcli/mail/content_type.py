"""What Content-Type: and Content-Transfer-Encoding: say (RFC 2045 section 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANK = "\0"  # stands for blanks outside of quotes; no header has it there
_FOLDED = re.compile(r"[ \t]*\n[ \t]*")


@dataclass(frozen=True, slots=True)
class ContentType:
    """Type and subtype in small letters; ``boundary`` is empty when there is none."""

    kind: str = "text"
    subtype: str = "plain"
    boundary: bytes = b""

    @property
    def is_multipart(self) -> bool:
        """Whether it has parts."""
        return self.kind == "multipart"

    @property
    def is_nested(self) -> bool:
        """Whether it is a whole message, with headers of its own."""
        return self.kind == "message" and self.subtype in ("rfc822", "global")

    @property
    def is_digest(self) -> bool:
        """Whether its parts are messages unless they say otherwise."""
        return self.is_multipart and self.subtype == "digest"


def parse_content_type(value: bytes) -> ContentType:
    """The value of a Content-Type: header; comments and unknown parameters are passed over."""
    words = _split(value)
    kind, _, subtype = words[0].partition("/")
    boundary = b""
    for word in words[1:]:
        name, equals, text = word.partition("=")
        if equals and name.strip(_BLANK).lower() == "boundary":
            boundary = _first(text).encode("utf-8", "surrogateescape")
    return ContentType(_first(kind).lower(), _first(subtype).lower(), boundary)


def parse_encoding(value: bytes) -> str:
    """The value of a Content-Transfer-Encoding: header, in small letters."""
    return _first(_split(value)[0]).lower()


def _first(text: str) -> str:
    """The first token of a piece."""
    return text.strip(_BLANK).partition(_BLANK)[0]


def _split(value: bytes) -> list[str]:
    """The pieces between semicolons, without comments and quotes."""
    pieces: list[str] = []
    piece: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for character in _FOLDED.sub(" ", value.decode("utf-8", "surrogateescape")):
        if is_escaped or character == "\\":
            if is_escaped and not depth:
                piece.append(character)
            is_escaped = not is_escaped
        elif depth or (character == "(" and not is_quoted):
            depth += (character == "(") - (character == ")")
        elif character == '"':
            is_quoted = not is_quoted
        elif character == ";" and not is_quoted:
            pieces.append("".join(piece))
            piece = []
        else:
            piece.append(_BLANK if character in " \t" and not is_quoted else character)
    pieces.append("".join(piece))
    return pieces
