"""A table that the queue process has open for all others (proxymap(8)): a database has one pool of connections.

Data flow: key -> question to private/proxymap -> answer -> value. Where no daemon listens, or we may not ask it, the table is
asked without it: commands need no running mail system for ``proxy:``. A table that must not take its
values from another process (Table.refuse_daemon) is always asked without it.
"""

from __future__ import annotations

import os
import time

from pyfixcli.base import paths
from pyfixcli.maps.complaints import failure_text
from pyfixcli.maps.endpoint import (
    TIME_LIMIT,
    Connection,
    Connections,
    Disconnected,
    Unreachable,
    unix_endpoint,
)
from pyfixcli.maps.table import Table, TableFailure
from pyfixcli.protocol.frame import MAX_FRAME, frame
from pyfixcli.protocol.proxymap import Answer, BadMessage, Question, pack_question, unpack_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

LENGTH = 4  # octets before the payload of a frame


class ProxiedTable(Table):
    """Asks the daemon in place of ``table``, whose name (without ``proxy:``) is ``name``."""

    immediate = False
    connected = True

    def __init__(self, name: str, table: Table, config: Config, fold: bool) -> None:
        super().__init__(table.name)
        self._key = Question(name, "", fold, False)
        self._table = table
        self._is_own = False
        self.fixed_keys = table.fixed_keys
        self.warnings = table.warnings
        path = os.path.join(config.queue_directory, paths.PROXYMAP)
        self._connections = Connections(unix_endpoint(path))

    def get(self, key: str) -> str | None:
        """As Table.get; answers, or fails, within TIME_LIMIT seconds."""
        if self._is_own:
            return self._table.get(key)
        request = frame(pack_question(self._key._replace(key=key)))
        try:
            answer = self._connections.exchange(
                request, _read_answer, time.monotonic() + TIME_LIMIT
            )
        except Unreachable:
            return self._table.get(key)
        except TimeoutError as error:
            raise self._failure("the proxymap service took too long") from error
        except (Disconnected, BadMessage, OSError) as error:
            raise self._failure("the proxymap service hung up") from error
        if answer.failure is not None:
            raise TableFailure(answer.failure, answer.reason)
        return answer.value

    def _failure(self, warning: str) -> TableFailure:
        return TableFailure(failure_text(self.name, [warning]))

    def line_of(self, key: str) -> int:
        """As Table.line_of."""
        return self._table.line_of(key)

    def refuse_substitution(self) -> None:
        """As Table.refuse_substitution."""
        self._key = self._key._replace(plain=True)
        self._table.refuse_substitution()

    def refuse_daemon(self) -> None:
        """As Table.refuse_daemon."""
        self._is_own = True

    def take_warnings(self) -> list[str]:
        """As Table.take_warnings; the daemon itself says what there is to say of its own."""
        return self._table.take_warnings()

    def close(self) -> None:
        self._connections.close()
        self._table.close()


def _read_answer(connection: Connection) -> Answer:
    """Disconnected, BadMessage, OSError."""
    length = int.from_bytes(connection.read_exactly(LENGTH), "big")
    if length > MAX_FRAME:
        raise Disconnected
    return unpack_answer(connection.read_exactly(length))
