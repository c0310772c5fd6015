"""Searching tables for a mail address (canonical(5), virtual(5): TABLE SEARCH ORDER, ADDRESS EXTENSION).

``user+extension@domain``, ``user@domain``; for a domain of this system also ``user+extension`` and
``user``; at last ``@domain``. A local part that needs quotes is looked up with them first, then without.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple

from pyfixcli.config.extensions import read_extensions
from pyfixcli.mail.address import Extensions, quote_address, quote_local, split_address
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.lookup import MapList, Waiter
from pyfixcli.maps.table import TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class Found(NamedTuple):
    """A table's value, and the extension (with its delimiter) that the key did not have."""

    value: str
    extension: str


class LookupFailed(Exception):
    """A table cannot answer; ``warnings`` are the lines to log about it."""

    def __init__(self, title: str, warnings: list[str]) -> None:
        super().__init__(title)
        self.title = title
        self.warnings = warnings


class AddressLookup:
    """Searches the tables of one parameter.

    ``is_own`` tells whether a domain is one of this system's, so that its users are also looked up
    without a domain; it may raise TableFailure.
    """

    def __init__(
        self,
        maps: MapList,
        extensions: Extensions,
        is_own: Callable[[str], Awaitable[bool]],
        waiter: Waiter,
    ) -> None:
        self._maps = maps
        self._extensions = extensions
        self._is_own = is_own
        self._waiter = waiter
        self.title = maps.title

    @classmethod
    def of(
        cls,
        config: Config,
        name: str,
        is_own: Callable[[str], Awaitable[bool]],
        waiter: Waiter,
        is_guarded: bool = False,
    ) -> AddressLookup:
        """The tables that a parameter names; ``is_guarded`` as for MapList."""
        maps = MapList(config, config.text(name), name, is_guarded=is_guarded)
        return cls(maps, read_extensions(config), is_own, waiter)

    def __bool__(self) -> bool:
        return bool(self._maps)

    def state(self) -> object:
        """As Table.state, of the tables."""
        return self._maps.state()

    async def find(self, address: str) -> Found | None:
        """The first value for an address in internal form. Raises LookupFailed."""
        value = await self._get(address, is_partial=False)
        if value is not None:
            return Found(value, "")
        local, domain = split_address(address)
        user, _extension = self._extensions.split(local)
        unmatched = local[len(user) :]
        at_domain = "" if domain is None else f"@{domain}"
        if unmatched:  # also an extension of no characters: user+@domain
            value = await self._get(user + at_domain, is_partial=True)
            if value is not None:
                return Found(value, unmatched)
        if domain is None:
            return None
        if await self._has_users(domain):
            for key, rest in _users(local, user, unmatched):
                value = await self._get_form(quote_local(key), key)
                if value is not None:
                    return Found(value, rest)
        value = await self._get(at_domain, is_partial=True)
        return None if value is None else Found(value, "")

    async def _has_users(self, domain: str) -> bool:
        try:
            return await self._is_own(domain)
        except TableFailure as error:
            raise LookupFailed(self.title, complaints(str(error), domain)) from error

    async def _get(self, key: str, is_partial: bool) -> str | None:
        external = key if key.startswith("@") else quote_address(key)
        return await self._get_form(external, key, is_partial)

    async def _get_form(self, external: str, key: str, is_partial: bool = True) -> str | None:
        """The value of an address or a local part, in external form or else in internal form."""
        for form in (external,) if external == key else (external, key):
            try:
                value = await self._maps.find(form, self._waiter, partial=is_partial)
            except TableFailure as error:
                raise LookupFailed(self.title, complaints(str(error), form)) from error
            if value is not None:
                return value
        return None


def _users(local: str, user: str, unmatched: str) -> Iterator[tuple[str, str]]:
    """(key without a domain, what of the extension it lacks)."""
    yield local, ""
    if unmatched:
        yield user, unmatched
