"""regexp: tables: POSIX regular expressions of the C library (regexp_table(5))."""

from __future__ import annotations

import ctypes
from functools import cache

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.pattern_table import Expression, PatternTable

REG_EXTENDED, REG_ICASE, REG_NEWLINE = 1, 2, 4
FLAGS = {"i": REG_ICASE, "m": REG_NEWLINE, "x": REG_EXTENDED}
REGEX_SIZE = 256  # more than sizeof(regex_t) of any C library in use


class _Match(ctypes.Structure):
    _fields_ = (("start", ctypes.c_int), ("end", ctypes.c_int))


_libc = ctypes.CDLL(None, use_errno=True)


class PosixExpression:
    """A regex_t; ``groups`` is how many parentheses it has."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._compiled = ctypes.create_string_buffer(REGEX_SIZE)
        self._is_compiled = False
        encoded = pattern.encode("utf-8", "surrogateescape")
        status = _libc.regcomp(self._compiled, encoded, flags)
        if status:
            message = ctypes.create_string_buffer(256)
            _libc.regerror(status, self._compiled, message, len(message))
            raise ConfigError(message.value.decode("utf-8", "replace"))
        self._is_compiled = True
        self.groups = ctypes.c_size_t.from_buffer(self._compiled, _groups_offset()).value

    def match(self, subject: bytes) -> list[bytes] | None:
        """As Expression.match; a NUL, which ends a text in C, counts as a question mark."""
        subject = subject.replace(b"\0", b"?")
        found = (_Match * (self.groups + 1))()
        if _libc.regexec(self._compiled, subject, self.groups + 1, found, 0):
            return None
        return [subject[m.start : m.end] if m.start >= 0 else b"" for m in found]

    def __del__(self) -> None:
        if self._is_compiled:
            _libc.regfree(self._compiled)


@cache
def _groups_offset() -> int:
    """Where re_nsub is in a regex_t, which differs between C libraries."""
    size = ctypes.sizeof(ctypes.c_size_t)
    places = set(range(0, REGEX_SIZE, size))
    for groups in (7, 5, 11):
        probe = ctypes.create_string_buffer(REGEX_SIZE)
        _libc.regcomp(probe, b"(a)" * groups, REG_EXTENDED)
        places = {p for p in places if ctypes.c_size_t.from_buffer(probe, p).value == groups}
        _libc.regfree(probe)
    return min(places)


class RegexpTable(PatternTable):
    """``regexp:/file`` or ``regexp:{ {rule}, ... }``."""

    type_name = "regexp"
    flags = frozenset(FLAGS)
    zero = "out-of-range"

    def _compile(self, pattern: str, flags: str) -> Expression:
        bits = REG_EXTENDED | REG_ICASE
        for flag in flags:
            bits ^= FLAGS[flag]
        return PosixExpression(pattern, bits)
