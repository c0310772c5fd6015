"""``$name`` and its conditional forms in parameter values (postconf(5)).

Forms: ``$name ${name} $(name)``, ``${name?text} ${name:text}``, ``${name?{a}:{b}}``,
``${{left} op {right}?{a}:{b}}`` with ``== != < <= > >=`` (and ``level`` after them to compare compatibility levels),
and ``$$`` for a dollar sign.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], str | None]

NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
LEVEL = "level"  # suffix of the operators that compare compatibility levels
OPERATORS = frozenset(("==", "!=", "<=", ">=", "<", ">"))
OPERATOR = "<>!="  # what an operator is made of
NO_OPERATOR = '"==" or "!="" or "<"" or "<="" or ">="" or ">" expected'
SPACE = " \t\r\n\v\f"
CLOSERS = {"{": "}", "(": ")"}
SHOWN = 20  # characters after the place of an error
MAJOR_ONLY = 3  # from this level on there are minor numbers
LARGEST = 1023  # of the second and third part of a level
LARGEST_MAJOR = 2**63 - 1


class ExpansionError(ConfigError):
    """A text has malformed ``$`` forms.

    ``warnings`` are the reference's words for each of them, ``partial`` is what it makes of the text all the same.
    """

    ending = "dictionary mail_dict: macro processing error"

    def __init__(self, warnings: list[str], partial: str = "") -> None:
        super().__init__(warnings[0])
        self.warnings = tuple(warnings)
        self.partial = partial


def expand(text: str, lookup: Lookup, lookup_unexpanded: Lookup | None = None) -> str:
    """``text`` with every form replaced.

    ``lookup`` gives the (already expanded) value of a name, or None when it has none; ``lookup_unexpanded`` is asked
    where it only matters whether a name has a value. Raises ExpansionError.
    """
    if "$" not in text:
        return text
    reading = _Reading(lookup, lookup_unexpanded or lookup)
    value = reading.text(text)
    if reading.warnings:
        raise ExpansionError(reading.warnings, value)
    return value


def find_names(text: str) -> tuple[list[str], list[str]]:
    """Each name that a text refers to, in all branches, as often as it does; and warnings about malformed forms."""
    if "$" not in text:
        return [], []
    names: list[str] = []
    reading = _Reading(names.append, names.append, takes_all=True)
    reading.text(text)
    return names, reading.warnings


class _Reading:
    """One text being read; after the first error forms stand for nothing.

    With ``takes_all`` both branches of a condition are read.
    """

    __slots__ = ("lookup", "lookup_unexpanded", "takes_all", "warnings")

    def __init__(self, lookup: Lookup, lookup_unexpanded: Lookup, takes_all: bool = False) -> None:
        self.lookup = lookup
        self.lookup_unexpanded = lookup_unexpanded
        self.takes_all = takes_all
        self.warnings: list[str] = []

    def text(self, text: str) -> str:
        """What a text stands for."""
        parts = []
        position = 0
        while True:
            dollar = text.find("$", position)
            if not self.warnings:
                parts.append(text[position:] if dollar < 0 else text[position:dollar])
            if dollar < 0:
                return "".join(parts)
            start = dollar + 1
            opener = text[start : start + 1]
            if opener == "$":
                parts.append("" if self.warnings else "$")
                position = start + 1
                continue
            if opener in CLOSERS:
                position = _after(text, start)
                if not position:
                    self.warnings.append(f'truncated macro reference: "{text}"')
                    return "".join(parts)
                inner = text[start + 1 : position - 1]
            else:
                position = _name_end(text, start)
                inner = text[start:position]
                if not inner:
                    self.warnings.append(f'empty macro name: "{text}"')
                    return "".join(parts)
            if self.warnings:  # only the form of the one after an error counts
                return "".join(parts)
            if inner:
                parts.append(self._form(inner))
            else:
                self.warnings.append(f'empty macro name: "{text}"')

    def _form(self, body: str) -> str:
        """The inside of ``${...}``."""
        start = _skip(body, 0)
        if body[start : start + 1] == "{":
            return self._relation(body, start)
        end = _name_end(body, start)
        following = _skip(body, end)
        if following < len(body) and body[following] not in "?:":
            return self._fail("attribute name syntax error", body[:end], body[end:])
        name = body[start:end]
        if following == len(body):
            return self.lookup(name) or ""
        return self._branches(bool(self.lookup_unexpanded(name)), body[following:])

    def _fail(self, what: str, before: str, after: str) -> str:
        """Note an error at a place; the form stands for nothing."""
        self.warnings.append(f'{what} at: "...{before}>>>{after[:SHOWN]}"')
        return ""

    def _braced(self, text: str, start: int) -> tuple[str, int]:
        """The inside of ``{...}`` at a place, and the place of what follows it; 0 after an error."""
        end = _after(text, start)
        if not end:
            self.warnings.append(f'unbalanced {{}} in attribute expression: "{text[start:]}"')
            return "", 0
        return text[start + 1 : end - 1], _skip(text, end)

    def _relation(self, body: str, start: int) -> str:
        """``{left} op {right}`` with its branches; without any it is ``true`` or nothing."""
        left, position = self._braced(body, start)
        if not position:
            return ""
        end = position + len(body[position:]) - len(body[position:].lstrip(OPERATOR))
        operator = body[position:end]
        if operator not in OPERATORS:
            return self._fail(NO_OPERATOR, f"{left}}}", body[position:])
        suffix_end = _name_end(body, end)
        suffix = body[end:suffix_end]
        if suffix not in ("", LEVEL):
            return self._fail("bad operator suffix", operator, suffix)
        position = _skip(body, suffix_end)
        if body[position : position + 1] != "{":
            before = f"{{{left}}} {operator}{suffix}"
            return self._fail('"{expression}" expected', before, body[suffix_end:])
        right, position = self._braced(body, position)
        if not position:
            return ""
        holds = self._compare(self.text(left), operator, self.text(right), bool(suffix))
        rest = body[position:]
        if not rest:
            return "true" if holds else ""
        if rest[0] not in "?:":
            return self._fail('"?" or ":" expected', "}", rest)
        return self._branches(holds, rest)

    def _compare(self, left: str, operator: str, right: str, levels: bool) -> bool:
        """Numbers compare as numbers, levels part by part, everything else as text."""
        if self.takes_all or self.warnings:
            return False
        if not levels:
            if left.isascii() and right.isascii() and left.isdigit() and right.isdigit():
                return _holds(int(left) - int(right), operator)
            return _holds((left > right) - (left < right), operator)
        try:
            mine, other = parse_level(left), parse_level(right)
        except ExpansionError as error:
            self.warnings += error.warnings
            return False
        return _holds((mine > other) - (mine < other), operator)

    def _branches(self, chosen: bool, rest: str) -> str:
        """The text for a condition that holds or not: ``?a``, ``:b``, ``?{a}:{b}``."""
        result = ""
        if rest[0] == "?":
            result, rest, inner = self._branch(chosen, rest)
            if rest and rest[0] != ":":
                self._fail('":" expected', inner, rest)
        if rest[:1] == ":":
            other, rest, inner = self._branch(not chosen, rest)
            result += other
            if rest:
                self._fail("unexpected input", inner, rest)
        return result

    def _branch(self, chosen: bool, rest: str) -> tuple[str, str, str]:
        """What ``?text`` or ``:text`` gives, what follows it, and the branch as it is written.

        Text that begins with a brace ends with it; all other goes on to the end, white space included.
        """
        start = _skip(rest, 1)
        inner, after = rest[1:], len(rest)
        if rest[start : start + 1] == "{":
            inner, after = self._braced(rest, start)
            if not after:
                return "", "", ""
        value = self.text(inner) if chosen or self.takes_all else ""
        return value, rest[after:], f"{inner}}}"


def _skip(text: str, start: int) -> int:
    """Where the next character is that is no white space."""
    while start < len(text) and text[start] in SPACE:
        start += 1
    return start


def _name_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in NAME:
        end += 1
    return end


def _after(text: str, start: int) -> int:
    """The place after the closer that matches the opener at ``start``; 0: there is none."""
    opener, closer = text[start], CLOSERS[text[start]]
    depth = 0
    for index in range(start, len(text)):
        if text[index] == opener:
            depth += 1
        elif text[index] == closer:
            depth -= 1
            if not depth:
                return index + 1
    return 0


def _holds(order: int, operator: str) -> bool:
    """Whether an operator allows an order (negative: the left side is less)."""
    if operator == "!=":
        return order != 0
    return (
        (order < 0 and "<" in operator)
        or (order > 0 and ">" in operator)
        or (order == 0 and "=" in operator)
    )


def parse_level(text: str) -> tuple[int, ...]:
    """A compatibility level, ``major.minor.patch`` with later parts optional. Raises ExpansionError."""
    parts = text.lstrip(SPACE).removeprefix("+").split(".")
    digits = all(part.isascii() and part.isdigit() for part in parts)
    numbers = [int(part) for part in parts] if digits else [-1]
    limits = (LARGEST_MAJOR, LARGEST, LARGEST)
    if len(numbers) > 3 or not all(0 <= n <= m for n, m in zip(numbers, limits, strict=False)):
        raise ExpansionError([f'malformed compatibility level syntax: "{text}"'])
    return tuple(numbers + [0] * (3 - len(numbers)))


def format_level(level: tuple[int, ...]) -> str:
    """A level in its shortest form: 0, 1 and 2 have no minor numbers."""
    major, minor, patch = level
    if major < MAJOR_ONLY and not minor and not patch:
        return str(major)
    return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"
