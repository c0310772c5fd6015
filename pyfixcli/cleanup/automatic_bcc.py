"""sender_bcc_maps, recipient_bcc_maps and always_bcc: recipients that get a copy (postconf(5))."""

from __future__ import annotations

from pyfixcli.cleanup.mapping import NOT_ACCEPTED, NotMapped
from pyfixcli.maps.address_lookup import AddressLookup, LookupFailed


class BccMap:
    """The tables of one of the two parameters."""

    def __init__(self, lookup: AddressLookup) -> None:
        self._lookup = lookup

    def __bool__(self) -> bool:
        return bool(self._lookup)

    async def find(self, address: str) -> str | None:
        """Who gets a copy of mail from or to an address; one address, in internal form, not completed.

        Raises NotMapped when a table cannot answer.
        """
        try:
            found = await self._lookup.find(address)
        except LookupFailed as failed:
            line = f"{failed.title} map lookup problem -- {NOT_ACCEPTED}"
            raise NotMapped(line, about_tables=failed.warnings) from failed
        return found.value if found is not None and found.value else None
