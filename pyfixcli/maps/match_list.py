"""Match lists: domains, networks and users (postconf(5): mydestination, mynetworks, ...).

Patterns in order, the first match decides: a name, ``.domain`` or a domain with its
subdomains, ``!pattern``, ``/file`` with more patterns, ``type:table``, and for networks
``address/prefix`` and ``[ipv6]/prefix``.
"""

from __future__ import annotations

import ipaddress

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.registry import KINDS, open_table, split_names
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.lookup import Waiter

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class MatchList:
    """The patterns of one parameter. ``title`` is its name."""

    def __init__(self, config: Config, patterns: str, title: str, waiter: Waiter) -> None:
        self._config = config
        self._waiter = waiter
        self.title = title
        parents = config.parent_domain_matches_subdomains.replace(",", " ").split()
        self._parents = title in parents
        self._patterns = [_split(word) for word in _read(split_names(patterns), title)]
        self._tables: dict[str, Table] = {}
        self._networks: dict[str, Network | None] = {}

    def __bool__(self) -> bool:
        return bool(self._patterns)

    async def matches_domain(self, domain: str) -> bool:
        """Whether a domain is in the list; TableFailure when a table cannot answer."""
        folded = fold_key(domain)
        for wanted, pattern in self._patterns:
            if await self._is_domain(folded, pattern):
                return wanted
        return False

    async def _is_domain(self, domain: str, pattern: str) -> bool:
        if _is_table(pattern):
            return await self._has_domain(pattern, domain)
        pattern = fold_key(pattern)
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
        for wanted, pattern in self._patterns:
            if _is_table(pattern):
                found = await self._in_table(pattern, name)
            else:
                found = folded == fold_key(pattern)
            if found:
                return wanted
        return False

    async def matches_address(self, address: str) -> bool:
        """Whether an IP address is in the list (networks, addresses, tables)."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        for wanted, pattern in self._patterns:
            if _is_table(pattern) and not pattern.startswith("["):
                found = await self._in_table(pattern, address)
            else:
                network = self._network(pattern)
                found = network is not None and parsed in network
            if found:
                return wanted
        return False

    def _network(self, pattern: str) -> Network | None:
        if pattern not in self._networks:
            text = pattern.replace("[", "").replace("]", "")
            try:
                self._networks[pattern] = ipaddress.ip_network(text)
            except ValueError as error:
                raise ConfigError(f'bad net/mask pattern: "{pattern}"') from error
        return self._networks[pattern]

    async def _in_table(self, name: str, key: str) -> bool:
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = open_table(name, self._config)
        try:
            if table.immediate:
                return table.get(key) is not None
            return await self._waiter.lookup(table, key) is not None
        except TableFailure as error:
            raise TableFailure(f"{self.title}: {error}") from error


def _is_table(pattern: str) -> bool:
    kind, colon, _ = pattern.partition(":")
    return bool(colon) and (kind in KINDS or kind == "proxy" or kind.isalpha())


def _split(word: str) -> tuple[bool, str]:
    """(what a match means, pattern) with leading exclamation marks counted."""
    wanted = True
    while word.startswith("!"):
        wanted, word = not wanted, word[1:].strip()
    return wanted, word


def _read(words: list[str], title: str) -> list[str]:
    """The words with ``/file`` replaced by the patterns in the file."""
    out: list[str] = []
    for word in words:
        bare = word.lstrip("!")
        if not bare.startswith("/"):
            out.append(word)
            continue
        try:
            with open(bare, encoding="utf-8", errors="surrogateescape") as file:
                lines = [line for line in file if not line.lstrip().startswith("#")]
        except OSError as error:
            raise ConfigError(f"{title}: open file {bare}: {error.strerror}") from error
        marks = word[: len(word) - len(bare)]
        out += [marks + inner for inner in _read(split_names(" ".join(lines)), title)]
    return out
