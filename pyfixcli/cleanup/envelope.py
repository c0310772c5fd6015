"""The envelope after cleanup: mapped addresses, aliases expanded, copies added, without duplicates."""

from __future__ import annotations

import msgspec

from pyfixcli.cleanup.address_stages import AddressStages
from pyfixcli.cleanup.automatic_bcc import BccMap
from pyfixcli.cleanup.mapping import AddressKind, Warn, is_propagated
from pyfixcli.cleanup.octets import OctetNeeds
from pyfixcli.cleanup.virtual_alias import VirtualAlias
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.recipient import DONE, NOTIFY_NEVER, NOTIFY_SUCCESS, Recipient
from pyfixcli.maps.address_lookup import AddressLookup
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lookup import Waiter
from pyfixcli.rewrite.address_class import Domains
from pyfixcli.rewrite.recipient_order import by_domain


class EnvelopeRules:
    """What happens to the addresses of an envelope, in one view of the configuration."""

    def __init__(
        self, config: Config, addresses: AddressStages, domains: Domains, waiter: Waiter
    ) -> None:
        def lookup(name: str) -> AddressLookup:
            return AddressLookup.of(config, name, domains.is_own, waiter)

        self.addresses = addresses
        self.virtual = VirtualAlias(
            config,
            lookup("virtual_alias_maps"),
            addresses.complete,
            is_propagated(config, "virtual"),
            waiter.observer,
        )
        self.sender_bcc = BccMap(lookup("sender_bcc_maps"))
        self.recipient_bcc = BccMap(lookup("recipient_bcc_maps"))
        self.always_bcc = config.always_bcc
        self.empty_address_recipient = config.empty_address_recipient
        self.keeps_original = config.enable_original_recipient
        self.duplicate_limit = config.duplicate_filter_limit


class RecipientList:
    """Collects the recipients of one message; the same address, asked for in the same way, is taken once.

    ``latest`` is the last recipient that was given, before its aliases; ``expanded`` are those whose sender is
    told that they are aliases (RFC 3461 section 5.2.7).
    """

    def __init__(self, rules: EnvelopeRules, warn: Warn, origin: Origin, needs: OctetNeeds) -> None:
        self._rules = rules
        self._needs = needs
        self._warn = warn
        self._is_copied = origin.copied
        self._is_from_client = bool(origin.protocol) or origin.link is not None
        self._seen: set[tuple[str, ...]] = set()
        self.recipients: list[Recipient] = []
        self.expanded: list[Recipient] = []
        self.latest = ""

    async def add(self, recipient: Recipient) -> None:
        """A recipient as it was given, and who gets a copy of its mail; somebody stands for the null address.

        Raises NotMapped.
        """
        given = recipient.address or self._rules.empty_address_recipient
        address = await self._map(given)
        self.latest = address
        original = recipient.original or recipient.address
        self._needs.note_address(address)
        orcpt = recipient.orcpt
        if self._is_from_client and not orcpt:
            orcpt = f"rfc822;{given}" if given != address else ""
        elif not orcpt and self._needs.has_utf8 and not address.isascii():
            orcpt = f"utf-8;{address}"
        await self._expand(address, original, recipient.notify, orcpt)
        if self._is_copied and self._rules.recipient_bcc and address:
            await self._add_copy(await self._rules.recipient_bcc.find(address))

    async def add_copies_for(self, sender: str) -> None:
        """Who gets a copy because of the sender, and of all mail. Raises NotMapped."""
        if not self._is_copied:
            return
        rules = self._rules
        if rules.sender_bcc and sender:
            await self._add_copy(await rules.sender_bcc.find(sender))
        await self._add_copy(rules.always_bcc)

    async def add_blind_copy(self, address: str) -> None:
        """A recipient that nobody is told of (the BCC action). Raises NotMapped."""
        await self._add_copy(address)

    async def _add_copy(self, given: str | None) -> None:
        if given:
            address = await self._map(given)
            self._needs.note_address(address)
            kind = "utf-8" if self._needs.has_utf8 and not address.isascii() else "rfc822"
            await self._expand(address, address, NOTIFY_NEVER, f"{kind};{quote_address(address)}")

    async def _map(self, given: str) -> str:
        addresses = self._rules.addresses
        return await addresses.map(
            addresses.complete(given), AddressKind.ENVELOPE_RECIPIENT, self._warn
        )

    async def _expand(self, address: str, original: str, notify: int, orcpt: str) -> None:
        """Take what a recipient stands for."""
        virtual = self._rules.virtual
        results = await virtual.expand(address) if virtual and address else [address]
        if not orcpt and results != [address]:
            orcpt = f"rfc822;{address}"
        if results != [address] and notify & NOTIFY_SUCCESS:
            self.expanded.append(Recipient(address, original, notify, orcpt))
            notify = notify & ~NOTIFY_SUCCESS or NOTIFY_NEVER
        for result in results:
            self._append(result, original, notify, orcpt)

    def _append(self, address: str, original: str, notify: int, orcpt: str) -> None:
        key: tuple[str, ...] = (fold_key(address),)
        if self._rules.keeps_original:
            shown = fold_key(orcpt or f"rfc822;{address}")
            key = (*key, fold_key(original), str(notify), shown)
        if key in self._seen:
            return
        if len(self._seen) < self._rules.duplicate_limit:
            self._seen.add(key)
        shown = original if original != address else ""
        self.recipients.append(Recipient(address, shown, notify, orcpt))

    def keep_one(self) -> None:
        """All of it goes to one address (the REDIRECT action), which stands for the first that the scheduler takes.

        The others are kept, since the queue is listed with them, but nothing is left to do about them.
        """
        kept = min(self.recipients, key=lambda recipient: by_domain(recipient.address))
        self.recipients = [
            recipient if recipient is kept else msgspec.structs.replace(recipient, status=DONE)
            for recipient in self.recipients
        ]
