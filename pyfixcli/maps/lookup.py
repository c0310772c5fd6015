"""Lists of tables as parameters name them: the first that has the key answers."""

from __future__ import annotations

from typing import Protocol

from pyfixcli.maps.registry import open_table, split_names
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class Waiter(Protocol):
    """Asks tables that may block, without blocking the caller's loop."""

    async def lookup(self, table: Table, key: str) -> str | None:
        """As Table.get."""
        ...


class BlockingWaiter:
    """A Waiter for processes without a loop: it simply asks."""

    async def lookup(self, table: Table, key: str) -> str | None:
        """As Table.get."""
        return table.get(key)


class MapList:
    """The tables of one parameter, in order; opened when they are first needed."""

    def __init__(self, config: Config, names: str, title: str, fold: bool = True) -> None:
        self._config = config
        self._names = split_names(names)
        self._tables: list[Table] | None = None
        self.title = title
        self._fold = fold

    def __bool__(self) -> bool:
        return bool(self._names)

    @property
    def tables(self) -> list[Table]:
        """The open tables."""
        if self._tables is None:
            self._tables = [open_table(name, self._config, self._fold) for name in self._names]
        return self._tables

    async def find(self, key: str, waiter: Waiter, partial: bool = False) -> str | None:
        """The first value, or None. ``partial`` keys are not for pattern tables.

        Raises TableFailure, with the parameter's name, when a table cannot answer.
        """
        for table in self.tables:
            if partial and not table.fixed_keys:
                continue
            try:
                value = table.get(key) if table.immediate else await waiter.lookup(table, key)
            except TableFailure as error:
                raise TableFailure(f"{self.title}: {error}") from error
            if value is not None:
                return value
        return None
