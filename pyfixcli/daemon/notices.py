"""From what became of recipients to the notices about it, ready to be stored (bounce(8))."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pyfixcli.base.errors import ConfigError, PyfixError
from pyfixcli.base.sysexits import EX_TEMPFAIL
from pyfixcli.bounce.notice import Kind, Notice, compose, decide_notices
from pyfixcli.bounce.report import ReportedRecipient
from pyfixcli.bounce.template import BUILT_IN, Templates, expand_text, read_templates
from pyfixcli.cleanup.outcome import Refused
from pyfixcli.config.inspected_mail import BOUNCE, inspected_classes
from pyfixcli.daemon.context import service_config
from pyfixcli.daemon.intake import Prepared, PrepareOutcome
from pyfixcli.mail.delivery import Status
from pyfixcli.mail.envelope import FLAG_NOTICE, FLAG_TRACE, FLAG_VERIFY_ONLY, Envelope, Origin
from pyfixcli.mail.notify_class import find_notify_classes
from pyfixcli.mail.recipient import Recipient
from pyfixcli.queue import requests as rq
from pyfixcli.queue.schema import LogEntry

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

RETRY = 0.5  # seconds until the store is asked again
ASKED = FLAG_TRACE | FLAG_VERIFY_ONLY  # sendmail -v and -bv want a report of everything

# The word of RFC 3464 for a result, unless the agent gave one.
ACTIONS = {
    Kind.BOUNCE: dict.fromkeys(Status, "failed"),
    Kind.DELAY: dict.fromkeys(Status, "delayed"),
    Kind.SUCCESS: dict.fromkeys(Status, "delivered"),
    Kind.VERIFY: {
        Status.SENT: "delivered",
        Status.DEFERRED: "delayed",
        Status.BOUNCED: "failed",
        Status.DELIVERABLE: "deliverable",
        Status.UNDELIVERABLE: "undeliverable",
    },
}


@dataclass(slots=True)
class Consequences:
    """Operations that belong into the transaction that ends the attempt, and lines to log after it."""

    operations: list[rq.Operation] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)  # (info or warning, text)


class NoticeMaker:
    """Makes notices for the queue process; one for each view of the configuration."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._config = service_config(process.context.config, process.context.services, "bounce")
        self._templates = self._read_templates()
        problem = find_notify_classes(self._config.notify_classes)[1]
        if problem:
            process.log.warning("bounce", problem)
        self._is_inspected = self._find_inspected()

    def _find_inspected(self) -> bool:
        try:
            return BOUNCE in inspected_classes(self._config)
        except ConfigError as error:
            self._process.log.error("bounce", str(error))
            return False

    def _read_templates(self) -> Templates:
        try:
            templates = read_templates(self._config.bounce_template_file)
        except PyfixError as error:
            self._process.log.warning("bounce", str(error))
            return Templates(BUILT_IN)
        for text in templates.warnings:
            self._process.log.warning("bounce", text)
        return templates

    def has_original(self, envelope: Envelope) -> bool:
        """Whether the content is there."""
        with self._process.stored_content(envelope) as original:
            return original is not None

    async def add(
        self,
        kind: Kind,
        envelope: Envelope,
        entries: list[LogEntry],
        consequences: Consequences,
    ) -> None:
        """Decide on the notices of this kind about ``entries``, and prepare them: first those for owners, each of its own."""
        for entry in entries:
            if entry.owner:
                told = msgspec.structs.replace(envelope, sender=entry.owner, verp_delimiters="")
                await self._decide(kind, told, envelope, [entry], consequences)
        rest = [entry for entry in entries if not entry.owner]
        await self._decide(kind, envelope, envelope, rest, consequences)

    async def _decide(
        self,
        kind: Kind,
        told: Envelope,
        envelope: Envelope,
        entries: list[LogEntry],
        consequences: Consequences,
    ) -> None:
        """The same for one whom to tell: the sender of ``told``."""
        if kind is Kind.SUCCESS and envelope.flags & ASKED:
            kind = Kind.VERIFY
        reported = [_reported(entry, kind) for entry in entries]
        decision = decide_notices(self._config, told, kind, reported, self._templates)
        name = envelope.queue_id
        for level, text in (("info", decision.info), ("warning", decision.warning)):
            if text:
                consequences.lines.append((level, f"{name}: {text}"))
        self._note_templates(decision.notices, consequences)
        for notice in decision.notices:
            queue_id = await self._prepare(notice, envelope, consequences)
            for text in notice.warnings:
                consequences.lines.append(("warning", f"{name}: {text}"))
            line = f"{name}: {notice.log_text} notification: {queue_id}"
            consequences.lines.append(("info", line))

    def _note_templates(self, notices: tuple[Notice, ...], consequences: Consequences) -> None:
        """What is odd about the texts that are to be sent."""
        for template in {notice.template.name: notice.template for notice in notices}.values():
            for text in expand_text(template, self._config).warnings:
                consequences.lines.append(("warning", text))

    async def _prepare(self, notice: Notice, envelope: Envelope, consequences: Consequences) -> str:
        """Compose a notice and take it through cleanup; its queue id.

        While a table of the address mappings cannot answer it is tried again: until then the message stays.
        """
        while True:
            queue_id, prepared = await self._compose(notice, envelope)
            if not isinstance(prepared, Refused) or prepared.status != EX_TEMPFAIL:
                break
            await asyncio.sleep(self._config.minimal_backoff_time)
        if isinstance(prepared, Prepared):
            consequences.operations.append(prepared.insert)
        elif isinstance(prepared, Refused):
            line = f"{envelope.queue_id}: notice to <{notice.recipient}> refused: {prepared.text}"
            consequences.lines.append(("warning", line))
        return queue_id

    async def _compose(self, notice: Notice, envelope: Envelope) -> tuple[str, PrepareOutcome]:
        """One try: the notice's queue id, and what cleanup makes of it."""
        process = self._process
        now = process.clock.now()
        queue_id = await self._new_queue_id(now)
        origin = Origin(
            service="bounce",
            copied=False,
            checked=self._is_inspected,
            sender=notice.sender,
            recipients=(Recipient(notice.recipient),),
            arrival_time=now,
            flags=FLAG_NOTICE | notice.flags,
            encoding=notice.encoding,
        )
        incoming = process.intake.begin(origin, queue_id)
        try:
            with process.stored_content(envelope) as original:
                for chunk in compose(notice, envelope, (), original or (), self._config, now):
                    await incoming.feed(chunk)
        except BaseException:
            incoming.discard()
            raise
        return queue_id, await incoming.prepare()

    async def _new_queue_id(self, now: float) -> str:
        """A queue id, however long the store is away: the message waits for its notice."""
        while not (queue_id := await self._process.intake.queue_id(now)):
            await asyncio.sleep(RETRY)
        return queue_id


def _reported(entry: LogEntry, kind: Kind) -> ReportedRecipient:
    return ReportedRecipient(
        address=entry.address,
        original=entry.original or entry.address,
        hides_original=entry.hides_original,
        orcpt=entry.orcpt,
        action=entry.action or ACTIONS[kind].get(Status(entry.status), "failed"),
        dsn=entry.dsn,
        text=entry.text,
        remote_mta=entry.remote_mta,
        diagnostic_type=entry.diagnostic_type,
        diagnostic=entry.diagnostic,
        notify=entry.notify,
        relay=entry.relay,
    )
