"""The way from an SMTP session into the queue, and what else a session asks of it."""

from __future__ import annotations

import asyncio
import os
import time

from pyfixcli.base import paths
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.intake import IncomingMessage, Intake
from pyfixcli.mail import submission
from pyfixcli.mail.envelope import Origin

FLUSH = ord("F")  # kind of the request to the flush socket
FLUSH_PATIENCE = 10.0  # seconds
ROOM_KEPT = 1.0  # seconds between two looks at the free space


class SmtpQueue:
    """The way into the queue for one service (access.session.Queue)."""

    def __init__(self, config: Config, intake: Intake) -> None:
        self._intake = intake
        self._directory = config.queue_directory
        self._least = config.queue_minfree
        self._message_limit = config.message_size_limit
        self._looked = 0.0
        self._warning = ""

    async def queue_id(self, arrival: float) -> str:
        """A new queue id; empty when there is none to be had."""
        return await self._intake.queue_id(arrival)

    def begin(self, origin: Origin, queue_id: str) -> IncomingMessage:
        """Take a message."""
        return self._intake.begin(origin, queue_id)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._intake.clock.now()

    async def flush_site(self, domain: str) -> None:
        """Ask the scheduler to try now what waits for a domain."""
        path = os.path.join(self._directory, paths.FLUSH)
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except OSError:
            return  # no scheduler: it will try everything when it is back
        try:
            request = f"site {domain}".encode("utf-8", "surrogateescape")
            writer.write(submission.pack_frame(FLUSH, request))
            await asyncio.wait_for(reader.read(1), FLUSH_PATIENCE)
        except (OSError, TimeoutError):
            return
        finally:
            writer.close()

    def lacks_room(self) -> str:
        """What to warn about when there is too little room (queue_minfree); else empty."""
        now = time.monotonic()
        if now - self._looked > ROOM_KEPT:
            self._looked = now
            self._warning = self._look()
        return self._warning

    def _look(self) -> str:
        status = os.statvfs(self._directory)
        free = status.f_bavail * status.f_frsize
        if free < self._least or free < self._message_limit * 3 // 2:
            return f"not enough free space in mail queue: {free} bytes < 1.5*message size limit"
        return ""
