"""Lists of tables as parameters name them: the first that has the key answers."""

from __future__ import annotations

from typing import Protocol

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.complaints import empty_result
from pyfixcli.maps.registry import open_table, split_names
from pyfixcli.maps.table import Table, TableFailure
from pyfixcli.maps.unavailable import open_or_stand_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.observer import Observer


ALIASES = "alias_maps"  # an alias without addresses is what local(8) complains of itself


class Waiter(Protocol):
    """Asks tables that may block, without blocking the caller's loop, and passes on what tables have to say."""

    observer: Observer | None

    def lookup(self, table: Table, key: str) -> Coroutine[Any, Any, str | None]:
        """As Table.get."""
        ...

    def report(self, text: str, is_error: bool = False) -> None:
        """A warning about a table or its source, or an error."""
        ...


class BlockingWaiter:
    """A Waiter for processes without a loop: it simply asks.

    ``tell`` takes what tables have to say; without it an error is a ConfigError. ``observer`` sees what is decided.
    """

    def __init__(
        self,
        tell: Callable[[str, bool], None] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._tell = tell
        self.observer = observer

    async def lookup(self, table: Table, key: str) -> str | None:
        """As Table.get."""
        return table.get(key)

    def report(self, text: str, is_error: bool = False) -> None:
        """As Waiter.report."""
        if self._tell is not None:
            self._tell(text, is_error)
        elif is_error:
            raise ConfigError(text)


class MapList:
    """The tables of one parameter, in order; opened when they are first needed.

    With ``is_guarded`` no part of a key goes into a value (Table.refuse_substitution); with ``is_own`` no value comes from
    another process (Table.refuse_daemon).
    """

    def __init__(
        self,
        config: Config,
        names: str,
        title: str,
        fold: bool = True,
        is_guarded: bool = False,
        is_own: bool = False,
    ) -> None:
        self._config = config
        self._names = split_names(names)
        self._tables: list[Table] | None = None
        self.title = title
        self._fold = fold
        self._is_guarded = is_guarded
        self._is_own = is_own

    def __bool__(self) -> bool:
        return bool(self._names)

    @property
    def tables(self) -> list[Table]:
        """The open tables; ConfigError when one cannot be opened."""
        if self._tables is None:
            self._tables = [open_table(name, self._config, self._fold) for name in self._names]
            self._guard(self._tables)
        return self._tables

    def state(self) -> object:
        """As Table.state, of all tables; None also before they were asked."""
        if self._tables is None:
            return None if self._names else ()
        return joint_state(self._tables)

    def _guard(self, tables: list[Table]) -> None:
        for table in tables:
            if self._is_guarded:
                table.refuse_substitution()
            if self._is_own:
                table.refuse_daemon()

    def _open(self, waiter: Waiter) -> list[Table]:
        """The tables; one that cannot be opened has a stand-in that fails."""
        self._tables = [
            open_or_stand_in(name, self._config, waiter.report, self._fold) for name in self._names
        ]
        self._guard(self._tables)
        for table in self._tables:
            report_news(table, waiter)
        return self._tables

    async def find(self, key: str, waiter: Waiter, partial: bool = False) -> str | None:
        """The first value, or None. ``partial`` keys are not for pattern tables.

        Raises TableFailure, with the parameter's name, when a table cannot answer, or finds the key without a value.
        """
        tables = self._tables
        for table in self._open(waiter) if tables is None else tables:
            if partial and not table.fixed_keys:
                continue
            try:
                value = table.get(key) if table.immediate else await waiter.lookup(table, key)
            except TableFailure as error:
                raise TableFailure(f"{self.title}: {error}") from error
            if table.has_news:
                report_news(table, waiter)
            if waiter.observer is not None:
                waiter.observer.note_lookup(self.title, table, key, value)
            if value is None:
                continue
            if not value and self.title != ALIASES:
                raise TableFailure(empty_result(self.title, key))
            return value
        return None


class Stateful(Protocol):
    """What has a state as tables have one."""

    def state(self) -> object:
        """As Table.state."""
        ...


def joint_state(parts: Iterable[Stateful]) -> object:
    """The states of all parts; None when one of them cannot tell."""
    states = [part.state() for part in parts]
    return None if None in states else states


def report_news(table: Table, waiter: Waiter) -> None:
    """Pass on what a table had to say during a lookup, once."""
    for text in table.pop_warnings():
        waiter.report(text)
