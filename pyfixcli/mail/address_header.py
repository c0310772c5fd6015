"""Other addresses in a header: each is replaced in its place, and the header is folded anew if one changed (RFC 5322 section 3.4)."""

from __future__ import annotations

from typing import NamedTuple

from pyfixcli.mail.tok822 import (
    Address,
    Item,
    address_tokens,
    external_form,
    internal_form,
    parse,
    write_token,
    write_units,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FOLD = 70


class AddressHeader(NamedTuple):
    """A header of addresses. ``text`` is the whole of it, its lines joined by newlines."""

    text: bytes
    name: bytes
    items: list[Item]

    @property
    def addresses(self) -> list[Address]:
        """Its addresses in order; ``<>`` is none."""
        return [item.address for item in self.items if item.address]

    async def replace(self, change: Callable[[Address], Awaitable[Address | None]]) -> bytes:
        """The header with other addresses; as it was when none changes. The null address stays.

        ``change`` gives None for an address that stays; one that it gives back counts as changed if it is written otherwise.
        """
        is_changed = False
        items = []
        for item in self.items:
            if item.address:
                new = await change(item.address)
                if new is None:
                    new = address_tokens(internal_form(item.address)) or item.address
                else:
                    is_changed |= external_form(new) != _written(item.address)
                item = Item(new, "", "address")
            items.append(item)
        if not is_changed:
            return self.text
        return fold(self.name, write_units(items))


def _written(address: Address) -> str:
    return "".join(write_token(token) for token in address)


def parse_address_header(text: bytes, name: bytes, after: int, limit: int = 0) -> AddressHeader:
    """Read a header; ``after`` is the position after its colon. What comes after ``limit`` tokens is left out."""
    value = text[after:].decode("utf-8", "surrogateescape")
    return AddressHeader(text, name, parse(value, limit))


def fold(name: bytes, units: list[str]) -> bytes:
    """``Name: units`` on lines of about seventy octets, broken at commas and where comments were.

    Each piece that does not fit begins a line, after a tab (which does not count) unless it has white space itself;
    one that fits comes after a blank.
    """
    first, *others = "\n".join(units).encode("utf-8", "surrogateescape").split(b"\n")
    lines = [b"%s: %s" % (name, first)]
    length = len(lines[0])
    for piece in others:
        if length + 1 + len(piece) >= FOLD:
            lines.append(piece if piece.startswith((b" ", b"\t")) else b"\t" + piece)
            length = len(piece)
        else:
            lines[-1] += b" " + piece
            length += 1 + len(piece)
    return b"\n".join(lines)
