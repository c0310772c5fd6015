"""masquerade_domains: hosts within a domain are hidden behind it (ADDRESS_REWRITING_README)."""

from __future__ import annotations

from pyfixcli.cleanup.mapping import NOT_ACCEPTED, NotMapped, Warn
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import split_address
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lookup import Waiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure

EXCEPTIONS = "masquerade_exceptions"


class Masquerade:
    """masquerade_domains with masquerade_exceptions."""

    title = "masquerade_domains"

    def __init__(self, config: Config, waiter: Waiter) -> None:
        words = config.masquerade_domains.replace(",", " ").split()
        self._domains = [(word.lstrip("!"), word.startswith("!")) for word in words]
        self._exceptions = MatchList(config, config.masquerade_exceptions, EXCEPTIONS, waiter)

    def __bool__(self) -> bool:
        return bool(self._domains)

    def state(self) -> object:
        """As Stage.state."""
        return self._exceptions.state()

    async def apply(self, address: str, warn: Warn) -> str:
        """The address (internal form) as the world sees it. Raises NotMapped when a table cannot answer."""
        local, domain = split_address(address)
        if domain is None or await self._is_exception(local):
            return address
        folded = fold_key(domain)
        for parent, is_shown in self._domains:
            name = fold_key(parent)
            if folded == name:
                return address
            if folded.endswith("." + name):
                return address if is_shown else f"{local}@{parent}"
        return address

    async def _is_exception(self, user: str) -> bool:
        try:
            return await self._exceptions.matches_name(user)
        except TableFailure as error:
            line = f"{EXCEPTIONS} map lookup problem -- {NOT_ACCEPTED}"
            raise NotMapped(line, about_tables=str(error).split("\n")) from error
