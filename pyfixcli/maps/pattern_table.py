"""What regexp: and pcre: tables have in common (regexp_table(5), pcre_table(5)).

Rules in order: ``/pattern/flags result``, ``!/pattern/flags result``, and ``if`` and ``endif`` around others. A rule that is
wrong is skipped, with a warning.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.pattern_guard import AnyOf, Guard, GuardMaker, Part
from pyfixcli.maps.pattern_source import control_word, read_rules
from pyfixcli.maps.replacement import Replacement, parse_replacement
from pyfixcli.maps.source import SPACE
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyfixcli.config.snapshot import Config

KEPT_WARNINGS = 20
UNGUARDED = 3  # lookups until the rules are guarded: a command has only one
NEGATED = "$number found in negative match replacement text: skipping this rule"
REFUSED = "regular expression substitution is not allowed: skipping this rule"


class MatchFailed(Exception):
    """Whether the expression matches could not be found out."""


class Expression(Protocol):
    """A compiled pattern with so many ``groups``."""

    groups: int

    def match(self, subject: bytes) -> list[bytes] | None:
        """What the pattern and its groups matched (empty: nothing), or None; MatchFailed."""
        ...


class Split(NamedTuple):
    """A rule in pieces; ``rest`` is what comes after the flags."""

    negated: bool
    pattern: str
    flags: str
    rest: str


class Rule:
    """A pattern with its result, or an ``if``: then ``end`` is the place of the rule after its ``endif``.

    ``source`` is the pattern with its flags, or None if there is more to it; ``part`` what a guard takes of it, or None.
    """

    __slots__ = ("end", "expression", "is_refused", "line", "negated", "part", "result", "source")

    def __init__(
        self,
        expression: Expression,
        negated: bool,
        result: Replacement | None,
        line: int,
        source: tuple[str, str],
    ) -> None:
        self.expression = expression
        self.source: tuple[str, str] | None = source
        self.part: Part | None = None
        self.negated = negated
        self.result = result
        self.line = line
        self.end = 0
        self.is_refused = False


class PatternTable(Table):
    """The first rule that matches answers. With ``files`` results name files."""

    fixed_keys = False
    reads_files = True
    type_name = ""
    flags: frozenset[str] = frozenset()
    unclosed = "skipping this rule"  # what becomes of a pattern without an end
    zero = "out of range"  # what $0 is
    ends_flags = frozenset(SPACE)

    def __init__(
        self, kind: str, name: str, config: Config, fold: bool, files: bool = False
    ) -> None:
        super().__init__(f"{kind}:{name}")
        self.warnings: list[str] = []
        self._config = config
        self._path = name
        self._files = files
        self._trouble: deque[str] = deque(maxlen=KEPT_WARNINGS)
        self._rules: list[Rule] = []
        self._read()
        self._guards: dict[int, Guard] = {}
        self._until_guarded = UNGUARDED

    def _make_guards(self) -> None:
        """Guard the rules, once it is worth it."""
        self._until_guarded -= 1
        if self._until_guarded:
            return
        for rule in self._rules:
            if rule.source is not None:
                rule.part = self._part(*rule.source)
        self._guards = GuardMaker(self._rules, self._combine).run()

    def _combine(self, patterns: Sequence[str], options: int) -> AnyOf | None:
        """Patterns as alternatives of one expression; None when they cannot be."""
        return None

    def _part(self, pattern: str, flags: str) -> Part | None:
        """A pattern as a part of a guard; None when it must stand alone."""
        return None

    def _compile(self, pattern: str, flags: str) -> Expression:
        """A compiled pattern; ConfigError with the library's words."""
        raise NotImplementedError

    def _place(self, line: int, text: str) -> str:
        return f"{self.type_name} map {self._path}, line {line}: {text}"

    def _warn(self, line: int, text: str) -> None:
        self.warnings.append(self._place(line, text))

    # -- reading -------------------------------------------------------------------------

    def _read(self) -> None:
        open_ifs: list[Rule] = []
        for line, text in read_rules(self.type_name, self._path, self.warnings):
            word, rest = control_word(text.strip(SPACE))
            if word == "endif":
                self._end(open_ifs, rest, line)
                continue
            if not word and rest[:1].isalnum():
                self._warn(line, "ignoring unrecognized request")
                continue
            try:
                rule = self._parse_if(rest, line) if word else self._parse_rule(rest, line)
            except ConfigError as error:
                self._warn(line, str(error))
                continue
            self._rules.append(rule)
            if word:
                open_ifs.append(rule)
        for rule in reversed(open_ifs):
            self._warn(rule.line, "IF has no matching ENDIF")
            rule.end = len(self._rules)

    def _end(self, open_ifs: list[Rule], rest: str, line: int) -> None:
        if not open_ifs:
            self._warn(line, "ignoring ENDIF without matching IF")
            return
        if rest:
            self._warn(line, "ignoring extra text after ENDIF")
        open_ifs.pop().end = len(self._rules)

    def _parse_if(self, text: str, line: int) -> Rule:
        negated, pattern, flags, rest = self._split(text)
        rest = rest.strip(SPACE)
        if rest:
            self._warn(line, f'ignoring extra text after IF statement: "{rest}"')
            self._warn(line, "do not prepend whitespace to statements between IF and ENDIF")
        expression = self._compile(pattern, flags)
        return Rule(expression, negated, None, line, (pattern, flags))

    def _parse_rule(self, text: str, line: int) -> Rule:
        negated, pattern, flags, rest = self._split(text)
        exception, rest = self._split_exception(rest)
        result = self._parse_result(rest.strip(SPACE), line)
        if negated and result.highest:
            raise ConfigError(NEGATED)
        expression = self._compile(pattern, flags)
        if result.highest > expression.groups:
            text = f'out of range replacement index "{result.highest}": skipping this rule'
            raise ConfigError(text)
        rule = Rule(expression, negated, result, line, (pattern, flags))
        return rule if exception is None else self._make_exception(rule, exception)

    def _parse_result(self, text: str, line: int) -> Replacement:
        if not text:
            self._warn(line, "no replacement text: using empty string")
        if self._files:
            from pyfixcli.maps.file_content import encode_files

            try:
                text = encode_files(text)
            except ConfigError as error:
                raise ConfigError(f"{error}: skipping this rule") from error
        return parse_replacement(
            text, lambda problem: self._warn(line, problem), self.warnings.append, self.zero
        )

    def _split_exception(self, text: str) -> tuple[Split | None, str]:
        """What is excepted from a rule, and what follows; only regexp: tables have it."""
        return None, text

    def _make_exception(self, rule: Rule, exception: Split) -> Rule:
        """A rule that is not for what the exception matches."""
        raise NotImplementedError

    def _split(self, text: str) -> Split:
        """The pieces of a rule; ConfigError."""
        bare = text.lstrip("!" + SPACE)
        negated = bool(text[: len(text) - len(bare)].count("!") % 2)
        if not bare:
            raise ConfigError("no regexp: skipping this rule")
        delimiter, end = bare[0], 1
        while end < len(bare) and bare[end] != delimiter:
            end += 2 if bare[end] == "\\" else 1
        if end >= len(bare):
            raise ConfigError(f'no closing regexp delimiter "{delimiter}": {self.unclosed}')
        tail = bare[end + 1 :]
        length = next((n for n, c in enumerate(tail) if c in self.ends_flags), len(tail))
        flags = tail[:length]
        for flag in flags:
            if flag not in self.flags:
                raise ConfigError(f'unknown regexp option "{flag}": skipping this rule')
        return Split(negated, bare[1:end], flags, tail[length:])

    def refuse_substitution(self) -> None:
        """As Table.refuse_substitution; each such rule gets a warning."""
        for rule in self._rules:
            if rule.result is not None and rule.result.highest and not rule.is_refused:
                self._warn(rule.line, REFUSED)
                rule.is_refused = True

    # -- asking --------------------------------------------------------------------------

    def get(self, key: str) -> str | None:
        found = self._find(key.encode("utf-8", "surrogateescape"))
        return None if found is None else found[0].fill(found[1])

    def line_of(self, key: str) -> int:
        """As Table.line_of."""
        found = self._find(key.encode("utf-8", "surrogateescape"))
        return 0 if found is None else found[2]

    def _find(self, subject: bytes) -> tuple[Replacement, list[bytes], int] | None:
        """The result of the first rule that matches, what its groups matched, and its line."""
        if self._until_guarded:
            self._make_guards()
        place, rules, guards = 0, self._rules, self._guards
        while place < len(rules):
            guard = guards.get(place)
            if guard is not None and not guard.any_of.may_match(subject):
                place = guard.end
                continue
            rule = rules[place]
            place += 1
            groups = self._match(rule, subject)
            if groups is None:
                place = rule.end if rule.result is None else place
            elif rule.result is not None and not rule.is_refused:
                return rule.result, groups, rule.line
        return None

    def _match(self, rule: Rule, subject: bytes) -> list[bytes] | None:
        """The groups of a rule that applies."""
        try:
            groups = rule.expression.match(subject)
        except MatchFailed as error:
            self._trouble.append(self._place(rule.line, str(error)))
            self.has_news = True
            return None
        if rule.negated:
            return [] if groups is None else None
        return groups

    def take_warnings(self) -> list[str]:
        """As Table.take_warnings."""
        taken = []
        while self._trouble:
            taken.append(self._trouble.popleft())
        return taken
