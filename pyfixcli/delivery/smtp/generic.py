"""smtp_generic_maps, lmtp_generic_maps: addresses that mean something here only, as the world sees them (generic(5)).

Each address of the envelope and of the message's own header is looked up once. What the results of the delivery are about are the
addresses in the queue.

Diagnostics: a warning for a result that is no address, or more than one.
"""

from __future__ import annotations

import msgspec

from pyfixcli.delivery.agent import AgentContext
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.address_header import parse_address_header
from pyfixcli.mail.delivery import DeliveryRequest, RequestRecipient
from pyfixcli.mail.header import ADDRESSES, split_header
from pyfixcli.mail.tok822 import Address, address_tokens, internal_form
from pyfixcli.maps.address_lookup import AddressLookup, LookupFailed
from pyfixcli.maps.address_rewrite import result_addresses
from pyfixcli.rewrite.address_class import Domains
from pyfixcli.rewrite.rewrite import LOCAL, Rewriter


class GenericFailure(Exception):
    """A table cannot answer, or gives no address: the message cannot go out now. Logged already."""


class GenericMap:
    """The tables of one service. ``prefix`` is smtp or lmtp. True when there are any."""

    def __init__(self, context: AgentContext, prefix: str) -> None:
        self._context = context
        config = context.config
        domains = Domains(config, context.waiter)
        name = f"{prefix}_generic_maps"
        self._lookup = AddressLookup.of(config, name, domains.is_own, context.waiter)
        self._rewriter = Rewriter(config)
        words = config.propagate_unmatched_extensions.replace(",", " ").split()
        self._propagates = "generic" in words

    def __bool__(self) -> bool:
        return bool(self._lookup)

    async def map_address(self, address: str) -> str:
        """The address (internal form) that goes out in place of this one. Raises GenericFailure."""
        if not address:
            return address
        title = self._lookup.title
        try:
            found = await self._lookup.find(address)
        except LookupFailed as failed:
            raise self._failure(address, failed.warnings) from failed
        if found is None:
            return address
        results = result_addresses(found, address, self._complete, self._propagates)
        if not results:
            text = f'{title} lookup of {address} returns non-address result "{found.value}"'
            raise self._failure(address, [text])
        if len(results) > 1:
            self._warn(f"multi-valued {title} result for {address}")
        return results[0]

    async def map_envelope(
        self, request: DeliveryRequest, recipients: list[RequestRecipient]
    ) -> tuple[DeliveryRequest, list[RequestRecipient]]:
        """A request and recipients with the addresses that go out. Raises GenericFailure."""
        sender = await self.map_address(request.sender)
        mapped = [
            msgspec.structs.replace(r, address=await self.map_address(r.address))
            for r in recipients
        ]
        return msgspec.structs.replace(request, sender=sender), mapped

    async def map_header(self, text: bytes) -> bytes:
        """A header of the message itself. Raises GenericFailure."""
        found = split_header(text)
        if found is None or found[0].lower() not in ADDRESSES:
            return text
        return await parse_address_header(text, *found).replace(self._map_tokens)

    async def _map_tokens(self, tokens: Address) -> Address | None:
        address = internal_form(tokens)
        mapped = await self.map_address(address)
        return None if mapped == address else address_tokens(mapped)

    def _complete(self, address: str) -> str:
        return self._rewriter.rewrite(address, LOCAL)

    def _failure(self, address: str, warnings: list[str]) -> GenericFailure:
        shown = quote_address(address)
        for text in (*warnings, f"{self._lookup.title} map lookup problem for {shown}"):
            self._warn(text)
        return GenericFailure(address)

    def _warn(self, text: str) -> None:
        self._context.log.warning(self._context.service, text)
