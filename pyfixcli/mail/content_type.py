"""What Content-Type: and Content-Transfer-Encoding: say (RFC 2045 section 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

# Where white space begins, not anywhere in it: what has no line feed would be read again from each blank.
_FOLDED = re.compile(r"(?<![ \t])[ \t]*\n[ \t]*")
_SPECIALS = frozenset('()<>@,;:\\"/[]?=')
_ATOM = re.compile(r'[^()<>@,;:\\"/\[\]?=\x00-\x20\x7f]+')
_WORD = ""  # the kind of a token that is no special; a special is its own


class _Token(NamedTuple):
    kind: str
    text: str


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
    """The value of a Content-Type: header; comments and unknown parameters are passed over.

    A value is one token: what has specials of MIME in it must be quoted, or ends there.
    """
    first, *parameters = _pieces(value)
    has_subtype = len(first) > 2 and first[1].kind == "/"
    subtype = first[2].text if has_subtype else ""
    boundary = b""
    for name, *rest in filter(None, parameters):
        if name.text.lower() == "boundary" and len(rest) > 1 and rest[0].kind == "=":
            boundary = rest[1].text.encode("utf-8", "surrogateescape")
    return ContentType(_first(first).lower(), subtype.lower(), boundary)


def parse_encoding(value: bytes) -> str:
    """The value of a Content-Transfer-Encoding: header, in small letters."""
    return _first(_pieces(value)[0]).lower()


def _first(piece: list[_Token]) -> str:
    return piece[0].text if piece and piece[0].kind == _WORD else ""


def _pieces(value: bytes) -> list[list[_Token]]:
    """The tokens between semicolons, without comments."""
    pieces: list[list[_Token]] = [[]]
    text = _FOLDED.sub(" ", value.decode("utf-8", "surrogateescape"))
    position = 0
    while position < len(text):
        position, token = _token(text, position)
        if token is not None and token.kind == ";":
            pieces.append([])
        elif token is not None:
            pieces[-1].append(token)
    return pieces


def _token(text: str, position: int) -> tuple[int, _Token | None]:
    """(position after it, token); None for white space, comments and control characters."""
    atom = _ATOM.match(text, position)
    if atom is not None:
        return atom.end(), _Token(_WORD, atom[0])
    character = text[position]
    if character == "(":
        return _comment_end(text, position), None
    if character == '"':
        end, word = _quoted(text, position + 1)
        return end, _Token(_WORD, word)
    return position + 1, _Token(character, character) if character in _SPECIALS else None


def _comment_end(text: str, position: int) -> int:
    depth = 0
    while position < len(text):
        character = text[position]
        position += 2 if character == "\\" else 1
        depth += (character == "(") - (character == ")")
        if not depth:
            return position
    return len(text)


def _quoted(text: str, position: int) -> tuple[int, str]:
    """(position after the quotes, what is between them); without the second ones all that follows."""
    out: list[str] = []
    while position < len(text):
        character = text[position]
        if character == '"':
            return position + 1, "".join(out)
        if character == "\\":
            position += 1
            character = text[position : position + 1]
        out.append(character)
        position += 1
    return len(text), "".join(out)
