"""How many local delivery processes there are (queue process's side).

A local process makes one delivery at a time. Commands and locks may hold it up for minutes, so besides the processes
that usually serve (local_processes) there is one for each delivery that takes long, up to
default_process_limit; those that are not needed any more end after max_idle.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from pyfixcli.base import paths
from pyfixcli.daemon.supervisor import usual_local_processes

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

ROLE = "local"
LONG = 0.3  # seconds after which a delivery counts as a long one
ANSWER = 10.0  # seconds for master to answer


class LocalPool:
    """Asks master for more processes, and for fewer."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._timer: asyncio.TimerHandle | None = None
        self.reload()

    def reload(self) -> None:
        """Master starts with the usual number again."""
        config = self._process.context.config
        self._usual = self._size = usual_local_processes(config)
        self._limit = max(self._usual, config.default_process_limit)
        self._max_idle = config.max_idle
        self._needed_at = 0.0  # when all of them were needed for the last time

    def assigned(self) -> None:
        """A local process was given a delivery: look at it again when it takes long."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONG, self._review)

    def _review(self) -> None:
        self._timer = None
        hub, now = self._process.hub, self._process.ticks()
        wanted = min(self._limit, self._usual + hub.count_long(ROLE, now - LONG))
        if wanted >= self._size:
            self._needed_at = now
        is_idle = wanted < self._size and now > self._needed_at + self._max_idle
        if wanted > self._size or is_idle:
            self._size = wanted
            self._process.spawn(self._ask(wanted))
        if self._size > self._usual or hub.is_any_busy(ROLE):
            self.assigned()

    async def _ask(self, count: int) -> None:
        path = os.path.join(self._process.config.queue_directory, paths.MASTER)
        try:
            async with asyncio.timeout(ANSWER):
                reader, writer = await asyncio.open_unix_connection(path)
                writer.write(f"workers {ROLE} {count}".encode())
                await reader.read(16)
                writer.close()
        except (OSError, TimeoutError):
            self._size = self._usual  # ask again while it matters
