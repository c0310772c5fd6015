"""proxymap(8), in the queue process: the ``proxy:`` tables of all processes, so that a database has one pool of connections.

Only tables that proxy_read_maps or proxy_write_maps name are opened, once each until the next reload. Who may ask is a matter of
the rights of the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.lookups import DEADLINE, PoolWaiter
from pyfixcli.daemon.stream import FrameConnection
from pyfixcli.log.maillog import MailLog
from pyfixcli.maps.proxy import open_behind
from pyfixcli.maps.table import Table, TableFailure
from pyfixcli.protocol.proxymap import (
    Answer,
    BadMessage,
    Question,
    pack_answer,
    unpack_question,
)

Spawn = Callable[[Coroutine[Any, Any, None]], None]
NAME = "proxymap"


class ProxyMap:
    """Answers questions about tables; ``spawn`` runs a coroutine beside."""

    def __init__(self, config: Config, log: MailLog, spawn: Spawn) -> None:
        self._config = config
        self._log = log
        self._spawn = spawn
        self._waiter = PoolWaiter(DEADLINE, lambda text: log.warning(NAME, text))
        self._tables: dict[tuple[str, bool, bool], Table] = {}

    def reload(self, config: Config) -> None:
        """Open tables as this configuration has them from now on; lookups that are under way end as they began."""
        self._config = config
        self._tables = {}

    def protocol(self) -> FrameConnection:
        """A connection for the server that processes connect to."""
        return FrameConnection(self._log, self._on_frame, lambda connection: None)

    def _on_frame(self, connection: FrameConnection, payload: bytes) -> None:
        try:
            question = unpack_question(payload)
        except BadMessage as error:
            self._log.warning(NAME, f"closing a connection: {error}")
            connection.close()
            return
        self._spawn(self._serve(connection, question))

    async def _serve(self, connection: FrameConnection, question: Question) -> None:
        """Answer; who gets no answer is hung up on, and need not wait for one."""
        try:
            answer = await self._answer(question)
        except BaseException:
            connection.close()
            raise
        connection.send(pack_answer(answer))

    async def _answer(self, question: Question) -> Answer:
        try:
            return Answer(await self._waiter.lookup(self._open(question), question.key))
        except TableFailure as failure:
            return Answer(None, str(failure), failure.reason)
        except ConfigError as error:
            return Answer(None, f"table proxy:{question.name}: {error}")

    def _open(self, question: Question) -> Table:
        """The open table; ConfigError."""
        place = (question.name, question.fold, question.plain)
        table = self._tables.get(place)
        if table is None:
            table = open_behind(question.name, self._config, question.fold)
            if question.plain:
                table.refuse_substitution()
            self._tables[place] = table
        return table
