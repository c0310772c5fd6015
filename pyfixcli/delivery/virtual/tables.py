"""What the tables say about a recipient: mailbox, uid and gid (virtual(8): TABLE SEARCH ORDER).

Keys are full addresses in lower case: with the extension, without it, ``@domain``. Pattern tables may not take parts of
the address over into a value.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.base.privilege import Rights
from pyfixcli.config.extensions import read_extensions
from pyfixcli.delivery.agent import AgentContext
from pyfixcli.maps.address_lookup import AddressLookup, LookupFailed
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import Table

LARGEST_ID = 2**32 - 2  # the next one means `no id` to the kernel
UNANSWERED = "Application error"


class Unusable(Exception):
    """The tables do not say where, or as whom, to deliver; the reason has been logged."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recipient's mail goes, relative to virtual_mailbox_base, and with whose rights."""

    path: str
    rights: Rights


class MailboxTables:
    """virtual_mailbox_maps, virtual_uid_maps and virtual_gid_maps of one service."""

    def __init__(self, context: AgentContext, minimum_uid: int) -> None:
        self._context = context
        self._minimum_uid = minimum_uid
        self._opened: list[Table] = []
        self._mailboxes = self._open("virtual_mailbox_maps")
        self._uids = self._open("virtual_uid_maps")
        self._gids = self._open("virtual_gid_maps")

    def _open(self, name: str) -> AddressLookup:
        config = self._context.config
        maps = MapList(config, config.text(name), name, fold=False)
        for table in maps.tables:
            table.refuse_substitution()
            table.refuse_daemon()
            self._opened.append(table)
        return AddressLookup(maps, read_extensions(config), _is_never_own, self._context.waiter)

    def _warn(self, text: str) -> None:
        self._context.log.warning(self._context.service, text)

    async def find(self, address: str) -> Place | None:
        """The place for an address in lower case; None for one that is unknown. Raises Unusable."""
        try:
            return await self._find(address)
        finally:
            self._pass_on_warnings()

    def _pass_on_warnings(self) -> None:
        """Log what is wrong with the tables' sources, once; some are read at the first lookup."""
        for table in self._opened:
            for text in table.pop_warnings():
                self._warn(text)

    async def _find(self, address: str) -> Place | None:
        path = await self._find_mailbox(address)
        if path is None:
            return None
        uid = await self._find_id(self._uids, address, "uid", self._minimum_uid)
        gid = await self._find_id(self._gids, address, "gid", 1)
        return Place(path, Rights(uid, gid))

    async def _find_mailbox(self, address: str) -> str | None:
        try:
            found = await self._mailboxes.find(address)
        except LookupFailed as failed:
            self._complain(failed)
            self._warn(f"table {failed.title}: lookup {address}: {_reason(failed)}")
            raise Unusable from failed
        return None if found is None else found.value

    async def _find_id(self, lookup: AddressLookup, address: str, kind: str, minimum: int) -> int:
        try:
            found = await lookup.find(address)
        except LookupFailed as failed:
            self._complain(failed)
            found = None
        if found is None:
            self._warn(f"recipient {address}: not found in {lookup.title}")
            raise Unusable
        number = parse_id(found.value)
        if number is None or number < minimum:
            self._warn(f"recipient {address}: bad {kind} {found.value} in {lookup.title}")
            raise Unusable
        return number

    def _complain(self, failed: LookupFailed) -> None:
        for text in failed.warnings:
            self._warn(text)


def _reason(failed: LookupFailed) -> str:
    """Why a table did not answer, as far as the system says."""
    _, found, why = failed.warnings[0].partition(" is unavailable. ")
    return why.rpartition(": ")[2] if found else UNANSWERED


async def _is_never_own(domain: str) -> bool:
    """Users are never looked up without their domain."""
    return False


def parse_id(text: str) -> int | None:
    """The number that a value begins with; None when its first word is none, or too large to be an id."""
    words = text.split(None, 1)
    if not words or not (words[0].isascii() and words[0].isdigit()):
        return None
    number = int(words[0][:20])
    return number if number <= LARGEST_ID else None
