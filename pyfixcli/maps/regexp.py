"""regexp: tables: POSIX regular expressions of the C library (regexp_table(5))."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from functools import cache
from typing import cast

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.pattern_guard import AnyOf, Part
from pyfixcli.maps.pattern_table import Expression, PatternTable, Rule, Split
from pyfixcli.maps.source import SPACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REG_EXTENDED, REG_ICASE, REG_NEWLINE, REG_NOSUB = 1, 2, 4, 8
FLAGS = {"i": REG_ICASE, "m": REG_NEWLINE, "x": REG_EXTENDED}
LC_CTYPE_MASK = 1
REGEX_SIZE = 256  # more than sizeof(regex_t) of any C library in use


class _Match(ctypes.Structure):
    _fields_ = (("start", ctypes.c_int), ("end", ctypes.c_int))


_libc = ctypes.CDLL(None, use_errno=True)


_libc.newlocale.restype = _libc.uselocale.restype = ctypes.c_void_p
_libc.newlocale.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_libc.uselocale.argtypes = (ctypes.c_void_p,)


@cache
def _c_locale() -> int | None:
    return cast("int | None", _libc.newlocale(LC_CTYPE_MASK, b"C", None))


@contextmanager
def _octets() -> Iterator[None]:
    """Patterns are about octets, whatever the locale of the process is: mail servers run in that of C."""
    before = _libc.uselocale(_c_locale())
    try:
        yield
    finally:
        _libc.uselocale(before)


class PosixExpression:
    """A regex_t; ``groups`` is how many parentheses it has."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._compiled = ctypes.create_string_buffer(REGEX_SIZE)
        self._is_compiled = False
        encoded = pattern.encode("utf-8", "surrogateescape")
        with _octets():
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

    def has_match(self, subject: bytes) -> bool:
        """Whether the pattern matches, as match() would find it."""
        text = subject.replace(b"\0", b"?") if b"\0" in subject else subject
        return bool(_libc.regexec(self._compiled, text, 0, None, 0) == 0)

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


class PosixAlternatives:
    """Several patterns as one regex_t, which is only asked whether it matches."""

    def __init__(self, expression: PosixExpression) -> None:
        self._expression = expression

    def may_match(self, subject: bytes) -> bool:
        """As AnyOf.may_match."""
        return self._expression.has_match(subject)


class Except:
    """What one pattern matches and another one does not; both may be negated."""

    __slots__ = ("_exception", "_first", "groups")

    def __init__(
        self, first: tuple[Expression, bool], exception: tuple[PosixExpression, bool]
    ) -> None:
        self._first, self._exception = first, exception
        self.groups = first[0].groups

    def match(self, subject: bytes) -> list[bytes] | None:
        """As Expression.match, with the groups of the first pattern."""
        expression, negated = self._first
        groups = expression.match(subject)
        if (groups is not None) is negated:
            return None
        exception, is_kept = self._exception
        return (groups or []) if exception.has_match(subject) is is_kept else None


def has_back_reference(pattern: str) -> bool:
    """Whether a pattern has ``\\1`` or the like (also where it only seems so)."""
    return any(f"\\{digit}" in pattern for digit in range(10))


def is_balanced(pattern: str) -> bool:
    """Whether each parenthesis outside of brackets has its other half."""
    depth = position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 1
        elif character == "[":
            position = _end_of_brackets(pattern, position)
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth < 0:
                return False
        position += 1
    return not depth


def _end_of_brackets(pattern: str, begin: int) -> int:
    """The place of the bracket that ends ``[...]``; the end of the pattern when there is none."""
    position = begin + 1
    position += pattern.startswith("^", position)
    position += pattern.startswith("]", position)
    while position < len(pattern) and pattern[position] != "]":
        if pattern.startswith(("[:", "[.", "[="), position):
            closed = pattern.find(pattern[position + 1] + "]", position + 2)
            position = closed + 1 if closed >= 0 else position
        position += 1
    return position


class RegexpTable(PatternTable):
    """``regexp:/file`` or ``regexp:{ {rule}, ... }``."""

    type_name = "regexp"
    flags = frozenset(FLAGS)
    zero = "out-of-range"
    ends_flags = frozenset(SPACE + "!")

    def _bits(self, flags: str) -> int:
        bits = REG_EXTENDED | REG_ICASE
        for flag in flags:
            bits ^= FLAGS[flag]
        return bits

    def _compile(self, pattern: str, flags: str) -> Expression:
        return PosixExpression(pattern, self._bits(flags))

    def _split_exception(self, text: str) -> tuple[Split | None, str]:
        """Of ``/pattern/!/exception/ result``, which regexp_table(5) does not tell."""
        if not text.startswith("!"):
            return None, text
        exception = self._split(text[1:])
        return exception, exception.rest

    def _make_exception(self, rule: Rule, exception: Split) -> Rule:
        other = PosixExpression(exception.pattern, self._bits(exception.flags))
        rule.expression = Except((rule.expression, rule.negated), (other, exception.negated))
        rule.negated = False
        rule.source = None
        return rule

    def _part(self, pattern: str, flags: str) -> Part | None:
        bits = self._bits(flags)
        if (
            not bits & REG_EXTENDED
            or not pattern
            or has_back_reference(pattern)
            or not is_balanced(pattern)
        ):
            return None
        return Part(pattern, bits)

    def _combine(self, patterns: Sequence[str], options: int) -> AnyOf | None:
        joined = "|".join(f"({pattern})" for pattern in patterns)
        try:
            groups = sum(PosixExpression(pattern, options).groups + 1 for pattern in patterns)
            if PosixExpression(joined, options).groups != groups:
                return None  # a parenthesis without its other half
            return PosixAlternatives(PosixExpression(joined, options | REG_NOSUB))
        except ConfigError:
            return None
