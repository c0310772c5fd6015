"""What stands for a table that cannot be opened: every lookup fails, so that nothing is decided without it."""

from __future__ import annotations

import time

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.complaints import LOOKUP_ERROR
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfixcli.config.snapshot import Config

RETRY = 1.0  # seconds until a table is tried again


class UnavailableTable(Table):
    """Fails with ``reason`` the first time, then without; from time to time it tries to open the table after all."""

    def __init__(
        self,
        name: str,
        reason: str,
        reopen: Callable[[], Table],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name)
        self._reason = reason
        self._reopen = reopen
        self._now = now
        self._next_try = now() + RETRY
        self._table: Table | None = None
        self._is_guarded = self._is_own = False

    def get(self, key: str) -> str | None:
        if self._table is None and self._now() >= self._next_try:
            self._try_again()
        if self._table is not None:
            return self._table.get(key)
        why, self._reason = self._reason, LOOKUP_ERROR
        raise TableFailure(f"table {self.name}: {why}")

    def _try_again(self) -> None:
        self._next_try = self._now() + RETRY
        try:
            self._table = self._reopen()
        except ConfigError as error:
            self._reason = str(error)
            return
        if self._is_guarded:
            self._table.refuse_substitution()
        if self._is_own:
            self._table.refuse_daemon()
        self.immediate, self.fixed_keys = self._table.immediate, self._table.fixed_keys
        if not self.immediate:  # this lookup must not wait for it
            raise TableFailure(f"table {self.name}: {LOOKUP_ERROR}")

    def refuse_substitution(self) -> None:
        """As Table.refuse_substitution, for the table when it is there."""
        self._is_guarded = True
        if self._table is not None:
            self._table.refuse_substitution()

    def refuse_daemon(self) -> None:
        """As Table.refuse_daemon, for the table when it is there."""
        self._is_own = True
        if self._table is not None:
            self._table.refuse_daemon()

    def close(self) -> None:
        if self._table is not None:
            self._table.close()


def open_or_stand_in(
    name: str, config: Config, report: Callable[[str, bool], None], fold: bool = True
) -> Table:
    """The table, or one that fails in its place. ``report`` is told a warning, or (True) an error."""

    def reopen() -> Table:
        table = open_table(name, config, fold)
        try:
            table.prepare()
        except TableFailure as failure:
            raise ConfigError(str(failure).removeprefix(f"table {table.name}: ")) from failure
        return table

    try:
        table = reopen()
    except ConfigError as error:
        report(str(error), True)
        return UnavailableTable(name, str(error), reopen)
    for text in table.pop_warnings():
        report(text, False)
    return table
