"""Address classes (ADDRESS_CLASS_README): which of our domains an address belongs to."""

from __future__ import annotations

import enum
from contextlib import suppress

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.lookup import Waiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure


class AddressClass(enum.Enum):
    """The class decides transport, and how unknown recipients are refused."""

    LOCAL = "local"
    VIRTUAL_ALIAS = "virtual alias"
    VIRTUAL_MAILBOX = "virtual mailbox"
    RELAY = "relay"
    DEFAULT = "default"


class Domains:
    """The domain lists of one view: mydestination, virtual_*_domains, relay_domains."""

    def __init__(self, config: Config, waiter: Waiter) -> None:
        self._own = MatchList(config, config.mydestination, "mydestination", waiter)
        self._aliases = MatchList(
            config, config.virtual_alias_domains, "virtual_alias_domains", waiter
        )
        self._mailboxes = MatchList(
            config, config.virtual_mailbox_domains, "virtual_mailbox_domains", waiter
        )
        self._relay = MatchList(config, config.relay_domains, "relay_domains", waiter)
        self._hosted = (
            (AddressClass.VIRTUAL_ALIAS, self._aliases),
            (AddressClass.VIRTUAL_MAILBOX, self._mailboxes),
            (AddressClass.RELAY, self._relay),
        )
        self._addresses = own_addresses(config)
        self._origin = config.myorigin.lower()

    async def is_local(self, domain: str) -> bool:
        """In mydestination, or ``[address]`` of one of our interfaces. TableFailure possible."""
        if domain.startswith("["):
            literal = domain[1:-1].lower()
            address = literal.removeprefix("ipv6:")
            has_tag = address != literal
            return has_tag == (":" in address) and address in self._addresses
        return await self._own.matches_domain(domain)

    async def is_own(self, domain: str) -> bool:
        """Whether users of a domain are also looked up without it: myorigin, or local. TableFailure possible."""
        return domain.lower() == self._origin or await self.is_local(domain)

    def state(self) -> object:
        """As Table.state, of what is_own depends on."""
        return self._own.state()

    async def classify(self, domain: str) -> AddressClass:
        """The class of a domain that is not local. TableFailure possible."""
        for kind, domains in self._hosted:
            try:
                if await domains.matches_domain(domain):
                    return kind
            except TableFailure as error:
                raise TableFailure(f"{error}\n{domains.title} lookup failure") from error
        return AddressClass.DEFAULT

    async def overlap(self, domain: str, kind: AddressClass) -> tuple[str, str] | None:
        """Two lists that have a domain of this class, though each domain has one class (ADDRESS_CLASS_README)."""
        lists = (self._own, self._aliases, self._mailboxes, self._relay)
        place = _PLACES.get(kind, len(lists))
        others = lists[1:3] if kind is AddressClass.LOCAL else lists[place + 1 :]
        for other in others:
            with suppress(TableFailure):  # what the class does not depend on
                if await other.matches_domain(domain):
                    return lists[place].title, other.title
        return None


_PLACES = {
    AddressClass.LOCAL: 0,
    AddressClass.VIRTUAL_ALIAS: 1,
    AddressClass.VIRTUAL_MAILBOX: 2,
}


def own_addresses(config: Config) -> frozenset[str]:
    """Addresses that inet_interfaces and proxy_interfaces name, as far as they are literal."""
    found = {"127.0.0.1", "::1"}
    for name in (config.inet_interfaces + " " + config.proxy_interfaces).replace(",", " ").split():
        found.add(name.strip("[]").lower())
    return frozenset(found)
