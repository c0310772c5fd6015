"""Characters that a message may not have, and those that are taken out of it (message_reject_characters,
message_strip_characters): octets, with the escapes of C."""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11}


def parse_characters(value: str) -> bytes:
    """The octets that a parameter names; an escape that is none stands for its letter."""
    return _ESCAPE.sub(_unescape, value.encode("utf-8", "surrogateescape"))


def _unescape(match: re.Match[bytes]) -> bytes:
    word = match[1]
    if word.isdigit() and word[:1] < b"8":
        return bytes((int(word, 8) & 0xFF,))
    return bytes((_NAMED[word],)) if word in _NAMED else word


def compile_rejected(value: str) -> re.Pattern[bytes] | None:
    """What finds the first of the characters; None when there are none."""
    characters = parse_characters(value)
    return re.compile(b"[" + re.escape(characters) + b"]") if characters else None


def find_rejected(pattern: re.Pattern[bytes], data: bytes) -> bytes | None:
    """The line with the first of the characters, up to a NUL, or None."""
    found = pattern.search(data)
    if found is None:
        return None
    start = data.rfind(b"\n", 0, found.start()) + 1
    return data[start:].partition(b"\n")[0].partition(b"\0")[0]
