"""A service whose configuration is broken: its clients are turned away, all other services go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pyfixcli.log.maillog import MailLog

THROTTLE = 2.0  # seconds that a client waits for nothing, so that it does not come again at once


class BrokenService:
    """Says in the log what is wrong, for each client again; says nothing to the client."""

    def __init__(self, problem: str, log: MailLog, flush_log_soon: Callable[[], None]) -> None:
        self._problem = problem
        self._log = log
        self._flush_log_soon = flush_log_soon

    def make_connection(self) -> asyncio.Protocol:
        """The protocol of a connection that was accepted."""
        return _Hangup(self)

    def complain(self) -> None:
        """A client came."""
        self._log.fatal("smtpd", self._problem)
        self._flush_log_soon()


class _Hangup(asyncio.Protocol):
    def __init__(self, service: BrokenService) -> None:
        self._service = service

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._service.complain()
        asyncio.get_running_loop().call_later(THROTTLE, transport.close)
