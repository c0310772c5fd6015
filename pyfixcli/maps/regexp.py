"""regexp: tables: POSIX extended regular expressions of the C library (regexp_table(5))."""

from __future__ import annotations

import ctypes

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.lines import logical_lines
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

REG_EXTENDED, REG_ICASE, REG_NEWLINE, REG_NOSUB = 1, 2, 4, 8
MAX_GROUPS = 100
REGEX_SIZE = 256  # more than sizeof(regex_t) of any C library in use
SPACE = " \t\r\n\v\f"


class _Match(ctypes.Structure):
    _fields_ = (("start", ctypes.c_int), ("end", ctypes.c_int))


_libc = ctypes.CDLL(None, use_errno=True)


class Pattern:
    """A compiled expression; ``negated`` rules match when it does not."""

    def __init__(self, text: str, flags: int, negated: bool) -> None:
        self._compiled = ctypes.create_string_buffer(REGEX_SIZE)
        encoded = text.encode("utf-8", "surrogateescape")
        status = _libc.regcomp(self._compiled, encoded, flags)
        if status:
            message = ctypes.create_string_buffer(256)
            _libc.regerror(status, self._compiled, message, 256)
            raise ConfigError(message.value.decode("utf-8", "replace"))
        self.negated = negated

    def groups(self, subject: bytes) -> list[bytes] | None:
        """The parts that the parentheses matched (0: all of it), or None."""
        found = (_Match * MAX_GROUPS)()
        status = _libc.regexec(self._compiled, subject, MAX_GROUPS, found, 0)
        if self.negated:
            return [] if status else None
        if status:
            return None
        return [subject[m.start : m.end] if m.start >= 0 else b"" for m in found]


class Rule:
    """A line of the table: a pattern with its result, or the begin or end of an ``if``."""

    __slots__ = ("kind", "line", "pattern", "result")

    def __init__(self, kind: str, pattern: Pattern | None, result: str, line: int) -> None:
        self.kind = kind  # "match", "if", "endif"
        self.pattern = pattern
        self.result = result
        self.line = line


class RegexpTable(Table):
    """Rules in order; the first match answers."""

    fixed_keys = False

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self.warnings: list[str] = []
        self._path = name
        self._rules = self._read(name)

    def refuse_substitution(self) -> None:
        """As Table.refuse_substitution; each such rule gets a warning."""
        kept = []
        for rule in self._rules:
            if has_reference(rule.result):
                text = "regular expression substitution is not allowed: skipping this rule"
                self._warn(self._path, rule.line, text)
            else:
                kept.append(rule)
        self._rules = kept

    def _read(self, name: str) -> list[Rule]:
        rules: list[Rule] = []
        depth = 0
        for line, text in _source_lines(name):
            rule = self._parse(name, line, text, depth)
            if rule is None:
                continue
            depth += (rule.kind == "if") - (rule.kind == "endif")
            rules.append(rule)
        open_ifs = [rule.line for rule in rules if rule.kind == "if"]
        for line in reversed(open_ifs[len(open_ifs) - depth :] if depth else []):
            self._warn(name, line, "IF has no matching ENDIF")
        return rules

    def _warn(self, name: str, line: int, text: str) -> None:
        self.warnings.append(f"regexp map {name}, line {line}: {text}")

    def _parse(self, name: str, line: int, text: str, depth: int) -> Rule | None:
        bare = text.strip(SPACE)
        word = bare.split(None, 1)[0].lower()
        if word == "endif":
            if not depth:
                self._warn(name, line, "ignoring ENDIF without matching IF")
                return None
            if bare[5:].strip(SPACE):
                self._warn(name, line, f'ignoring extra text after "ENDIF": "{bare[5:].strip()}"')
            return Rule("endif", None, "", line)
        kind = "match"
        if word == "if" or (word.startswith("if") and len(word) > 2 and not word[2].isalnum()):
            kind, bare = "if", bare[2:].lstrip(SPACE)
        try:
            pattern, rest = _compile(bare)
        except ConfigError as error:
            self._warn(name, line, f"{error}: skipping this rule")
            return None
        if kind == "match" and not rest:
            self._warn(name, line, "using empty replacement string")
        return Rule(kind, pattern, rest, line)

    def get(self, key: str) -> str | None:
        subject = key.encode("utf-8", "surrogateescape").replace(b"\0", b"?")
        skipping = depth = 0
        for rule in self._rules:
            if rule.kind == "endif":
                depth -= 1
                skipping = 0 if skipping > depth else skipping
                continue
            if rule.kind == "if":
                depth += 1
                if not skipping and rule.pattern and rule.pattern.groups(subject) is None:
                    skipping = depth
                continue
            if skipping or rule.pattern is None:
                continue
            groups = rule.pattern.groups(subject)
            if groups is not None:
                return substitute(rule.result, groups)
        return None


def _source_lines(name: str) -> list[tuple[int, str]]:
    """(last line number, text) of a file, or of ``{ {rule}, {rule} }`` in the parameter."""
    from pyfixcli.maps.registry import split_names

    if name.startswith("{"):
        rules = split_names(name.strip()[1:-1])
        return [(number, rule.strip()[1:-1].strip()) for number, rule in enumerate(rules, 1)]
    try:
        with open(name, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            return [(last, text) for _, last, text in logical_lines(file)]
    except OSError as error:
        raise ConfigError(f"open {name}: {error.strerror}") from error


def _compile(text: str) -> tuple[Pattern, str]:
    """The pattern at the start of a rule, and the text after it."""
    negated = False
    while text.startswith("!"):
        negated, text = not negated, text[1:].lstrip(SPACE)
    if not text or text[0].isalnum() or text[0] == "\\":
        raise ConfigError("no regexp: " + ("invalid regular expression delimiter" if text else ""))
    delimiter = text[0]
    end = 1
    while end < len(text) and text[end] != delimiter:
        end += 2 if text[end] == "\\" and end + 1 < len(text) else 1
    if end >= len(text):
        raise ConfigError(f'no closing regexp delimiter "{delimiter}"')
    expression, rest = text[1:end], text[end + 1 :]
    flags, rest = _flags(rest)
    return Pattern(expression, flags, negated), rest.strip(SPACE)


def _flags(rest: str) -> tuple[int, str]:
    flags = REG_EXTENDED | REG_ICASE
    toggles = {"i": REG_ICASE, "m": REG_NEWLINE, "x": REG_EXTENDED}
    while rest and rest[0] not in SPACE:
        if rest[0] not in toggles:
            raise ConfigError(f'unknown regexp option "{rest[0]}"')
        flags ^= toggles[rest[0]]
        rest = rest[1:]
    return flags, rest


def substitute(result: str, groups: list[bytes]) -> str:
    """``$1 ${1} $(1)`` replaced by what the parentheses matched; ``$$`` is a dollar."""
    if "$" not in result:
        return result
    out, position = [], 0
    while position < len(result):
        character = result[position]
        if character != "$" or position + 1 >= len(result):
            out.append(character)
            position += 1
            continue
        if result[position + 1] == "$":
            out.append("$")
            position += 2
            continue
        number, position = _reference(result, position + 1)
        if number < len(groups):
            out.append(groups[number].decode("utf-8", "surrogateescape"))
    return "".join(out)


def has_reference(result: str) -> bool:
    """Whether a result has ``$1``, ``${1}`` or ``$(1)``."""
    bare = result.replace("$$", "")
    return any(
        _reference(bare, position + 1)[0] < MAX_GROUPS
        for position, character in enumerate(bare[:-1])
        if character == "$"
    )


def _reference(text: str, position: int) -> tuple[int, int]:
    closer = {"{": "}", "(": ")"}.get(text[position], "")
    start = position + (1 if closer else 0)
    end = start
    while end < len(text) and text[end].isdigit():
        end += 1
    number = int(text[start:end]) if end > start else MAX_GROUPS
    return number, end + (1 if closer else 0)
