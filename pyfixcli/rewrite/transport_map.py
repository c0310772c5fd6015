"""transport_maps: per-recipient transport and next hop (transport(5))."""

from __future__ import annotations

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import split_address, split_extension
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.lookup import MapList, Waiter
from pyfixcli.maps.table import TableFailure


class TransportMap:
    """Searches transport_maps in the order of transport(5)."""

    def __init__(self, config: Config, waiter: Waiter) -> None:
        self._maps = MapList(config, config.transport_maps, "transport_maps")
        self._waiter = waiter
        self._delimiters = config.recipient_delimiter
        parents = config.parent_domain_matches_subdomains.replace(",", " ").split()
        self._parents_match = "transport_maps" in parents

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
            raise TableFailure("\n".join(complaints(str(error), key))) from error

    def _keys(self, recipient: str) -> list[tuple[str, bool]]:
        """(key, whether it is partial) from the most to the least specific."""
        local, domain = split_address(recipient)
        keys = [(recipient, False)]
        user, extension = split_extension(local, self._delimiters)
        if extension:
            keys.append((f"{user}@{domain}", True))
        if domain:
            keys.append((domain, True))
            rest = domain
            while "." in rest[1:]:
                rest = rest.partition(".")[2]
                keys.append((rest if self._parents_match else "." + rest, True))
        keys.append(("*", True))
        return keys
