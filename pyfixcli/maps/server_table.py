"""What tables have in common that ask a server (tcp_table(5), socketmap_table(5)).

Keys and values come from strangers: what is not UTF-8 is neither asked nor answered while smtputf8_enable is on.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from pyfixcli.maps.complaints import failure_text
from pyfixcli.maps.endpoint import TIME_LIMIT, Connections
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

KEPT_WARNINGS = 20
MALFORMED = "malformed UTF-8 or invalid codepoint"


class ServerTable(Table):
    """A table behind a connection. Keys are as they come, and never partial."""

    immediate = False
    fixed_keys = False
    connected = True

    def __init__(self, name: str, config: Config, connections: Connections) -> None:
        super().__init__(name)
        self._connections = connections
        self._is_checked = config.smtputf8_enable
        self._warnings: deque[str] = deque(maxlen=KEPT_WARNINGS)

    def get(self, key: str) -> str | None:
        """As Table.get; answers, or fails, within TIME_LIMIT seconds."""
        octets = key.encode("utf-8", "surrogateescape")
        if self._is_checked and not _is_utf8(octets):
            self._warnings.append(f'{self.name}: non-UTF-8 key "{key}": {MALFORMED}')
            return None
        value = self._ask(octets, time.monotonic() + TIME_LIMIT)
        if value is None:
            return None
        value = value.partition(b"\0")[0]
        text = value.decode("utf-8", "surrogateescape")
        if self._is_checked and not _is_utf8(value):
            raise self._failure(
                [f'{self.name}: key "{key}": non-UTF-8 value "{text}": {MALFORMED}']
            )
        return text

    def _ask(self, key: bytes, deadline: float) -> bytes | None:
        """What the server says about a key; TableFailure."""
        raise NotImplementedError

    def _failure(self, warnings: Sequence[str], reason: str = "Application error") -> TableFailure:
        """``warnings`` say what happened; ``reason`` is for postmap."""
        return TableFailure(failure_text(self.name, warnings), reason)

    def take_warnings(self) -> list[str]:
        """As Table.take_warnings."""
        taken = []
        while self._warnings:
            taken.append(self._warnings.popleft())
        return taken

    def close(self) -> None:
        self._connections.close()


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
