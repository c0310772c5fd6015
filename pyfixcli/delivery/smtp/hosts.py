"""Which servers a message goes to, in order (RFC 5321 section 5.1, smtp(8))."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import Outcome, bounced, deferred
from pyfixcli.delivery.smtp.nexthop import SMTP_PORT, Nexthop
from pyfixcli.delivery.smtp.peer import Endpoint, HostProblem, Network
from pyfixcli.delivery.smtp.settings import ClientSettings
from pyfixcli.mail.idna_domain import ascii_domain

Warn = Callable[[str], None]

FAMILIES = {"all": "46", "ipv4": "4", "ipv6": "6", "ipv4, ipv6": "46"}


@dataclass(frozen=True, slots=True)
class MyAddresses:
    """How to know oneself among mail exchangers: own names and the addresses that are listened on."""

    names: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Servers:
    """Servers for a next hop, best first; or why there are none.

    ``has_me``: this host is a mail exchanger itself, and those from itself on are left out, as mail would loop.
    """

    endpoints: tuple[Endpoint, ...] = ()
    problem: Outcome | None = None
    has_me: bool = False


class HostFinder:
    """Finds servers for one service of master.cf."""

    def __init__(
        self,
        config: Config,
        settings: ClientSettings,
        network: Network,
        me: MyAddresses,
        warn: Warn,
    ) -> None:
        self._config = config
        self._settings = settings
        self._network = network
        self._me = me
        self._warn = warn
        self._families = FAMILIES.get(config.inet_protocols.strip(), "4")

    async def find(self, nexthop: Nexthop) -> Servers:
        """The servers for a next hop."""
        if nexthop.is_local:
            return Servers((Endpoint(self._config.myhostname, nexthop.host, 0),))
        if not nexthop.host.isascii():
            host = ascii_domain(nexthop.host, self._config.enable_idna2003_compatibility)
            if host is None:
                return Servers(problem=_outcome(_not_found(nexthop.host)))
            nexthop = replace(nexthop, host=host)
        if nexthop.is_host or self._settings.dns_support_level == "disabled":
            return await self._host_servers(nexthop)
        exchanges = await self._network.mail_exchanges(nexthop.host)
        if isinstance(exchanges, str):
            if not self._config.ignore_mx_lookup_error:
                return Servers(problem=deferred("4.4.3", exchanges))
            exchanges = None
        if exchanges is None:
            return await self._host_servers(nexthop)
        if any(host in ("", ".") for _, host in exchanges):
            text = f"Domain {nexthop.host} does not accept mail (nullMX)"
            return Servers(problem=bounced("5.1.0", text))
        return await self._exchange_servers(nexthop, exchanges)

    async def _host_servers(self, nexthop: Nexthop) -> Servers:
        """A host's addresses, without MX records; it must not be this one."""
        found = await self._endpoints(nexthop.host, nexthop.port)
        if isinstance(found, HostProblem):
            return Servers(problem=_outcome(found))
        if self._is_me(nexthop, nexthop.host, found):
            return self._loop(nexthop)
        return Servers(tuple(self._limited(found)))

    async def _exchange_servers(
        self, nexthop: Nexthop, exchanges: tuple[tuple[int, str], ...]
    ) -> Servers:
        """Addresses of the mail exchangers; those as good as oneself, and worse ones, are left out."""
        found: list[tuple[int, Endpoint]] = []
        problem: HostProblem | None = None
        mine: int | None = None
        for preference, host in self._by_preference(exchanges):
            if mine is not None and preference > mine:
                break
            if _is_address(host):
                where = f"MX record for {nexthop.host}: {host}"
                self._warn(f"numeric domain name in resource data of {where}")
            here = await self._endpoints(host, nexthop.port)
            if isinstance(here, HostProblem):
                problem = here
            elif self._is_me(nexthop, host, here):
                mine = preference
            else:
                found += [(preference, endpoint) for endpoint in here]
        better = [endpoint for rank, endpoint in found if mine is None or rank < mine]
        if better:
            return Servers(tuple(self._limited(better)), has_me=mine is not None)
        if mine is not None:
            return self._loop(nexthop)
        self._warn(f"no MX host for {nexthop.host} has a valid address record")
        return Servers(problem=self._no_address(nexthop, problem))

    def _no_address(self, nexthop: Nexthop, problem: HostProblem | None) -> Outcome:
        problem = problem or HostProblem(f"no mail exchanger of {nexthop.host}", "4.4.3")
        if problem.is_permanent and self._settings.defer_if_no_mx_address_found:
            problem = HostProblem(problem.text, "4" + problem.dsn[1:])
        return _outcome(problem)

    def _loop(self, nexthop: Nexthop) -> Servers:
        text = f"mail for {nexthop.host} loops back to myself"
        return Servers(problem=bounced("5.4.6", text), has_me=True)

    def _is_me(self, nexthop: Nexthop, host: str, endpoints: list[Endpoint]) -> bool:
        """Whether mail would come back to this mail system: on other ports there are filters and the like."""
        if self._settings.is_lmtp or nexthop.port != SMTP_PORT:
            return False
        if host.lower() in self._me.names:
            return True
        return any(endpoint.address in self._me.addresses for endpoint in endpoints)

    def _by_preference(self, exchanges: tuple[tuple[int, str], ...]) -> list[tuple[int, str]]:
        shuffled = self._settings.randomize_addresses
        return sorted(exchanges, key=lambda one: (one[0], random.random() if shuffled else 0.0))

    async def _endpoints(self, host: str, port: int) -> list[Endpoint] | HostProblem:
        if _is_address(host):
            return [Endpoint(host, host, port)]
        found = await self._network.addresses(host, self._families)
        if isinstance(found, HostProblem):
            return found
        addresses = list(found)
        if self._settings.randomize_addresses:
            random.shuffle(addresses)
        preferred = {"ipv4": False, "ipv6": True}.get(self._settings.address_preference)
        if preferred is not None:
            addresses.sort(key=lambda address: (":" in address) is not preferred)
        return [Endpoint(host, address, port) for address in addresses]

    def _limited(self, endpoints: list[Endpoint]) -> list[Endpoint]:
        """The first smtp_mx_address_limit; both kinds of addresses among them if smtp_balance_inet_protocols."""
        limit = self._settings.mx_address_limit
        if not limit or len(endpoints) <= limit:
            return endpoints
        first = endpoints[:limit]
        if not self._settings.balance_inet_protocols or limit < 2:
            return first
        kinds = {":" in endpoint.address for endpoint in first}
        if len(kinds) == 2:
            return first
        missing = not kinds.pop()
        others = [e for e in endpoints[limit:] if (":" in e.address) is missing][: limit // 2]
        return first[: limit - len(others)] + others


def _not_found(host: str) -> HostProblem:
    """A name that DNS cannot have."""
    why = f"Host or domain name not found. Name service error for name={host} type=A"
    return HostProblem(f"{why}: Host not found", "5.4.4")


def _outcome(problem: HostProblem) -> Outcome:
    make = bounced if problem.is_permanent else deferred
    return make(problem.dsn, problem.text)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
