"""What milters ask for, done to an envelope: the sender, recipients that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pyfixcli.cleanup.envelope import RecipientList
from pyfixcli.cleanup.mapping import AddressKind, Warn
from pyfixcli.cleanup.octets import OctetNeeds
from pyfixcli.mail.address import unquote_address
from pyfixcli.mail.envelope import Envelope, Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.mail.tok822 import parse_addresses
from pyfixcli.maps.folding import fold_key
from pyfixcli.protocol.grammar import parse_envid, parse_notify, parse_orcpt
from pyfixcli.protocol.milter import AddRecipient, Change, ChangeSender, DeleteRecipient

if TYPE_CHECKING:
    from pyfixcli.cleanup.pipeline import Cleanup

MANY_RECIPIENTS = "Milter or header/body_checks request to add multi-recipient"


class EnvelopeEditor:
    """Changes one envelope; the result is ``envelope``. Raises NotMapped."""

    def __init__(self, cleanup: Cleanup, envelope: Envelope, origin: Origin, warn: Warn) -> None:
        self._cleanup = cleanup
        self._warn = warn
        # Nobody gets a copy because of such a recipient, and no client has named it.
        self._origin = replace(origin, copied=False, protocol="", link=None)
        self._is_copied = origin.copied
        self.envelope = envelope
        self._recipients = list(envelope.recipients)
        self.expanded: list[Recipient] = []

    async def apply(self, change: Change) -> None:
        """Do what is asked for, if it concerns the envelope."""
        if isinstance(change, ChangeSender):
            await self._change_sender(change)
        elif isinstance(change, AddRecipient):
            await self._add(change)
        elif isinstance(change, DeleteRecipient):
            self._delete(change)
        self.envelope = replace(self.envelope, recipients=tuple(self._recipients))

    async def _change_sender(self, change: ChangeSender) -> None:
        addresses = self._cleanup.addresses
        given = addresses.complete(self._one(change.address, "Milter request to add multi-sender"))
        sender = await addresses.map(given, AddressKind.ENVELOPE_SENDER, self._warn)
        ret, envid = self.envelope.ret, self.envelope.envid
        for word in _words(change.parameters):
            name, _, value = word.partition("=")
            decoded = parse_envid(value) if name.upper() == "ENVID" else None
            if name.upper() == "RET" and value.upper() in ("FULL", "HDRS"):
                ret = value.upper()
            elif decoded is not None:
                envid = decoded
            else:
                self._cleanup.log.warning(
                    "cleanup", f'Ignoring bad ESMTP parameter "{word}" in SMFI_CHGFROM request'
                )
        self.envelope = replace(self.envelope, sender=sender, ret=ret, envid=envid)
        found = self._recipient_list()
        copies = self._cleanup.envelope_rules.sender_bcc
        if self._is_copied and copies and sender:
            copy = await copies.find(sender)
            if copy:
                await found.add_blind_copy(copy)
        self._take(found)

    async def _add(self, change: AddRecipient) -> None:
        notify, orcpt = 0, ""
        for word in _words(change.parameters):
            name, _, value = word.partition("=")
            bits = parse_notify(value) if name.upper() == "NOTIFY" else ""
            original = parse_orcpt(value) if name.upper() == "ORCPT" else None
            if isinstance(bits, int):
                notify = bits
            elif original is not None:
                orcpt = original
            else:
                self._warn(f'ignoring ESMTP argument from Milter or header/body_checks: "{word}"')
        given = self._one(change.address, MANY_RECIPIENTS)
        if not given:
            self._warn("ignoring attempt from Milter to add null recipient")
            return
        address = self._cleanup.addresses.complete(given)
        found = self._recipient_list()
        await found.add(Recipient(address, "", notify, orcpt))
        self._take(found)

    def _one(self, octets: bytes, many: str) -> str:
        """The first of the addresses that a milter names, which should be the only one; empty when there is none."""
        text = octets.decode("utf-8", "surrogateescape")
        first, *others = parse_addresses(text) or [""]
        if others:
            self._warn(f'{many}: "{text}"')
        return first

    def _recipient_list(self) -> RecipientList:
        cleanup, origin = self._cleanup, self._origin
        needs = OctetNeeds(cleanup.utf8_classes, origin.service)
        return RecipientList(cleanup.envelope_rules, self._warn, origin, needs)

    def _take(self, found: RecipientList) -> None:
        """The same recipient, asked for in the same way, is taken once."""
        self._recipients += [r for r in found.recipients if r not in self._recipients]
        self.expanded += found.expanded

    def _delete(self, change: DeleteRecipient) -> None:
        """A recipient by its address, or by what it was before aliases."""
        address = fold_key(bare_address(change.address))
        keeps_original = self._cleanup.envelope_rules.keeps_original

        def is_meant(recipient: Recipient) -> bool:
            shown = recipient.original if keeps_original and recipient.original else ""
            return address in (fold_key(recipient.address), fold_key(shown))

        self._recipients = [r for r in self._recipients if not is_meant(r)]


def bare_address(octets: bytes) -> str:
    """``<address>`` in internal form."""
    text = octets.decode("utf-8", "surrogateescape").strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    return unquote_address(text)


def _words(octets: bytes) -> list[str]:
    return octets.decode("utf-8", "surrogateescape").split()
