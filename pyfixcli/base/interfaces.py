"""The addresses of this machine's network interfaces."""

from __future__ import annotations

import psutil

LOOPBACK = frozenset(("127.0.0.1", "::1"))


def interface_addresses() -> frozenset[str]:
    """Every IPv4 and IPv6 address, without the zone of link-local ones."""
    addresses = (a.address for found in psutil.net_if_addrs().values() for a in found)
    return frozenset(a.partition("%")[0] for a in addresses if "." in a or a.count(":") > 1)


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
