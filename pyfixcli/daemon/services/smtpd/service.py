"""A line of master.cf with smtpd: its view of the configuration, and what its sessions share."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import msgspec

from pyfixcli.access.evaluate import Access
from pyfixcli.access.facts import Client
from pyfixcli.access.server_settings import make_settings
from pyfixcli.access.session import SmtpSession
from pyfixcli.base import paths
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.intake import IncomingMessage, Intake
from pyfixcli.daemon.services.smtpd.client_name import ClientNames
from pyfixcli.daemon.services.smtpd.connection import SmtpConnection
from pyfixcli.log.maillog import MailLog
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
        if self._least and free < self._least:
            return f"not enough free space in mail queue: {free} bytes < minimum free"
        if self._message_limit and free < self._message_limit * 3 // 2:
            return f"not enough free space in mail queue: {free} bytes < 1.5*message size limit"
        return ""


class SmtpService:
    """One service in one edge process (access.session.Service)."""

    def __init__(
        self,
        config: Config,
        log: MailLog,
        policy: Access,
        intake: Intake,
        names: ClientNames,
        flush_log_soon: Callable[[], None],
    ) -> None:
        self.name = "smtpd"
        self.log = log
        self.policy = policy
        self.queue = SmtpQueue(config, intake)
        self.names = names
        self.flush_log_soon = flush_log_soon
        self.loop = asyncio.get_running_loop()
        self.timeout = float(config.smtpd_timeout)
        self.min_data_rate = max(1, config.smtpd_min_data_rate)
        self.looks_up_names = config.smtpd_peername_lookup
        self._settings = make_settings(config)
        self.connections: set[SmtpConnection] = set()

    def make_connection(self) -> SmtpConnection:
        """The protocol of a connection that was accepted."""
        return SmtpConnection(self)

    def joined(self, connection: SmtpConnection) -> None:
        """A connection begins."""
        self.connections.add(connection)

    def left(self, connection: SmtpConnection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        self.flush_log_soon()

    def new_session(self, client: Client, port: str, connection: SmtpConnection) -> SmtpSession:
        """The session of a client; logged as the reference logs it."""
        self.log.info(self.name, f"connect from {client}")
        client = msgspec.structs.replace(client, port=port)
        return SmtpSession(self, self._settings, client, connection)

    def close_idle(self) -> None:
        """Before the process ends: hang up where no mail is under way."""
        for connection in list(self.connections):
            if connection.is_idle:
                connection.close()
