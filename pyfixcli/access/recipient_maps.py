"""Whether an address exists, as far as our tables know (LOCAL_RECIPIENT_README, ADDRESS_CLASS_README)."""

from __future__ import annotations

import time

import msgspec

from pyfixcli.access.address_facts import AddressFacts
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import split_address
from pyfixcli.mail.dsn import split_dsn
from pyfixcli.maps.address_lookup import AddressLookup, LookupFailed
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lookup import Waiter
from pyfixcli.maps.table import TableFailure
from pyfixcli.rewrite.address_class import AddressClass
from pyfixcli.rewrite.resolve import REFUSING, Resolved

KEPT = 1.0  # seconds that a found recipient is taken for granted
MAX_KEPT = 2000
ERROR = "error"
REWRITING = ("canonical_maps", "recipient_canonical_maps", "virtual_alias_maps")
ALWAYS = frozenset(("postmaster", "mailer-daemon"))


class Problem(msgspec.Struct, frozen=True):
    """Why an address is not accepted. ``is_routed`` when its transport says so, not a table."""

    code: int
    dsn: str
    text: str
    is_routed: bool = False


class RecipientMaps:
    """The tables of recipients of one view."""

    def __init__(self, config: Config, addresses: AddressFacts, waiter: Waiter) -> None:
        self._config = config
        self._addresses = addresses
        self._waiter = waiter
        self._rewriting = tuple(self._lookup(config, name) for name in REWRITING)
        self._senders = self._lookup(config, "sender_canonical_maps")
        self._tables = {
            AddressClass.LOCAL: self._lookup(config, "local_recipient_maps"),
            AddressClass.VIRTUAL_MAILBOX: self._lookup(config, "virtual_mailbox_maps"),
            AddressClass.RELAY: self._lookup(config, "relay_recipient_maps"),
        }
        self._always = ALWAYS | {fold_key(config.double_bounce_sender)}
        names = config.show_user_unknown_table_name
        self._problems = {
            AddressClass.LOCAL: _problem(
                config.unknown_local_recipient_reject_code, "local recipient", names
            ),
            AddressClass.VIRTUAL_MAILBOX: _problem(
                config.unknown_virtual_mailbox_reject_code, "virtual mailbox", names
            ),
            AddressClass.RELAY: _problem(
                config.unknown_relay_recipient_reject_code, "relay recipient", names
            ),
        }
        self._found: set[tuple[str, bool, str]] = set()
        self._until = 0.0

    async def problem(
        self, address: str, is_sender: bool = False, sender: str = ""
    ) -> Problem | None:
        """Why an address (internal form) is unknown, or None. TableFailure when a table cannot tell.

        A sender also exists when sender_canonical_maps has it. ``sender`` is whose mail to the address it is about.
        """
        now = time.monotonic()
        if now > self._until or len(self._found) > MAX_KEPT:
            self._found.clear()
            self._until = now + KEPT
        key = (address, is_sender, sender if self._addresses.asks_sender else "")
        if key in self._found or not address:
            return None
        problem = await self._look(address, is_sender, sender)
        if problem is None:
            self._found.add(key)
        return problem

    async def _look(self, address: str, is_sender: bool, sender: str) -> Problem | None:
        resolved = await self._addresses.resolve(address, sender)
        if resolved.failure:
            raise TableFailure("")  # the resolver said why
        recipient = resolved.recipient
        local, _ = split_address(recipient)
        if fold_key(local) in self._always and resolved.address_class is AddressClass.LOCAL:
            return None
        rewriting = (*self._rewriting, self._senders) if is_sender else self._rewriting
        for maps in rewriting:
            if maps and await self._has(maps, recipient):
                return None
        if resolved.transport in REFUSING:
            return self._routed(resolved)
        tables = self._tables.get(resolved.address_class)
        if not tables or await self._has(tables, recipient):
            return None
        return self._problems[resolved.address_class]

    def _routed(self, resolved: Resolved) -> Problem:
        """What the error or retry transport says: ``5.1.6 User has moved to ...``."""
        is_final = resolved.transport == ERROR
        kind = "5" if is_final else "4"
        dsn, text = split_dsn(resolved.nexthop, f"{kind}.1.1")
        code = 550 if is_final else 450
        if resolved.address_class is AddressClass.VIRTUAL_ALIAS and dsn == "5.1.1":
            code = self._config.unknown_virtual_alias_reject_code
        return Problem(code, f"{kind}{dsn[1:]}", text, True)

    def _lookup(self, config: Config, name: str) -> AddressLookup:
        return AddressLookup.of(config, name, self._addresses.is_own, self._waiter)

    async def _has(self, tables: AddressLookup, recipient: str) -> bool:
        """Whether tables have a recipient; those with patterns see it in lower case, too."""
        try:
            return await tables.find(fold_key(recipient)) is not None
        except LookupFailed as failed:
            raise TableFailure("\n".join(failed.warnings)) from failed


def _problem(code: int, table: str, is_named: bool) -> Problem:
    text = f"User unknown in {table} table" if is_named else "User unknown"
    return Problem(code, "5.1.1", text)
