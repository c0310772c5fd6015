"""The addresses of this machine's network interfaces."""

from __future__ import annotations

import psutil

FAMILIES = frozenset(("AF_INET", "AF_INET6"))
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
