"""Which servers a message goes to, in order (RFC 5321 section 5.1, smtp(8))."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable
from dataclasses import dataclass

from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import Outcome, bounced, deferred
from pyfixcli.delivery.smtp.nexthop import Nexthop
from pyfixcli.delivery.smtp.peer import Endpoint, HostProblem, Network

Warn = Callable[[str], None]

FAMILIES = {"all": "46", "ipv4": "4", "ipv6": "6", "ipv4, ipv6": "46"}


@dataclass(frozen=True, slots=True)
class MyAddresses:
    """How to know oneself among mail exchangers: own names and the addresses that are listened on."""

    names: frozenset[str]
    addresses: frozenset[str]


async def find_endpoints(
    nexthop: Nexthop, config: Config, network: Network, me: MyAddresses, warn: Warn
) -> list[Endpoint] | Outcome:
    """Servers for a next hop, best first; or why there are none."""
    if nexthop.is_host or config.smtp_dns_support_level == "disabled":
        found = await _host_endpoints(nexthop.host, nexthop.port, config, network)
        return _no_address(found) if isinstance(found, HostProblem) else found
    exchanges = await network.mail_exchanges(nexthop.host)
    if isinstance(exchanges, str):
        if not config.ignore_mx_lookup_error:
            return deferred("4.4.3", exchanges)
        exchanges = None
    if exchanges is None:
        found = await _host_endpoints(nexthop.host, nexthop.port, config, network)
        return _no_address(found) if isinstance(found, HostProblem) else found
    if any(host in ("", ".") for _, host in exchanges):
        text = f"Domain {nexthop.host} does not accept mail (nullMX)"
        return bounced("5.1.0", text)
    return await _exchange_endpoints(nexthop, exchanges, config, network, me, warn)


def _no_address(problem: HostProblem) -> Outcome:
    if problem.is_permanent:
        return bounced("5.4.4", problem.text)
    return deferred("4.4.3", problem.text)


async def _exchange_endpoints(
    nexthop: Nexthop,
    exchanges: tuple[tuple[int, str], ...],
    config: Config,
    network: Network,
    me: MyAddresses,
    warn: Warn,
) -> list[Endpoint] | Outcome:
    """Addresses of the mail exchangers; those from oneself on are left out, as they would loop."""
    found: list[Endpoint] = []
    problem: HostProblem | None = None
    for _, host in _by_preference(exchanges, config.smtp_randomize_addresses):
        if _is_address(host):
            warn(f"numeric domain name in resource data of MX record for {nexthop.host}: {host}")
        here = await _host_endpoints(host, nexthop.port, config, network)
        if isinstance(here, HostProblem):
            problem = here
            continue
        if host.lower() in me.names or any(e.address in me.addresses for e in here):
            if not found:
                return bounced("5.4.6", f"mail for {nexthop.host} loops back to myself")
            break
        found += here
        if config.smtp_mx_address_limit and len(found) >= config.smtp_mx_address_limit:
            return found[: config.smtp_mx_address_limit]
    if found:
        return found
    warn(f"no MX host for {nexthop.host} has a valid address record")
    return _no_address(problem or HostProblem(f"no mail exchanger of {nexthop.host}", False))


def _by_preference(exchanges: tuple[tuple[int, str], ...], shuffle: bool) -> list[tuple[int, str]]:
    return sorted(exchanges, key=lambda one: (one[0], random.random() if shuffle else 0.0))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _host_endpoints(
    host: str, port: int, config: Config, network: Network
) -> list[Endpoint] | HostProblem:
    if _is_address(host):
        return [Endpoint(host, host, port)]
    families = FAMILIES.get(config.inet_protocols.strip(), "4")
    found = await network.addresses(host, families)
    if isinstance(found, HostProblem):
        return found
    addresses = list(found)
    if config.smtp_randomize_addresses:
        random.shuffle(addresses)
    preferred = {"ipv4": False, "ipv6": True}.get(config.smtp_address_preference)
    if preferred is not None:
        addresses.sort(key=lambda address: (":" in address) is not preferred)
    return [Endpoint(host, address, port) for address in addresses]
