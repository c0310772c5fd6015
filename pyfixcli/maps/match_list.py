"""Match lists: domains, networks and users (postconf(5): mydestination, mynetworks, ...).

Patterns in order, the first match decides: a name, ``.domain`` or a domain with its
subdomains, ``!pattern``, ``/file`` with more patterns, ``type:table``, and for networks
``address/prefix`` and ``[ipv6]/prefix``.

Diagnostics: a failure of a table, a file that cannot be read or a network that is none is a TableFailure; its lines are
to be logged as they are.
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_pton
from io import StringIO
from typing import NamedTuple

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.cidr import parse_block
from pyfixcli.maps.complaints import list_failure
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lookup import joint_state, report_news
from pyfixcli.maps.registry import split_names
from pyfixcli.maps.table import Table, TableFailure
from pyfixcli.maps.unavailable import UnavailableTable, open_or_stand_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.lookup import Waiter

UNREADABLE = "non-existent"  # the type of the table that stands for a file


class Pattern(NamedTuple):
    """What a match means, the text in lower case, and for ``type:table`` its name as it was given."""

    wanted: bool
    text: str
    table: str


class MatchList:
    """The patterns of one parameter. ``title`` is its name."""

    def __init__(self, config: Config, patterns: str, title: str, waiter: Waiter) -> None:
        self._config = config
        self._waiter = waiter
        self.title = title
        parents = config.parent_domain_matches_subdomains.replace(",", " ").split()
        self._parents = title in parents
        self._tables: dict[str, Table] = {}
        self._networks: dict[str, tuple[int, int, int]] = {}
        self._words = split_names(patterns)
        self._known: tuple[Pattern, ...] | None = None

    def __bool__(self) -> bool:
        return bool(self._words)

    # -- reading -------------------------------------------------------------------------

    @property
    def _patterns(self) -> tuple[Pattern, ...]:
        """The patterns, read when they are first asked for."""
        if self._known is None:
            self._known = tuple(self._read(self._words, True))
        return self._known

    def _read(self, words: list[str], sense: bool) -> Iterator[Pattern]:
        """Patterns in order, those of ``/file`` in its place; ``sense``: what a match there means."""
        for word in words:
            bare, wanted = word.partition("\0")[0], sense
            while bare.startswith("!"):
                bare, wanted = bare[1:].strip(), not wanted
            if bare.startswith("/"):
                yield from self._read_file(bare, wanted)
            elif _is_table(bare):
                yield Pattern(wanted, "", bare)
            else:
                yield Pattern(wanted, fold_key(bare), "")

    def _read_file(self, path: str, sense: bool) -> Iterator[Pattern]:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                lines = [line for line in file if not line.lstrip().startswith("#")]
        except OSError as error:
            yield Pattern(sense, "", self._stand_in(path, error))
            return
        yield from self._read(self._without_remarks("".join(lines)), sense)

    def _stand_in(self, path: str, error: OSError) -> str:
        """The name of a table that fails in place of a file."""
        reason = f"open file {path}: {error.strerror}"
        self._waiter.report(reason, True)

        def reopen() -> Table:
            raise ConfigError(reason)

        name = f"{UNREADABLE}:{path}"
        self._tables[name] = UnavailableTable(name, reason, reopen)
        return name

    def _without_remarks(self, text: str) -> list[str]:
        """The words of a file; a remark after others is no pattern."""
        words: list[str] = []
        for line in _whole_lines(text):
            found = split_names(line)
            remark = next((n for n, word in enumerate(found) if word.startswith("#")), len(found))
            if remark < len(found):
                shown = line[line.index("#") :].replace("\n", "?")
                self._waiter.report(
                    f"{self.title}: comment at end of line is not supported: {shown}"
                )
            words += found[:remark]
        return words

    def state(self) -> object:
        """As Table.state, of all tables; None also before each of them was asked."""
        names = {pattern.table for pattern in self._patterns if pattern.table}
        return joint_state(self._tables.values()) if names <= self._tables.keys() else None

    # -- asking --------------------------------------------------------------------------

    async def matches_domain(self, domain: str) -> bool:
        """Whether a domain is in the list; TableFailure when a table cannot answer."""
        folded = fold_key(domain)
        if not folded:
            return False
        for wanted, text, table in self._patterns:
            found = (
                await self._has_domain(table, folded) if table else self._is_domain(folded, text)
            )
            if found:
                self._note(text)
                return wanted
        return False

    def _is_domain(self, domain: str, pattern: str) -> bool:
        if domain == pattern:
            return True
        if self._parents:
            return domain.endswith("." + pattern)
        return pattern.startswith(".") and domain.endswith(pattern)

    async def _has_domain(self, table: str, domain: str) -> bool:
        """Whether a table has a domain, or a parent of it."""
        key = domain
        while not await self._in_table(table, key):
            _, dot, rest = key.removeprefix(".").partition(".")
            if not dot or domain.startswith("["):
                return False
            key = rest if self._parents else "." + rest
        return True

    async def matches_name(self, name: str) -> bool:
        """Whether a plain name (a login name) is in the list, in whatever case."""
        folded = fold_key(name)
        for wanted, text, table in self._patterns:
            if await self._in_table(table, name) if table else folded == text:
                self._note(text)
                return wanted
        return False

    async def matches_client(self, name: str, address: str) -> bool:
        """Whether a client with this IP address and host name (empty: not known) is in the list; a name matches as a domain does."""
        family, number = _parse(address)
        domain = fold_key(name)
        for wanted, text, table in self._patterns:
            if table:
                found = bool(domain) and await self._has_domain(table, domain)
                found = found or await self._in_table(table, address)
            else:
                found = bool(domain) and self._is_domain(domain, text)
                found = found or text == address or self._is_within(text, family, number)
            if found:
                self._note(text)
                return wanted
        return False

    def _note(self, text: str) -> None:
        """Tell an observer which word matched; what a table had it was told before."""
        if text and self._waiter.observer is not None:
            self._waiter.observer.note_setting(self.title, text)

    def _is_within(self, pattern: str, family: int, number: int) -> bool:
        """Whether an address is in the network that a pattern gives."""
        bare = pattern
        if pattern.startswith("["):
            bare = pattern[1:].replace("]", "", 1)
        _, slash, length = bare.partition("/")
        is_six = ":" in bare
        if not family or is_six is not (family == AF_INET6):
            return False
        if not is_six and bare is pattern and not (slash and length.isdecimal()):
            return False  # a name, or an address that differs
        block = self._networks.get(pattern)
        if block is None:
            try:
                block = self._networks[pattern] = parse_block(bare)
            except ConfigError as error:
                raise TableFailure(f"{self.title}: {error}") from error
        return block[0] == family and number & block[2] == block[1]

    async def _in_table(self, name: str, key: str) -> bool:
        table = self._tables.get(name)
        if table is None:
            table = open_or_stand_in(name, self._config, self._waiter.report)
            self._tables[name] = table
        try:
            value = table.get(key) if table.immediate else await self._waiter.lookup(table, key)
        except TableFailure as error:
            raise TableFailure(list_failure(self.title, str(error))) from error
        if table.has_news:
            report_news(table, self._waiter)
        if self._waiter.observer is not None:
            self._waiter.observer.note_lookup(self.title, table, key, value)
        return value is not None


def _is_table(pattern: str) -> bool:
    return ":" in pattern and not pattern.startswith("[")


def _parse(address: str) -> tuple[int, int]:
    """(family, number) of an IP address; (0, 0) for what is none."""
    family = AF_INET6 if ":" in address else AF_INET
    try:
        return family, int.from_bytes(inet_pton(family, address), "big")
    except (OSError, ValueError, UnicodeError):
        return 0, 0


def _whole_lines(text: str) -> Iterator[str]:
    """Lines of a text; one with an open brace goes on to where it is closed."""
    held = ""
    for line in StringIO(text):  # which cuts at line feeds only
        held += line
        if held.count("{") <= held.count("}"):
            yield held
            held = ""
    if held:
        yield held
