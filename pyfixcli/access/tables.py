"""access(5) tables: the keys under which clients, host names and addresses are searched."""

from __future__ import annotations

from collections.abc import Iterator

from pyfixcli.config.extensions import read_extensions
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import quote_address, split_address
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lookup import Waiter, report_news
from pyfixcli.maps.table import Table, TableFailure
from pyfixcli.maps.unavailable import UnavailableTable, open_or_stand_in

Key = tuple[str, bool]  # the key, and whether only tables with fixed keys see it


class AccessTables:
    """Opens tables, at the latest when they are first needed, and searches them."""

    def __init__(self, config: Config, waiter: Waiter) -> None:
        self._config = config
        self._waiter = waiter
        self._open: dict[str, Table] = {}
        self._unsaid: dict[
            str, list[str]
        ] = {}  # what is to be said of tables that were not used yet
        self._extensions = read_extensions(config)
        self._null_key = config.smtpd_null_access_lookup_key
        parents = config.parent_domain_matches_subdomains.replace(",", " ").split()
        self._parents_match = "smtpd_access_maps" in parents

    def prepare(self, name: str) -> None:
        """Open a table already; what is to be said of it is said when it is used, and one that cannot be opened waits for that."""
        if name in self._open:
            return
        unsaid: list[str] = []

        def keep(text: str, is_error: bool) -> None:
            unsaid.append(text)

        table = open_or_stand_in(name, self._config, keep)
        if isinstance(table, UnavailableTable):
            return
        self._open[name] = table
        self._unsaid[name] = unsaid

    async def find(self, name: str, keys: Iterator[Key]) -> tuple[str, str] | None:
        """(key, value) of the first key that the table has; TableFailure."""
        table = self._open.get(name)
        if table is None:
            table = open_or_stand_in(name, self._config, self._waiter.report)
            self._open[name] = table
        elif name in self._unsaid:
            for text in self._unsaid.pop(name):
                self._waiter.report(text)
        for key, is_partial in keys:
            if is_partial and not table.fixed_keys:
                continue
            try:
                value = table.get(key) if table.immediate else await self._waiter.lookup(table, key)
            except TableFailure as error:
                raise TableFailure("\n".join(complaints(str(error), key))) from error
            if table.has_news:
                report_news(table, self._waiter)
            if self._waiter.observer is not None:
                self._waiter.observer.note_lookup("access", table, key, value)
            if value is not None:
                return key, value
        return None

    def domain_keys(self, domain: str) -> Iterator[Key]:
        """A host name, and its parent domains."""
        yield domain, False
        if domain.startswith("["):
            return
        rest = domain
        while "." in rest[1:]:
            rest = rest[1:].partition(".")[2]
            yield (rest if self._parents_match else "." + rest), True

    def address_keys(self, address: str) -> Iterator[Key]:
        """An IP address, and the networks that its parts name."""
        yield address, False
        separator = ":" if ":" in address else "."
        rest = address
        while separator in rest:
            rest = rest.rpartition(separator)[0].rstrip(":")
            yield rest, True

    def client_keys(self, name: str, address: str) -> Iterator[Key]:
        """A client's name with its parents, then its address with its networks."""
        yield from self.domain_keys(name)
        yield from self.address_keys(address)

    def mail_keys(self, address: str) -> Iterator[Key]:
        """``user+extension@domain``, ``user@domain``, the domain, ``user+extension@``, ``user@``."""
        if not address:
            yield self._null_key, False
            return
        external = quote_address(fold_key(address))  # for tables that leave keys as they are
        local, domain = split_address(external)
        user, extension = self._extensions.split(local)
        yield external, False
        if domain is None:
            domain = self._config.myorigin
        elif extension:
            yield f"{user}@{domain}", True
        for key, _ in self.domain_keys(domain):
            yield key, True
        if extension:
            yield f"{local}@", True
        yield f"{user}@", True
