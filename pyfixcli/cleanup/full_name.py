"""A sender's full name as a From: header has it (postconf(5): header_from_format)."""

from __future__ import annotations

_ATOM_SPECIALS = frozenset('()<>@,;:\\".[]')


def quote_phrase(name: str) -> str:
    """A full name before ``<address>`` (RFC 5322 phrase): quoted when it has specials.

    Else only the words that have control characters are.
    """
    if _ATOM_SPECIALS.isdisjoint(name):
        return " ".join(f'"{word}"' if _has_control(word) else word for word in name.split())
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _has_control(word: str) -> bool:
    return any(character < " " or character == "\x7f" for character in word)


def quote_comment(name: str) -> str:
    """A full name as a comment."""
    for special in "\\()":
        name = name.replace(special, "\\" + special)
    return name
