"""One header after the other: rewriting, dropping, noting what is there.

Addresses in headers are completed in the rewrite context of the message and mapped as the *_classes parameters
say; a header in which no address changes is passed on as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyfixcli.cleanup.address_stages import AddressStages
from pyfixcli.cleanup.known_results import KnownResults
from pyfixcli.cleanup.mapping import AddressKind, Warn, Warnings
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import message_id_line
from pyfixcli.mail.address_header import parse_address_header
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.header import (
    ADDRESSES,
    RECIPIENTS,
    RESENT_RECIPIENTS,
    SENDER_ADDRESSES,
    header_value,
    split_header,
)
from pyfixcli.mail.tok822 import Address, address_tokens, header_form, internal_form
from pyfixcli.rewrite.rewrite import LOCAL, Rewriter

MESSAGE_IDS = (b"message-id", b"resent-message-id")


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """The parameters that header processing uses."""

    myhostname: str
    mail_name: str
    dropped: frozenset[bytes]
    always_add_missing: bool
    undisclosed: str
    standard_from: bool
    hopcount_limit: int
    has_long_ids: bool
    token_limit: (
        int  # of an address header; what comes after it is lost when the header is rewritten
    )

    @classmethod
    def of(cls, config: Config) -> HeaderRules:
        """From the configuration."""
        names = config.message_drop_headers.replace(",", " ").lower().split()
        return cls(
            myhostname=config.myhostname,
            mail_name=config.mail_name,
            dropped=frozenset(name.encode() for name in names),
            always_add_missing=config.always_add_missing_headers,
            undisclosed=config.undisclosed_recipients_header,
            standard_from=config.header_from_format != "obsolete",
            hopcount_limit=config.hopcount_limit,
            has_long_ids=config.enable_long_queue_ids,
            token_limit=config.header_address_token_limit,
        )


@dataclass(slots=True)
class HeaderState:
    """What the headers so far have shown; ``lines`` are those to log about them."""

    seen: set[bytes] = field(default_factory=set)
    hops: int = 0
    resent: bool = False
    recipients: list[str] = field(default_factory=list)
    resent_recipients: list[str] = field(default_factory=list)
    message_id: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def recipients_to_extract(self) -> list[str]:
        """For sendmail -t: those of Resent-To, -Cc and -Bcc if one of these is there, though it be empty."""
        is_resent = not self.seen.isdisjoint(RESENT_RECIPIENTS)
        return self.resent_recipients if is_resent else self.recipients


class HeaderEditor:
    """Edits the headers of one message."""

    def __init__(
        self,
        rules: HeaderRules,
        rewriter: Rewriter,
        addresses: AddressStages,
        origin: Origin,
        known: KnownResults,
        warn: Warn,
    ) -> None:
        self._rules = rules
        self._known = known
        self._rewriter = rewriter
        self._addresses = addresses
        self._warn = warn
        self._extracts = origin.extract_recipients
        self._context = origin.rewrite_context
        self.rewrites = self._context == LOCAL or rewriter.rewrites_remote_headers
        self.state = HeaderState()

    async def edit(self, header: bytes) -> bytes:
        """A header (lines joined by newlines, none at the end) as it goes on; empty: dropped."""
        found = split_header(header)
        if found is None:  # what a table put in its place
            return header + b"\n"
        name, after = found
        folded = name.lower()
        state = self.state
        state.seen.add(folded)
        if folded.startswith(b"resent-"):
            state.resent = True
        if folded in ADDRESSES:
            header = await self._edit_addresses(header, name, folded, after)
        elif folded in MESSAGE_IDS:
            self._note_message_id(folded, header_value(header, after))
        elif folded == b"received":
            state.hops += 1
        if header[len(name)] != 0x3A:
            header = name + header[after - 1 :]
        return b"" if folded in self._rules.dropped else header + b"\n"

    def _note_message_id(self, folded: bytes, value: str) -> None:
        resent = folded.startswith(b"resent-")
        self.state.lines.append(message_id_line(value, resent))
        if not resent and not self.state.message_id:
            self.state.message_id = value

    async def _edit_addresses(self, header: bytes, name: bytes, folded: bytes, after: int) -> bytes:
        if not self.rewrites and not self._extracts:
            return header
        is_sender = folded in SENDER_ADDRESSES
        kind = AddressKind.HEADER_SENDER if is_sender else AddressKind.HEADER_RECIPIENT
        if self._extracts:  # it also leaves recipients here
            return await self._rewrite_addresses(header, name, folded, after, kind, self._warn)
        edited = self._known.header(header, self._context)
        if edited is None:
            warnings = Warnings(self._warn)
            edited = await self._rewrite_addresses(header, name, folded, after, kind, warnings)
            if not warnings.count:  # else the next one like it is warned about too
                self._known.note_header(header, self._context, edited)
        return edited

    async def _rewrite_addresses(
        self, header: bytes, name: bytes, folded: bytes, after: int, kind: AddressKind, warn: Warn
    ) -> bytes:
        if self._extracts:  # all of them, whatever becomes of the header
            self._extract(parse_address_header(header, name, after).addresses, folded)
            if not self.rewrites:
                return header

        async def change(address: Address) -> Address:
            return await self._map(address, kind, warn)

        found = parse_address_header(header, name, after, self._rules.token_limit)
        return await found.replace(change)

    async def _map(self, address: Address, kind: AddressKind, warn: Warn) -> Address:
        completed = self._rewriter.rewrite_tokens(address, self._context)
        if not self._addresses.maps(kind):
            return completed
        text = header_form(completed)
        mapped = await self._addresses.map(text, kind, warn)
        return completed if mapped == text else address_tokens(mapped)

    def _extract(self, addresses: list[Address], folded: bytes) -> None:
        """Note recipients for sendmail -t."""
        found = [internal_form(address) for address in addresses]
        if folded in RECIPIENTS:
            self.state.recipients += found
        elif folded in RESENT_RECIPIENTS:
            self.state.resent_recipients += found
