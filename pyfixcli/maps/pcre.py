"""pcre: tables: Perl-compatible regular expressions of libpcre2 (pcre_table(5)).

Patterns match octets, whatever smtputf8_enable says: ``.`` is one octet of a UTF-8 character.

Texts of strangers are matched within limits, so that no pattern takes long: beyond them a rule does not match, with a warning.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.pattern_guard import AnyOf, Part
from pyfixcli.maps.pattern_table import Expression, MatchFailed, PatternTable
from pyfixcli.maps.registry import UnsupportedTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LIBRARY = "libpcre2-8.so.0"
CASELESS, DOTALL, EXTENDED, MULTILINE = 0x8, 0x20, 0x80, 0x400
ANCHORED, DOLLAR_ENDONLY, UNGREEDY = 0x80000000, 0x10, 0x40000
NO_AUTO_CAPTURE = 0x2000
JIT_COMPLETE = 1
INFO_CAPTURECOUNT = 4
NO_MATCH = -1
UNSET = ctypes.c_size_t(-1).value

FLAGS = {
    "i": CASELESS,
    "m": MULTILINE,
    "s": DOTALL,
    "x": EXTENDED,
    "A": ANCHORED,
    "E": DOLLAR_ENDONLY,
    "U": UNGREEDY,
    "X": 0,
}
MATCH_LIMIT = 1_000_000  # steps
DEPTH_LIMIT = 100_000  # nested steps
HEAP_LIMIT = 20_000  # KiB

_Size, _Pointer, _Number = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_uint32
# function -> (what it returns, its arguments)
FUNCTIONS = {
    "compile": (
        _Pointer,
        (ctypes.c_char_p, _Size, _Number, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(_Size))
        + (_Pointer,),
    ),
    "code_free": (None, (_Pointer,)),
    "pattern_info": (ctypes.c_int, (_Pointer, _Number, _Pointer)),
    "jit_compile": (ctypes.c_int, (_Pointer, _Number)),
    "match": (
        ctypes.c_int,
        (_Pointer, ctypes.c_char_p, _Size, _Size, _Number, _Pointer, _Pointer),
    ),
    "match_data_create_from_pattern": (_Pointer, (_Pointer, _Pointer)),
    "match_data_free": (None, (_Pointer,)),
    "get_ovector_pointer": (ctypes.POINTER(_Size), (_Pointer,)),
    "get_error_message": (ctypes.c_int, (ctypes.c_int, ctypes.c_char_p, _Size)),
    "match_context_create": (_Pointer, (_Pointer,)),
    "set_match_limit": (ctypes.c_int, (_Pointer, _Number)),
    "set_depth_limit": (ctypes.c_int, (_Pointer, _Number)),
    "set_heap_limit": (ctypes.c_int, (_Pointer, _Number)),
}


class Library:
    """libpcre2-8, and the limits of every match; UnsupportedTable when it is not there."""

    def __init__(self) -> None:
        try:
            loaded = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise UnsupportedTable(f"unsupported dictionary type: pcre: {error}") from error
        self._functions: dict[str, Any] = {}
        for name, (result, arguments) in FUNCTIONS.items():
            function = self._functions[name] = getattr(loaded, f"pcre2_{name}_8")
            function.restype, function.argtypes = result, arguments
        self.limits = self.call("match_context_create", None)
        self.call("set_match_limit", self.limits, MATCH_LIMIT)
        self.call("set_depth_limit", self.limits, DEPTH_LIMIT)
        self.call("set_heap_limit", self.limits, HEAP_LIMIT)

    def function(self, name: str) -> Any:
        """A function by its name without prefix and suffix."""
        return self._functions[name]

    def call(self, name: str, *arguments: object) -> Any:
        """What a function gives."""
        return self._functions[name](*arguments)

    def message(self, code: int) -> str:
        """The library's text for an error."""
        text = ctypes.create_string_buffer(256)
        self.call("get_error_message", code, text, len(text))
        return text.value.decode("utf-8", "replace")


@cache
def library() -> Library:
    """Loaded when first needed."""
    return Library()


class PerlExpression:
    """A pcre2_code; it may be used by several threads at a time."""

    def __init__(self, pattern: str, options: int) -> None:
        self._library = library()
        self._match = self._library.function("match")
        self._code: int | None = None
        self._spare: list[int] = []  # match data that no thread uses now
        octets = pattern.encode("utf-8", "surrogateescape")
        problem, offset, groups = ctypes.c_int(), ctypes.c_size_t(), ctypes.c_uint32()
        self._code = self._library.call(
            "compile", octets, len(octets), options, problem, offset, None
        )
        if not self._code:
            text = self._library.message(problem.value)
            raise ConfigError(f"error in regex at offset {offset.value}: {text}")
        self._library.call("pattern_info", self._code, INFO_CAPTURECOUNT, ctypes.byref(groups))
        self.groups = groups.value

    def match(self, subject: bytes) -> list[bytes] | None:
        """As Expression.match."""
        found = self._make_match_data()
        try:
            if not self._is_match(subject, found):
                return None
            places = self._library.call("get_ovector_pointer", found)[: 2 * (self.groups + 1)]
        finally:
            self._library.call("match_data_free", found)
        pairs = zip(places[::2], places[1::2], strict=True)
        return [b"" if begin == UNSET else subject[begin:end] for begin, end in pairs]

    def speed_up(self) -> bool:
        """Make machine code of it, if the library can."""
        return bool(self._library.call("jit_compile", self._code, JIT_COMPLETE) == 0)

    def matches(self, subject: bytes) -> bool:
        """As match(), without groups; only after speed_up(), since what it keeps may be large otherwise."""
        try:
            found = self._spare.pop()
        except IndexError:
            found = self._make_match_data()
        try:
            return self._is_match(subject, found)
        finally:
            self._spare.append(found)

    def _make_match_data(self) -> int:
        found: int = self._library.call("match_data_create_from_pattern", self._code, None)
        return found

    def _is_match(self, subject: bytes, found: int) -> bool:
        status = self._match(self._code, subject, len(subject), 0, 0, found, self._library.limits)
        if status < 0 and status != NO_MATCH:
            raise MatchFailed(self._library.message(status))
        return bool(status != NO_MATCH)

    def __del__(self) -> None:
        for found in self._spare:
            self._library.call("match_data_free", found)
        if self._code:
            self._library.call("code_free", self._code)


class PerlAlternatives:
    """Several patterns as one, which is only asked whether it matches; in machine code where the library can make it."""

    def __init__(self, expression: PerlExpression) -> None:
        self._is_fast = expression.speed_up()
        self._expression = expression

    def may_match(self, subject: bytes) -> bool:
        """As AnyOf.may_match; beyond a limit each pattern has to be tried."""
        try:
            if self._is_fast:
                return self._expression.matches(subject)
            return self._expression.match(subject) is not None
        except MatchFailed:
            return True


# What means something else inside an alternative, or reaches beyond it: references, conditions, recursion, verbs, quotes,
# resets of the match, named groups, comments and the options for them.
_STANDS_ALONE = r"\\[0-9gkKQEGNXRCcoxpP]|\(\*|\(\?(?![:=!]|<[=!]|[ims]*(?:-[ims]*)?[:)])|#|\[\["


class PcreTable(PatternTable):
    """``pcre:/file`` or ``pcre:{ {rule}, ... }``."""

    type_name = "pcre"
    flags = frozenset(FLAGS)
    unclosed = "ignoring this rule"

    def _options(self, flags: str) -> int:
        options = CASELESS | DOTALL
        for flag in flags:
            options ^= FLAGS[flag]
        return options

    def _compile(self, pattern: str, flags: str) -> Expression:
        return PerlExpression(pattern, self._options(flags))

    def _part(self, pattern: str, flags: str) -> Part | None:
        import re  # only where tables are asked often

        if re.search(_STANDS_ALONE, pattern):
            return None
        return Part(pattern, self._options(flags))

    def _combine(self, patterns: Sequence[str], options: int) -> AnyOf | None:
        joined = "|".join(f"(?:{pattern})" for pattern in patterns)
        try:
            return PerlAlternatives(PerlExpression(joined, options | NO_AUTO_CAPTURE))
        except ConfigError:
            return None
