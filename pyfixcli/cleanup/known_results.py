"""What addresses and headers became before: the same ones come again and again.

A result is taken from here only as long as every table that it depends on is in the state in which it was made
(Table.state); when one has changed, all results are forgotten.
"""

from __future__ import annotations

from pyfixcli.cleanup.mapping import AddressKind

LONGEST = 200  # octets of a header, or characters of an address
MOST = 1000  # of each kind; when there are more, all are forgotten


class KnownResults:
    """The results of one view of the configuration."""

    def __init__(self) -> None:
        self._state: object = None
        self._headers: dict[tuple[bytes, str], bytes] = {}
        self._addresses: dict[tuple[str, AddressKind], str] = {}

    def begin(self, state: object) -> None:
        """A message begins; ``state`` is that of the tables. None: nothing is remembered."""
        if state != self._state:
            self._headers.clear()
            self._addresses.clear()
            self._state = state

    def header(self, header: bytes, context: str) -> bytes | None:
        """What a header became in a rewrite context."""
        return self._headers.get((header, context))

    def note_header(self, header: bytes, context: str, edited: bytes) -> None:
        """Remember it."""
        if self._state is None or len(header) > LONGEST:
            return
        if len(self._headers) >= MOST:
            self._headers.clear()
        self._headers[header, context] = edited

    def address(self, address: str, kind: AddressKind) -> str | None:
        """What an address became where it stands."""
        return self._addresses.get((address, kind))

    def note_address(self, address: str, kind: AddressKind, mapped: str) -> None:
        """Remember it."""
        if self._state is None or len(address) > LONGEST:
            return
        if len(self._addresses) >= MOST:
            self._addresses.clear()
        self._addresses[address, kind] = mapped
