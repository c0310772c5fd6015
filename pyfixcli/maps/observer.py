"""Who watches what becomes of addresses, and why (pyfix(1): explain). The daemon has no observer."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyfixcli.maps.table import Table


class Observer(Protocol):
    """Is told of each decision when it is made, in order."""

    def note_lookup(self, parameter: str, table: Table, key: str, value: str | None) -> None:
        """A table of a parameter was asked for a key."""
        ...

    def note_setting(self, parameter: str, text: str) -> None:
        """The value of a parameter, or a word of it, decided something."""
        ...

    def note_step(self, name: str, before: str, after: Sequence[str]) -> None:
        """A stage made one or several addresses out of one, in internal form."""
        ...

    def note_verdict(self, restriction: str, subject: str, verdict: str) -> None:
        """A restriction decided: a reply, or that it permits."""
        ...
