"""What becomes of a message when deliveries end: removed, deferred, returned.

Results of a message that still has deliveries under way are written in batches; the last ones
go into one transaction with what follows from them, so that a notice and the removal of
its message are one step.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from pyfixcli.base import paths
from pyfixcli.bounce.notice import Notice, compose, failure_notices, success_notices, wants
from pyfixcli.bounce.report import ReportedRecipient
from pyfixcli.daemon.agents import Agent
from pyfixcli.daemon.intake import IncomingMessage, Prepared
from pyfixcli.log.maillog import expired_line
from pyfixcli.mail.delivery import DeliveryResult, Status
from pyfixcli.mail.envelope import FLAG_EXPIRED, FLAG_NOTICE, Envelope, Origin
from pyfixcli.mail.recipient import NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS, Recipient
from pyfixcli.qmgr.job import Job
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.content import open_content, read_chunks
from pyfixcli.queue.schema import LogEntry, StoredMessage

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

BATCH_DELAY = 0.05  # seconds that a result may wait for others
BATCH_SIZE = 200
DRAIN = 2.0  # seconds that the end of the process waits for commits


class Completion:
    """Writes results, and finishes messages."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._waiting: dict[str, Job] = {}
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._finishing: set[str] = set()

    def check(self, job: Job) -> None:
        """A result came in, or something was taken back: go on with the message."""
        if job.is_complete:
            self._waiting.pop(job.queue_id, None)
            if job.queue_id not in self._finishing:
                self._finishing.add(job.queue_id)
                self._process.spawn(self._finish(job))
            return
        if job.unwritten:
            self._waiting[job.queue_id] = job
            self._count += 1
            if self._count >= BATCH_SIZE:
                self._write_batch()
            elif self._timer is None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(BATCH_DELAY, self._write_batch)

    def _write_batch(self) -> None:
        """Results of messages that are still under way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, {}
        self._count = 0
        for job in waiting.values():
            self._process.spawn(self._write_results(job))

    async def _write_results(self, job: Job) -> None:
        results, job.unwritten = job.unwritten, []
        confirmations, job.confirmations = job.confirmations, []
        if results:
            await self._process.store.commit_surely(self._update(job, results))
        self._confirm(confirmations)

    def _confirm(self, confirmations: list[tuple[object, int]]) -> None:
        for agent, ticket in confirmations:
            assert isinstance(agent, Agent)
            self._process.hub.confirm(agent, ticket)

    def _update(self, job: Job, results: list[DeliveryResult]) -> rq.Update:
        """The operation that records results without moving the message."""
        done = tuple(r.index for r in results if r.status is not Status.DEFERRED)
        return rq.Update(
            job.queue_id,
            job.attempt,
            job.active_time,
            done=done,
            entries=tuple(self._log_entries(job, results)),
        )

    def _log_entries(self, job: Job, results: list[DeliveryResult]) -> list[rq.Entry]:
        kinds = {Status.DEFERRED: schema.DEFER_LOG, Status.BOUNCED: schema.BOUNCE_LOG}
        entries = []
        for result in results:
            kind = kinds.get(result.status)
            if kind is None and wants(job.recipients[result.index].notify, NOTIFY_SUCCESS):
                kind = schema.TRACE_LOG
            if kind is None:
                continue
            key = schema.log_key(schema.message_key(job.queue_id), kind, result.index)
            record = codec.encode_record(key, self._entry(job, result))
            entries.append(rq.Entry(kind, result.index, record))
        return entries

    def _entry(self, job: Job, result: DeliveryResult) -> LogEntry:
        recipient = job.recipients[result.index]
        return LogEntry(
            address=recipient.address,
            original=recipient.original,
            notify=recipient.notify,
            orcpt=recipient.orcpt,
            dsn=result.dsn,
            status=int(result.status),
            action=result.action,
            text=result.text,
            relay=result.relay,
            remote_mta=result.remote_mta,
            diagnostic_type=result.diagnostic_type,
            diagnostic=result.diagnostic,
            time=self._process.clock.now(),
            index=result.index,
        )

    # -- the end of an attempt -----------------------------------------------------------

    async def _finish(self, job: Job) -> None:
        process = self._process
        results, job.unwritten = job.unwritten, []
        try:
            if job.cancelled:
                removed = await self._finish_cancelled(job, results)
            elif not job.deferred and not job.bounced and not self._needs_report(job):
                await process.store.commit_surely(rq.Remove(job.queue_id))
                removed = True
            else:
                removed = await self._finish_with_consequences(job, results)
        finally:
            self._finishing.discard(job.queue_id)
            process.jobs.pop(job.queue_id, None)
        if removed:
            process.log.info("qmgr", f"{job.queue_id}: removed")
        self._confirm(job.confirmations)
        process.feeder.refill()
        if job.cancelled:
            process.pickup.trigger()

    def _needs_report(self, job: Job) -> bool:
        if not job.sender or not job.succeeded:
            return job.attempt > 1
        notified = any(wants(r.notify, NOTIFY_SUCCESS) for r in job.recipients.values())
        return notified or job.attempt > 1

    async def _finish_cancelled(self, job: Job, results: list[DeliveryResult]) -> bool:
        """Somebody deleted, held or requeued it meanwhile: only what was done counts."""
        if results:
            await self._process.store.commit_surely(self._update(job, results))
        stored = self._read(job.queue_id)
        if stored is not None and stored.pending == 0:
            await self._process.store.commit_surely(rq.Remove(job.queue_id))
            return True
        return False

    def _read(self, queue_id: str) -> StoredMessage | None:
        try:
            return self._process.reader.message(queue_id)
        except codec.CorruptRecord:
            return None

    async def _finish_with_consequences(self, job: Job, results: list[DeliveryResult]) -> bool:
        process = self._process
        stored = self._read(job.queue_id)
        if stored is None:
            return False
        envelope, now = stored.envelope, process.clock.now()
        failed = self._merge(job, results, schema.BOUNCE_LOG, Status.BOUNCED)
        delayed = self._merge(job, results, schema.DEFER_LOG, Status.DEFERRED)
        delivered = self._merge(job, results, schema.TRACE_LOG, Status.SENT)
        forced = bool(envelope.flags & FLAG_EXPIRED)
        expired = bool(delayed) and (
            forced or process.policy.is_expired(now, envelope.arrival_time, envelope.sender)
        )
        if expired:
            process.log.info("qmgr", f"{job.queue_id}: {expired_line(envelope.sender, forced)}")
            failed += delayed
        operations: list[rq.Operation] = []
        lines: list[str] = []
        missing = not self._has_original(envelope)
        if failed and not missing:
            reported = [e for e in failed if wants(e.notify, NOTIFY_FAILURE)]
            for notice in failure_notices(process.config, envelope) if reported else []:
                await self._add_notice(notice, envelope, reported, operations, lines)
        if delivered and not missing:
            reported = [e for e in delivered if wants(e.notify, NOTIFY_SUCCESS)]
            for notice in success_notices(process.config, envelope) if reported else []:
                await self._add_notice(notice, envelope, reported, operations, lines)
        if missing:
            process.log.warning("qmgr", f"{job.queue_id}: content is missing: moved to corrupt")
            await process.store.commit_surely(rq.SetAside(job.queue_id))
            return False
        gone = not delayed or expired
        if gone:
            operations.append(rq.Remove(job.queue_id))
        else:
            operations.append(self._defer(job, results, stored, now))
        await process.store.commit_surely(*operations)
        for line in lines:
            process.log.info("bounce", line)
        return gone

    def _merge(
        self, job: Job, results: list[DeliveryResult], kind: bytes, status: Status
    ) -> list[LogEntry]:
        """Entries of this kind: those written before, and those of the last results."""
        found = {e.index: e for e in self._process.reader.log(job.queue_id, kind)}
        if kind == schema.DEFER_LOG:
            for result in job.results.values():
                found.pop(result.index, None)
        for result in results if kind != schema.DEFER_LOG else list(job.results.values()):
            if result.status is status:
                found[result.index] = self._entry(job, result)
        return [found[index] for index in sorted(found)]

    def _defer(
        self, job: Job, results: list[DeliveryResult], stored: StoredMessage, now: float
    ) -> rq.Update:
        update = self._update(job, results)
        due = self._process.policy.next_attempt(now, stored.envelope.arrival_time)
        sites = {
            job.recipients[r.index].address.rpartition("@")[2].lower()
            for r in job.results.values()
            if r.status is Status.DEFERRED
        }
        return rq.Update(
            update.queue_id,
            update.attempt,
            update.tried,
            done=update.done,
            entries=tuple(e for e in update.entries if e.kind != schema.BOUNCE_LOG),
            queue=schema.DEFERRED,
            due=due,
            sites=tuple(sorted(site for site in sites if site)),
            forget=schema.BOUNCE_LOG,
        )

    # -- notices -----------------------------------------------------------------------

    def _original(self, envelope: Envelope) -> list[bytes] | int | None:
        """The content: in memory, or a descriptor; None when it is missing."""
        if not envelope.content_file:
            content = self._process.reader.content(envelope.queue_id)
            return None if content is None else [content]
        directory = os.path.join(self._process.config.queue_directory, paths.CONTENT)
        try:
            return open_content(directory, envelope.content_file)
        except FileNotFoundError:
            return None

    def _has_original(self, envelope: Envelope) -> bool:
        """Whether the content is there; what is opened for that is closed again."""
        original = self._original(envelope)
        if isinstance(original, int):
            os.close(original)
        return original is not None

    async def _add_notice(
        self,
        notice: Notice,
        envelope: Envelope,
        entries: list[LogEntry],
        operations: list[rq.Operation],
        lines: list[str],
    ) -> None:
        """Prepare a notice, to be stored in the same transaction."""
        process = self._process
        config, now = process.config, process.clock.now()
        queue_id = await process.intake.queue_id(now)
        original = self._original(envelope)
        origin = Origin(
            service="bounce",
            sender=notice.sender,
            recipients=(Recipient(notice.recipient, "", NOTIFY_NEVER),),
            arrival_time=now,
            flags=FLAG_NOTICE,
        )
        incoming = process.intake.begin(origin, queue_id)
        descriptor = original if isinstance(original, int) else None
        try:
            chunks = read_chunks(descriptor) if descriptor is not None else original
            assert not isinstance(chunks, int) and chunks is not None
            reported = [_reported(entry, notice) for entry in entries]
            for chunk in compose(notice, envelope, reported, chunks, config, now):
                await incoming.feed(chunk)
        finally:
            if descriptor is not None:
                os.close(descriptor)
        await self._keep(incoming, operations)
        lines.append(f"{envelope.queue_id}: {notice.log_text} notification: {queue_id}")

    async def _keep(self, incoming: IncomingMessage, operations: list[rq.Operation]) -> None:
        prepared = await incoming.prepare()
        if isinstance(prepared, Prepared):
            operations.append(prepared.insert)

    async def drain(self) -> None:
        """Write what is known before the process ends."""
        self._write_batch()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN
        while self._finishing and loop.time() < deadline:
            await asyncio.sleep(0.01)


def _reported(entry: LogEntry, notice: Notice) -> ReportedRecipient:
    actions = {"bounce": "failed", "delay": "delayed", "success": "delivered"}
    return ReportedRecipient(
        address=entry.address,
        original=entry.original or entry.address,
        orcpt=entry.orcpt,
        action=entry.action or actions[notice.kind],
        dsn=entry.dsn,
        text=entry.text,
        remote_mta=entry.remote_mta,
        diagnostic_type=entry.diagnostic_type,
        diagnostic=entry.diagnostic,
    )
