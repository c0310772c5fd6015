"""canonical_maps and its sender and recipient forms: one address for another (canonical(5))."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.cleanup.mapping import NOT_ACCEPTED, Warn, find_mapping
from pyfixcli.mail.address import quote_address
from pyfixcli.maps.address_lookup import AddressLookup
from pyfixcli.maps.address_rewrite import result_addresses
from pyfixcli.maps.folding import fold_key

MAX_DEPTH = 10


class CanonicalMap:
    """The tables of one of the parameters. ``complete`` adds a domain where there is none."""

    def __init__(
        self, lookup: AddressLookup, complete: Callable[[str], str], propagates: bool
    ) -> None:
        self._lookup = lookup
        self._complete = complete
        self._propagates = propagates
        self.title = lookup.title

    def state(self) -> object:
        """As Stage.state."""
        return self._lookup.state()

    async def apply(self, address: str, warn: Warn) -> str:
        """The address (internal form) that stands for this one; itself when the tables go round.

        Raises NotMapped when a table cannot answer.
        """
        current = address
        for _ in range(MAX_DEPTH):
            new = await self._once(current, warn)
            if new is None or fold_key(new) == fold_key(current):
                return current if new is None else new
            current = new
        shown = quote_address(address)
        warn(f"unreasonable {self.title} map nesting for {shown} -- {NOT_ACCEPTED}")
        return address

    async def _once(self, address: str, warn: Warn) -> str | None:
        found = await find_mapping(self._lookup, address)
        if found is None:
            return None
        addresses = result_addresses(found, address, self._complete, self._propagates)
        if len(addresses) > 1:
            warn(f"multi-valued {self.title} entry for {quote_address(address)}")
        return addresses[0] if addresses else None
