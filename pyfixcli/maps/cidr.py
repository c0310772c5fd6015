"""cidr: tables: network blocks (cidr_table(5))."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.pattern_source import SPACE, control_word, read_rules
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
        self.family, self.network, self.mask = _parse_block(bare)
        self.result = result
        self.line = line
        self.end = 0

    def matches(self, family: int, address: int) -> bool:
        """Whether the rule is for this address."""
        return self.family == family and (address & self.mask == self.network) is not self.negated


class CidrTable(Table):
    """Rules in order; the first match answers."""

    fixed_keys = False

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self.warnings: list[str] = []
        self._path = name
        self._rules = self._read()

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
                rule = _parse_if(rest, line) if word else _parse_rule(rest, line)
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

    def get(self, key: str) -> str | None:
        family = AF_INET6 if ":" in key else AF_INET
        address = _parse_address(family, key)
        if address is None:
            return None
        place, rules = 0, self._rules
        while place < len(rules):
            rule = rules[place]
            place += 1
            if rule.matches(family, address):
                if not rule.end:
                    return rule.result
            elif rule.end:
                place = rule.end
        return None


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


def _parse_block(pattern: str) -> tuple[int, int, int]:
    """(address family, network, mask) of ``address``, ``network/length`` and the like in brackets."""
    bare = _without_brackets(pattern)
    network, slash, length = bare.partition("/")
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
