"""Which extensions a client is not offered (smtpd_discard_ehlo_keyword_address_maps, smtpd_discard_ehlo_keywords)."""

from __future__ import annotations

from typing import NamedTuple

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.lookup import MapList, Waiter
from pyfixcli.maps.table import TableFailure

MAPS = "smtpd_discard_ehlo_keyword_address_maps"


class Discarded(NamedTuple):
    """``words`` as the parameter or a table has them; ``trouble`` is what to log when the tables cannot tell."""

    words: str
    trouble: tuple[str, ...] = ()


class EhloDiscard:
    """The tables of one view."""

    def __init__(self, config: Config, waiter: Waiter) -> None:
        self._words = config.smtpd_discard_ehlo_keywords
        self._maps = MapList(config, config.smtpd_discard_ehlo_keyword_address_maps, MAPS)
        self._waiter = waiter

    async def find(self, address: str) -> Discarded:
        """For the client with this address; names are not looked up, since whoever has the address can set them."""
        if not self._maps:
            return Discarded(self._words)
        try:
            found = await self._maps.find(address, self._waiter)
        except TableFailure as error:
            return Discarded(self._words, tuple(complaints(str(error), address)))
        return Discarded(self._words if found is None else found)
