"""virtual_alias_maps: the recipients that a recipient stands for (virtual(5))."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.cleanup.mapping import NOT_ACCEPTED, NotMapped, find_mapping
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import quote_address
from pyfixcli.maps.address_lookup import AddressLookup
from pyfixcli.maps.address_rewrite import result_addresses
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.observer import Observer

TITLE = "virtual_alias_maps"
EXPANSION_ERROR = "4.6.0"
SHOWN = 100  # characters of an address that is too long


class VirtualAlias:
    """The tables, and the limits on what they may give."""

    def __init__(
        self,
        config: Config,
        lookup: AddressLookup,
        complete: Callable[[str], str],
        propagates: bool,
        observer: Observer | None = None,
    ) -> None:
        self._lookup = lookup
        self._complete = complete
        self._propagates = propagates
        self._observer = observer
        self._most = config.virtual_alias_expansion_limit
        self._deepest = config.virtual_alias_recursion_limit
        self._longest = config.virtual_alias_address_length_limit

    def __bool__(self) -> bool:
        return bool(self._lookup)

    async def expand(self, recipient: str) -> list[str]:
        """What a recipient stands for, all in internal form; itself when the tables do not have it.

        Expansion goes on until no result is in the tables, or one gives itself. Raises NotMapped when a table
        cannot answer, and beyond the virtual_alias_*_limit parameters.
        """
        addresses = [recipient]
        place = 0
        while place < len(addresses):
            if len(addresses) > self._most:
                raise self._unreasonable("map expansion size for", recipient)
            await self._follow(addresses, place, recipient)
            place += 1
        return addresses

    async def _follow(self, addresses: list[str], place: int, recipient: str) -> None:
        """Replace an address by what it stands for; further ones go to the end of the list."""
        for _ in range(self._deepest):
            current = addresses[place]
            results = await self._once(current)
            if not results:
                return
            if self._observer is not None:
                self._observer.note_step(TITLE, current, results)
            addresses[place] = results[0]
            addresses += results[1:]
            if any(fold_key(result) == fold_key(current) for result in results):
                return
        raise self._unreasonable("map nesting for", recipient)

    async def _once(self, address: str) -> list[str]:
        found = await find_mapping(self._lookup, address)
        if found is None:
            return []
        results = result_addresses(found, address, self._complete, self._propagates)
        for result in results:
            if len(result) > self._longest:
                raise self._unreasonable("result", f"{result[:SHOWN]}...")
        return results

    def _unreasonable(self, what: str, address: str) -> NotMapped:
        shown = address if address.endswith("...") else quote_address(address)
        return NotMapped(f"unreasonable {TITLE} {what} {shown} -- {NOT_ACCEPTED}", EXPANSION_ERROR)
