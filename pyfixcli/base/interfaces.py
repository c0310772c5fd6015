"""The addresses of this machine's network interfaces, and the networks that they are in."""

from __future__ import annotations

from _socket import getaddrinfo
from ipaddress import ip_address, ip_network

import psutil

from pyfixcli.base.errors import ConfigError

FAMILIES = frozenset(("AF_INET", "AF_INET6"))
STYLES = ("host", "subnet", "class")
LOOPBACK = frozenset(("127.0.0.1", "::1"))


def interface_addresses() -> frozenset[str]:
    """IPv4 and IPv6 addresses, without zone, as texts."""
    return frozenset(
        entry.address.partition("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family.name in FAMILIES
    )


def own_addresses(words: str) -> frozenset[str]:
    """What inet_interfaces and proxy_interfaces mean by addresses; names of hosts are left out."""
    found: frozenset[str] = frozenset()
    for word in words.replace(",", " ").split():
        if word == "all":
            found |= interface_addresses() | LOOPBACK
        elif word == "loopback-only":
            found |= LOOPBACK
        else:
            found |= {word.strip("[]")}
    return found


def trusted_networks(words: str, protocols: str, style: str) -> list[str]:
    """Networks of the interfaces that inet_interfaces (``words``) means, as mynetworks has them (IPv6 in brackets).

    ``style`` (mynetworks_style): ``host`` is the addresses alone, ``subnet`` the networks of the interfaces, ``class`` the
    class A, B or C networks for IPv4; ConfigError for any other. ``protocols`` is inet_protocols. Names of hosts are looked up.
    """
    if style not in STYLES:
        raise ConfigError(f'unknown mynetworks mask style value "{style}" in "{style}"')
    used = {address for word in own_addresses(words) for address in _addresses(word)}
    wanted = {family for family in FAMILIES if _is_spoken(family, protocols)}
    found = [
        _network(family, address, mask, style)
        for family, address, mask in _interfaces()
        if family in wanted and address in used
    ]
    return list(dict.fromkeys(found))


def _addresses(word: str) -> list[str]:
    """An address itself, or those that a name has on this machine."""
    try:
        return [str(ip_address(word))]
    except ValueError:
        pass
    try:
        return [str(found[4][0]) for found in getaddrinfo(word, None)]
    except OSError:
        return []


def _is_spoken(family: str, protocols: str) -> bool:
    names = protocols.replace(",", " ").split()
    return "all" in names or ("ipv6" if family == "AF_INET6" else "ipv4") in names


def _interfaces() -> list[tuple[str, str, str]]:
    """(family, address without zone, mask) of each, IPv4 first."""
    found = [
        (entry.family.name, entry.address.partition("%")[0], entry.netmask or "")
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family.name in FAMILIES
    ]
    return sorted(found, key=lambda interface: interface[0])


def _network(family: str, address: str, mask: str, style: str) -> str:
    if family == "AF_INET6":
        length = 128 if style == "host" or not mask else int(ip_address(mask)).bit_count()
        network = ip_network(f"{address}/{length}", strict=False)
        return f"[{network.network_address}]/{length}"
    if style == "class":
        mask = str(_class_length(int(address.partition(".")[0])))
    return str(ip_network(f"{address}/{mask if mask and style != 'host' else 32}", strict=False))


def _class_length(first: int) -> int:
    """The length of the class A, B or C (and above) network by the first octet of an address."""
    return 8 if first < 128 else 16 if first < 192 else 24
