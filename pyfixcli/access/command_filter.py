"""smtpd_command_filter: a table that turns commands of clients into others before anything understands them."""

from __future__ import annotations

from pyfixcli.access.tables import AccessTables
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.lookup import Waiter

_BLANK = " \t\r\v\f"


class CommandFilter:
    """The table of one view; false when there is none."""

    def __init__(self, config: Config, waiter: Waiter) -> None:
        self._name = config.smtpd_command_filter.strip()
        self._tables = AccessTables(config, waiter)
        if self._name:
            self._tables.prepare(self._name)

    def __bool__(self) -> bool:
        return bool(self._name)

    async def find(self, command: str) -> str | None:
        """What to execute instead of a command, or None. TableFailure: the lines to log.

        The key has no blanks before it, and ends where the log does: at a NUL.
        """
        key = shown_command(command).lstrip(_BLANK)
        found = await self._tables.find(self._name, iter(((key, False),)))
        return found[1] if found is not None else None


def shown_command(command: str) -> str:
    """A command as far as it is looked up and logged."""
    return command.partition("\0")[0]
