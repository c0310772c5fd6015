"""What becomes of a message when deliveries end: removed, deferred, returned.

Results of a message that still has deliveries under way are written in batches; the last ones
go into one transaction with what follows from them, so that a notice and the removal of
its message are one step.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from pyfixcli.bounce.notice import Kind
from pyfixcli.daemon.agents import Agent
from pyfixcli.daemon.delivery_records import REPORTED, DeliveryRecords, Done
from pyfixcli.daemon.notices import Consequences, NoticeMaker
from pyfixcli.log.maillog import expired_line
from pyfixcli.mail.envelope import (
    FLAG_EXPIRED,
    FLAG_WARNED,
    Envelope,
)
from pyfixcli.qmgr.message import Message
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.env import DAMAGE
from pyfixcli.queue.schema import StoredMessage

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

BATCH_DELAY = 0.05  # seconds that a result may wait for others
BATCH_SIZE = 200
DRAIN = 2.0  # seconds that the end of the process waits for commits


class Completion:
    """Writes results, and finishes messages."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._waiting: dict[str, Message] = {}
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._finishing: set[str] = set()
        self._writing: dict[
            str, set[asyncio.Future[None]]
        ] = {}  # by queue id: batches on their way
        self._records = DeliveryRecords(process)
        self.reload()

    def reload(self) -> None:
        """The configuration may have changed."""
        self._notices = NoticeMaker(self._process)

    def check(self, message: Message) -> None:
        """A result came in, or something was taken back: go on with the message."""
        if message.is_complete:
            self._waiting.pop(message.queue_id, None)
            if message.queue_id not in self._finishing:
                self._finishing.add(message.queue_id)
                self._process.spawn(self._finish(message))
            return
        if message.unwritten:
            self._waiting[message.queue_id] = message
            self._count += 1
            if self._count >= BATCH_SIZE:
                self._write_batch()
            elif self._timer is None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(BATCH_DELAY, self._write_batch)

    # -- results -----------------------------------------------------------------------

    def _write_batch(self) -> None:
        """Results of messages that are still under way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, {}
        self._count = 0
        for message in waiting.values():
            self._process.spawn(self._write_results(message))

    async def _write_results(self, message: Message) -> None:
        done = message.hand_over()
        confirmations, message.confirmations = message.confirmations, []
        inserts, message.inserts = message.inserts, []
        if done:
            message.is_partly_written = True
            written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._writing.setdefault(message.queue_id, set()).add(written)
            try:
                await self._commit(inserts, self._records.update(message, done))
            finally:
                written.set_result(None)
        self._confirm(confirmations)

    async def _commit(self, inserts: list[rq.Insert], *operations: rq.Operation) -> None:
        """Record results, together with the copies that deliveries sent on.

        A copy that is there already was committed by an earlier queue process, maybe without all of what is to be
        committed now: each operation is then repeated alone, since all of them may be.
        """
        store = self._process.store
        if not inserts and len(operations) == 1:
            await store.commit_later(operations[0])
            return
        reply = await store.commit_surely(*inserts, *operations)
        if reply.error == rq.EXISTS:
            for operation in (*inserts, *operations):
                await store.commit_surely(operation)

    async def _wait_for_writes(self, message: Message) -> None:
        """What follows from the results is decided by the logs, so all of them must be there."""
        for written in self._writing.pop(message.queue_id, ()):
            await written

    def _confirm(self, confirmations: list[tuple[object, int]]) -> None:
        for agent, ticket in confirmations:
            assert isinstance(agent, Agent)
            self._process.hub.confirm(agent, ticket)

    # -- the end of an attempt -----------------------------------------------------------

    async def _finish(self, message: Message) -> None:
        process = self._process
        done = message.hand_over()
        try:
            await self._wait_for_writes(message)
            removed = await self._end(message, done)
        finally:
            self._finishing.discard(message.queue_id)
            process.active.pop(message.queue_id, None)
        if (
            removed and not message.envelope.refusal
        ):  # the reference's scheduler never had such mail
            process.log.info("qmgr", f"{message.queue_id}: removed")
        self._confirm(message.confirmations)
        process.feeder.refill()
        if message.cancelled:
            process.pickup.trigger()

    async def _end(self, message: Message, done: list[Done]) -> bool:
        """Commit the last results with what follows from them; whether the message is gone.

        Results are kept when no notice can be made (no room for its content, say): else all would be delivered again.
        """
        if message.cancelled:
            return await self._finish_cancelled(message, done)
        if self._is_plain(message):
            await self._process.store.commit_later(rq.Remove(message.queue_id))
            return True
        try:
            return await self._finish_with_consequences(message, done)
        except DAMAGE:
            raise
        except Exception as error:
            await self._put_off(message, done, error)
            return False

    async def _put_off(self, message: Message, done: list[Done], error: Exception) -> None:
        """Record the results alone; the notices are made at the next attempt."""
        process = self._process
        text = f"{message.queue_id}: cannot finish: {type(error).__name__}: {error}"
        process.log.warning("bounce", text)
        due = process.policy.next_attempt(process.clock.now(), message.arrival_time)
        update = self._records.update(message, done, queue=schema.DEFERRED, due=due)
        await self._commit(message.inserts, update)

    def _is_plain(self, message: Message) -> bool:
        """Everything was delivered at the first attempt, and nobody is to be told."""
        trouble = message.deferred or message.bounced or message.attempt > 1 or message.inserts
        return not (trouble or message.wants_success or message.flags & REPORTED)

    async def _finish_cancelled(self, message: Message, done: list[Done]) -> bool:
        """Somebody deleted, held or requeued it meanwhile: only what was done counts."""
        if done:
            await self._commit(message.inserts, self._records.update(message, done))
        stored = self._read(message.queue_id)
        if stored is not None and stored.pending == 0:
            await self._process.store.commit_surely(rq.Remove(message.queue_id))
            return True
        return False

    def _read(self, queue_id: str) -> StoredMessage | None:
        try:
            return self._process.reader.message(queue_id)
        except codec.CorruptRecord:
            return None

    async def _finish_with_consequences(self, message: Message, done: list[Done]) -> bool:
        process = self._process
        stored = self._read(message.queue_id)
        if stored is None:
            return False
        envelope, now = stored.envelope, process.clock.now()
        if not self._notices.has_original(envelope):
            process.log.warning("qmgr", f"{message.queue_id}: content is missing: moved to corrupt")
            await process.store.commit_surely(rq.SetAside(message.queue_id))
            return False
        failed = self._records.merge(message, done, schema.BOUNCE_LOG)
        delayed = self._records.merge(message, done, schema.DEFER_LOG)
        traced = self._records.merge(message, done, schema.TRACE_LOG)
        expired = bool(delayed) and self._is_expired(envelope, now)
        if expired:
            forced = bool(envelope.flags & FLAG_EXPIRED)
            line = expired_line(envelope.sender, forced)
            process.log.info("qmgr", f"{message.queue_id}: {line}")
            failed += delayed
            delayed = []
        follow = Consequences()
        await self._notices.add(Kind.BOUNCE, envelope, failed, follow)
        warned = bool(delayed) and self._is_to_be_warned(envelope, now)
        if warned:
            await self._notices.add(Kind.DELAY, envelope, delayed, follow)
        await self._notices.add(Kind.SUCCESS, envelope, traced, follow)
        if delayed:
            follow.operations.append(self._defer(message, done, stored, now, warned))
        else:
            follow.operations.append(rq.Remove(message.queue_id))
        notices = [op for op in follow.operations if isinstance(op, rq.Insert)]
        others = [op for op in follow.operations if not isinstance(op, rq.Insert)]
        await self._commit([*message.inserts, *notices], *others)
        for level, line in follow.lines:
            getattr(process.log, level)("bounce", line)
        return not delayed

    def _is_expired(self, envelope: Envelope, now: float) -> bool:
        if envelope.flags & FLAG_EXPIRED:
            return True
        return self._process.policy.is_expired(now, envelope.arrival_time, envelope.sender)

    def _is_to_be_warned(self, envelope: Envelope, now: float) -> bool:
        """delay_warning_time: once, after that time."""
        delay = self._process.config.delay_warning_time
        if not delay or envelope.flags & FLAG_WARNED:
            return False
        return now >= envelope.arrival_time + delay

    def _defer(
        self, message: Message, done: list[Done], stored: StoredMessage, now: float, warned: bool
    ) -> rq.Update:
        update = self._records.update(
            message,
            done,
            queue=schema.DEFERRED,
            due=self._process.policy.next_attempt(now, stored.envelope.arrival_time),
            set_flags=FLAG_WARNED if warned else 0,
            clear_flags=REPORTED,
            forget=(schema.BOUNCE_LOG, schema.TRACE_LOG),
        )
        reported = (schema.BOUNCE_LOG, schema.TRACE_LOG)
        kept = tuple(entry for entry in update.entries if entry.kind not in reported)
        return msgspec.structs.replace(update, entries=kept)

    async def drain(self) -> None:
        """Write what is known before the process ends."""
        self._write_batch()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN
        await asyncio.sleep(0)  # what was begun is under way then
        while self._is_writing and loop.time() < deadline:
            await asyncio.sleep(0.01)

    @property
    def _is_writing(self) -> bool:
        batches = (batch for batches in self._writing.values() for batch in batches)
        return bool(self._finishing) or any(not written.done() for written in batches)
