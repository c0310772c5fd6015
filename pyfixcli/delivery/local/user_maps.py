"""Tables that choose a command or a transport for a user: mailbox_command_maps, mailbox_transport_maps, fallback_transport_maps."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.lookup import MapList, Waiter

NAMES = ("mailbox_command_maps", "mailbox_transport_maps", "fallback_transport_maps")


class UserMaps:
    """The tables of one view; each is opened when it is first needed."""

    def __init__(self, config: Config) -> None:
        self._maps = {
            name: MapList(config, config.text(name), name, is_guarded=True, is_own=True)
            for name in NAMES
        }

    async def find(
        self, name: str, user: str, waiter: Waiter, warn: Callable[[str], None]
    ) -> str | None:
        """What the tables of a parameter have for a user, or None. TableFailure, ConfigError.

        Whoever chooses a recipient's name must not choose a command or a transport: nothing of it goes into one.
        """
        maps = self._maps[name]
        _pass_on_warnings(maps, warn)
        try:
            return await maps.find(user, waiter)
        finally:
            _pass_on_warnings(maps, warn)


def _pass_on_warnings(maps: MapList, warn: Callable[[str], None]) -> None:
    for table in maps.tables:
        for text in table.pop_warnings():
            warn(text)
