"""Transcripts of SMTP sessions on their way to the postmaster (notify_classes)."""

from __future__ import annotations

import asyncio
import os

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import ConfigError, PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.bounce.session_notice import (
    SessionNotice,
    client_notice,
    server_notice,
    session_classes,
)
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.context import make_intake, service_config
from pyfixcli.daemon.intake import Intake
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import FLAG_NOTICE, Origin
from pyfixcli.mail.notify_class import NotifyClass
from pyfixcli.mail.recipient import Recipient
from pyfixcli.mail.transcript import Transcript

FAREWELL = 2.0  # seconds that results or the end of the process wait for notices
UNDER_WAY = 100  # notices; clients must not make the process hold more


class SmtpdNotifier:
    """Sends notices about the sessions of one smtpd service (access.session_recorder.Notifier)."""

    def __init__(self, config: Config, intake: Intake, log: MailLog, service: str) -> None:
        """ConfigError for an unknown word in notify_classes."""
        self.classes = session_classes(config)
        self.threshold = config.smtpd_history_flush_threshold
        self._config = config
        self._intake = intake
        self._log = log
        self._service = service
        self._tasks: set[asyncio.Task[None]] = set()

    def notify(self, client: str, transcript: Transcript, reason: str) -> None:
        """Send a notice, beside what the process does."""
        if len(self._tasks) >= UNDER_WAY:
            self._log.warning(self._service, f"too many postmaster notices: {client}")
            return
        now = self._intake.clock.now()
        try:
            notice = server_notice(self._config, client, transcript, reason, now)
        except ConfigError as error:
            self._log.fatal(self._service, str(error))
            return
        task = asyncio.create_task(submit_notice(notice, self._intake, self._log, self._service))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class ClientNotices:
    """Sends notices about the sessions of smtp and lmtp; opens its way into the queue when one is due."""

    def __init__(self, context: WorkerContext, waiter: PoolWaiter) -> None:
        self.log = context.log
        self._context = context
        self._waiter = waiter
        self._store: StoreLink | None = None
        self._intake: Intake | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def notifier(self, config: Config, title: str) -> ClientNotifier | None:
        """For the sessions of one service; ConfigError for an unknown word in notify_classes."""
        if not session_classes(config) & NotifyClass.PROTOCOL:
            return None
        return ClientNotifier(self, config, title)

    def send(self, notice: SessionNotice, service: str) -> None:
        """Send a notice, beside what the process does."""
        if len(self._tasks) >= UNDER_WAY:
            return
        task = asyncio.create_task(self._send(notice, service))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, notice: SessionNotice, service: str) -> None:
        context = self._context
        if self._intake is None:
            path = os.path.join(context.config.queue_directory, paths.STORE)
            self._store = store = StoreLink(path, context.log)
            config = service_config(context.config, context.services, "cleanup")
            serials = SerialSource(store)
            self._intake = make_intake(config, context.log, self._waiter, store, serials)
            await store.start()
        await submit_notice(notice, self._intake, context.log, service)

    async def settle(self) -> None:
        """Wait until what is under way is in the queue: the postmaster hears of a session before the sender does."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FAREWELL)

    async def close(self) -> None:
        """The process ends: what is under way is finished first."""
        await self.settle()
        if self._store is not None:
            self._store.close()


class ClientNotifier:
    """Notices about the sessions of one service (delivery.smtp.conversation.Notifier)."""

    def __init__(self, notices: ClientNotices, config: Config, title: str) -> None:
        self._notices = notices
        self._config = config
        self._title = title

    def notify(self, server: str, transcript: Transcript) -> None:
        """Send a notice."""
        now = SystemClock().now()
        service = self._title[:4].lower()
        try:
            notice = client_notice(self._config, server, transcript, self._title, now)
        except ConfigError as error:
            self._notices.log.fatal(service, str(error))
        else:
            self._notices.send(notice, service)


async def submit_notice(notice: SessionNotice, intake: Intake, log: MailLog, service: str) -> None:
    """Put a notice into the queue; when that fails there is only a line in the log."""
    now = intake.clock.now()
    queue_id = await intake.queue_id(now)
    origin = Origin(
        service="bounce",
        copied=False,
        checked=notice.is_inspected,
        sender=notice.sender,
        recipients=(Recipient(notice.recipient),),
        arrival_time=now,
        flags=FLAG_NOTICE,
    )
    failure = "the queue is not available"
    if queue_id:
        incoming = intake.begin(origin, queue_id)
        try:
            await incoming.feed(notice.content)
            taken = await incoming.finish()
        except (OSError, PyfixError) as error:
            incoming.discard()
            failure = str(error)
        else:
            failure = "" if taken.status == EX_OK else taken.text
    if failure:
        log.warning(service, f"postmaster notify: {failure}")
