"""cidr: tables: network blocks (cidr_table(5))."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.pattern_source import control_word, read_rules
from pyfixcli.maps.source import SPACE
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

BITS = {AF_INET: 32, AF_INET6: 128}


class Rule:
    """Addresses whose bits under ``mask`` are ``network``, or the others of its ``family`` if it is ``negated``.

    ``end`` of an ``if`` is the place of the rule after its ``endif``; 0 for any other rule.
    """

    __slots__ = ("end", "family", "line", "mask", "negated", "network", "result")

    def __init__(self, pattern: str, result: str, line: int) -> None:
        bare = pattern.lstrip("!" + SPACE)
        self.negated = bool(pattern[: len(pattern) - len(bare)].count("!") % 2)
        self.family, self.network, self.mask = parse_block(_without_brackets(bare))
        self.result = result
        self.line = line
        self.end = 0

    def matches(self, family: int, address: int) -> bool:
        """Whether the rule is for this address."""
        return self.family == family and (address & self.mask == self.network) is not self.negated


class Run:
    """Rules beside each other: found by what an address has under each mask, so that few of them are looked at."""

    __slots__ = ("_families", "_negated", "_rules")

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._negated = [(place, rule) for place, rule in enumerate(rules) if rule.negated]
        places: dict[int, dict[int, dict[int, int]]] = {AF_INET: {}, AF_INET6: {}}
        for place, rule in enumerate(rules):
            if not rule.negated:
                networks = places[rule.family].setdefault(rule.mask, {})
                networks.setdefault(rule.network, place)
        # family -> (place of the first rule with this mask, mask, network -> place)
        self._families = {
            family: sorted(
                (min(networks.values()), mask, networks) for mask, networks in masks.items()
            )
            for family, masks in places.items()
        }

    def find(self, family: int, address: int) -> Rule | None:
        """The first rule for this address."""
        rules = self._rules
        best = len(rules)
        for first, mask, networks in self._families[family]:
            if first > best:
                break
            best = min(best, networks.get(address & mask, best))
        for place, rule in self._negated:
            if place > best:
                break
            if rule.matches(family, address):
                best = place
        return rules[best] if best < len(rules) else None


class Conditional:
    """``if`` ... ``endif``."""

    __slots__ = ("_rule", "_steps")

    def __init__(self, rule: Rule, steps: list[Step]) -> None:
        self._rule = rule
        self._steps = steps

    def find(self, family: int, address: int) -> Rule | None:
        """As Run.find."""
        return (
            find_first(self._steps, family, address)
            if self._rule.matches(family, address)
            else None
        )


Step = Run | Conditional


def find_first(steps: list[Step], family: int, address: int) -> Rule | None:
    """The rule of the first step that has one for this address."""
    for step in steps:
        rule = step.find(family, address)
        if rule is not None:
            return rule
    return None


def arrange(rules: list[Rule], begin: int, end: int) -> list[Step]:
    """The rules of a table, or of an ``if``, as steps."""
    steps: list[Step] = []
    run: list[Rule] = []
    place = begin
    while place < end:
        rule = rules[place]
        place += 1
        if not rule.end:
            run.append(rule)
            continue
        if run:
            steps.append(Run(run))
            run = []
        steps.append(Conditional(rule, arrange(rules, place, rule.end)))
        place = rule.end
    if run:
        steps.append(Run(run))
    return steps


class CidrTable(Table):
    """Rules in order; the first match answers. With ``files`` results name files."""

    fixed_keys = False
    reads_files = True

    def __init__(
        self, kind: str, name: str, config: Config, fold: bool, files: bool = False
    ) -> None:
        super().__init__(f"{kind}:{name}")
        self.warnings: list[str] = []
        self._path = name
        self._files = files
        rules = self._read()
        self._steps = arrange(rules, 0, len(rules))

    def _warn(self, line: int, text: str) -> None:
        self.warnings.append(f"cidr map {self._path}, line {line}: {text}")

    def _read(self) -> list[Rule]:
        rules: list[Rule] = []
        open_ifs: list[Rule] = []
        for line, text in read_rules("cidr", self._path, self.warnings):
            word, rest = control_word(text.strip(SPACE))
            try:
                if word == "endif":
                    _end(open_ifs, rest).end = len(rules)
                    continue
                rule = _parse_if(rest, line) if word else self._parse_rule(rest, line)
            except ConfigError as error:
                self._warn(line, f"{error}: skipping this rule")
                continue
            rules.append(rule)
            if word:
                open_ifs.append(rule)
        for rule in reversed(open_ifs):
            self._warn(rule.line, "IF has no matching ENDIF")
            rule.end = len(rules)
        return rules

    def _parse_rule(self, text: str, line: int) -> Rule:
        rule = _parse_rule(text, line)
        if self._files:
            from pyfixcli.maps.file_content import encode_files

            rule.result = encode_files(rule.result)
        return rule

    def get(self, key: str) -> str | None:
        rule = self._find(key)
        return None if rule is None else rule.result

    def line_of(self, key: str) -> int:
        """As Table.line_of."""
        rule = self._find(key)
        return 0 if rule is None else rule.line

    def _find(self, key: str) -> Rule | None:
        family = AF_INET6 if ":" in key else AF_INET
        address = _parse_address(family, key)
        if address is None:
            return None
        return find_first(self._steps, family, address)


def _end(open_ifs: list[Rule], rest: str) -> Rule:
    if not open_ifs:
        raise ConfigError("ENDIF without IF")
    if rest:
        raise ConfigError("garbage after ENDIF")
    return open_ifs.pop()


def _parse_if(pattern: str, line: int) -> Rule:
    if not pattern:
        raise ConfigError("no address pattern")
    return Rule(pattern, "", line)


def _parse_rule(text: str, line: int) -> Rule:
    marks = text[: len(text) - len(text.lstrip("!" + SPACE))]
    pattern, *result = text[len(marks) :].split(None, 1) or [""]
    rule = Rule(marks + pattern, result[0] if result else "", line)
    if not result:
        raise ConfigError("no lookup result")
    return rule


def parse_block(pattern: str) -> tuple[int, int, int]:
    """(address family, network, mask) of ``address`` or ``network/length``; ConfigError."""
    network, slash, length = pattern.partition("/")
    family = AF_INET6 if ":" in network else AF_INET
    bits = BITS[family]
    if slash and not (length.isascii() and length.isdigit()):
        raise ConfigError(f'bad mask value in "{pattern}"')
    address = _parse_address(family, network)
    if address is None:
        what = "bad network value in" if slash else "bad address pattern:"
        raise ConfigError(f'{what} "{pattern}"')
    if not slash:
        return family, address, (1 << bits) - 1
    if len(length) > 4 or int(length) > bits:
        raise ConfigError(f'bad mask length in "{pattern}"')
    mask = (1 << bits) - (1 << bits - int(length))
    if address & ~mask:
        better = inet_ntop(family, (address & mask).to_bytes(bits // 8, "big"))
        raise ConfigError(
            f'non-null host address bits in "{pattern}", '
            f'perhaps you should use "{better}/{length}" instead'
        )
    return family, address, mask


def _without_brackets(pattern: str) -> str:
    if not pattern.startswith("["):
        return pattern
    address, bracket, rest = pattern[1:].partition("]")
    if not bracket:
        raise ConfigError(f"missing ']' character after \"{pattern}\"")
    if rest and not rest.startswith("/"):
        raise ConfigError(f'garbage after "[{address}]"')
    return address + rest


def _parse_address(family: int, text: str) -> int | None:
    try:
        return int.from_bytes(inet_pton(family, text), "big")
    except (OSError, ValueError, UnicodeError):
        return None
