"""transport_maps: per-recipient transport and next hop (transport(5)).

Diagnostics: a table that fails is asked for ``*``, too, and that it fails is said once in INTERVAL.
"""

from __future__ import annotations

import time

from pyfixcli.config.extensions import read_extensions
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import quote_address, split_address
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.lookup import MapList, Waiter
from pyfixcli.maps.table import TableFailure

WILDCARD = "*"
INTERVAL = 30.0  # seconds


class TransportMap:
    """Searches transport_maps in the order of transport(5)."""

    def __init__(self, config: Config, waiter: Waiter) -> None:
        self._maps = MapList(config, config.transport_maps, "transport_maps")
        self._waiter = waiter
        self._extensions = read_extensions(config)
        parents = config.parent_domain_matches_subdomains.replace(",", " ").split()
        self._parents_match = "transport_maps" in parents
        self._told = float("-inf")

    async def find(self, recipient: str) -> tuple[str, str] | None:
        """(transport or empty, next hop or empty), or None when nothing matches."""
        if not self._maps:
            return None
        for key, partial in self._keys(recipient):
            value = await self._get(key, partial)
            if value is not None:
                transport, _, nexthop = value.partition(":")
                return transport, nexthop
        return None

    async def _get(self, key: str, partial: bool) -> str | None:
        try:
            return await self._maps.find(key, self._waiter, partial=partial)
        except TableFailure as error:
            lines = complaints(str(error), key)
            if key != WILDCARD and time.monotonic() - self._told >= INTERVAL:
                self._told = time.monotonic()
                lines = [
                    *await self._wildcard_lines(),
                    *lines,
                    f"{self._maps.title} lookup failure",
                ]
            raise TableFailure("\n".join(lines)) from error

    async def _wildcard_lines(self) -> list[str]:
        """What is to be logged about the default entry."""
        try:
            await self._get(WILDCARD, True)
        except TableFailure as error:
            return str(error).split("\n")
        return []

    def _keys(self, recipient: str) -> list[tuple[str, bool]]:
        """(key, whether it is partial) from the most to the least specific."""
        local, domain = split_address(recipient)
        keys = [(form, False) for form in _forms(recipient)]
        user, extension = self._extensions.split(local)
        if extension:
            keys += [(form, True) for form in _forms(f"{user}@{domain}")]
        if domain:
            keys.append((domain, True))
            rest = domain
            while "." in rest[1:]:
                rest = rest.partition(".")[2]
                keys.append((rest if self._parents_match else "." + rest, True))
        keys.append((WILDCARD, True))
        return keys


def _forms(address: str) -> list[str]:
    """An address as it is written, and without the quotes that it needs there."""
    return list(dict.fromkeys((quote_address(address), address)))
