"""What enters the active queue, and when: announcements, queue runs, flushes (qmgr(8))."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from pyfixcli.queue import schema
from pyfixcli.queue.reader import IndexEntry

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

SLICE = 200
MOST_ASKED_FOR = 20000  # messages that users want tried and that have no room yet
RESOLVED_AT_A_TIME = (
    2000  # messages whose recipients are being resolved: tables may take their time
)


class Feeder:
    """Feeds the active queue up to qmgr_message_active_limit."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._announced: deque[tuple[str, bytes, bool]] = deque()  # as activate() takes them
        self._wake = asyncio.Event()
        self._scan_incoming = True
        self._run: list[tuple[float, float]] = []  # (due until, tried before) of queue runs
        self._reset = asyncio.Event()
        self._begun = 0  # activations that are not in the active queue yet
        self._places = asyncio.Semaphore(RESOLVED_AT_A_TIME)

    def start(self) -> None:
        """Begin: everything in incoming, then queue runs."""
        self._process.spawn(self._feed())
        self._process.spawn(self._run_periodically())
        self.queue_run()

    def announce(self, queue_ids: tuple[str, ...]) -> None:
        """Messages were committed."""
        if len(self._process.active) + len(self._announced) > self._limit:
            self._scan_incoming = True
        else:
            self._announced.extend((queue_id, b"", False) for queue_id in queue_ids)
        self._wake.set()

    def look_again(self) -> None:
        """Announcements may have been lost."""
        self._scan_incoming = True
        self._wake.set()

    def queue_run(self) -> None:
        """Try what is due."""
        now = self._process.clock.now()
        self._run.append((now, now))
        self._wake.set()

    def flush(self) -> None:
        """Try everything that is deferred, due or not (postqueue -f)."""
        now = self._process.clock.now()
        self._process.scheduler.revive()
        self._run.append((float("inf"), now))
        self._scan_incoming = True
        self._wake.set()

    def try_now(self, queue_ids: list[str]) -> None:
        """Try these messages (postqueue -i, -s); those beyond the limit wait for the next queue run."""
        room = max(0, MOST_ASKED_FOR - len(self._announced))
        self._announced.extend((queue_id, b"", True) for queue_id in queue_ids[:room])
        self._wake.set()

    def refill(self) -> None:
        """A message left the active queue."""
        if self._scan_incoming or self._run or self._announced:
            self._wake.set()

    def reschedule(self) -> None:
        """queue_run_delay may have changed."""
        self._reset.set()

    @property
    def _limit(self) -> int:
        return self._process.config.qmgr_message_active_limit

    @property
    def _has_room(self) -> bool:
        return len(self._process.active) + self._begun < self._limit

    async def _run_periodically(self) -> None:
        while True:
            delay = self._process.config.queue_run_delay
            try:
                await asyncio.wait_for(self._reset.wait(), delay)
                self._reset.clear()
            except TimeoutError:
                self.look_again()
                self.queue_run()

    async def _feed(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._feed_announced()
            if self._scan_incoming:
                self._scan_incoming = False
                await self._feed_queue(schema.INCOMING, None, None)
            while self._run and self._has_room:
                until, before = self._run.pop(0)
                limit = None if until == float("inf") else until
                await self._feed_queue(schema.DEFERRED, limit, before)

    async def _feed_announced(self) -> None:
        while self._announced and self._has_room:
            await self._begin(*self._announced.popleft())

    async def _begin(self, queue_id: str, index_key: bytes, flushed: bool) -> None:
        """Activate a message beside the others, so that a table that does not answer delays none but its own.

        They begin in the order of these calls, and with tables that answer in line they are resolved in that order.
        """
        await self._places.acquire()
        self._begun += 1
        self._process.spawn(self._activate(queue_id, index_key, flushed))

    async def _activate(self, queue_id: str, index_key: bytes, flushed: bool) -> None:
        self._begun -= 1
        try:
            await self._process.activation.activate(queue_id, index_key, flushed)
        finally:
            self._places.release()

    async def _feed_queue(self, queue: str, until: float | None, before: float | None) -> None:
        """Activate a queue's messages in order of time, slice by slice."""
        after = b""
        while entries := self._process.reader.slice(queue, after, until, SLICE):
            for entry in entries:
                if not self._has_room:
                    self._remember(queue, until, before)
                    return
                if not self._was_tried(entry, before):
                    flushed = until is None and queue == schema.DEFERRED
                    await self._begin(entry.queue_id, entry.key, flushed)
            after = entries[-1].key
            await asyncio.sleep(0)
            await self._feed_announced()

    def _remember(self, queue: str, until: float | None, before: float | None) -> None:
        """No room: go on when a message leaves."""
        if queue == schema.INCOMING:
            self._scan_incoming = True
        else:
            bound = float("inf") if until is None else until
            self._run.insert(0, (bound, before or 0.0))

    def _was_tried(self, entry: IndexEntry, before: float | None) -> bool:
        """Whether a flush has been at this message already (it was deferred again)."""
        if before is None or entry.queue_id in self._process.active:
            return entry.queue_id in self._process.active
        if entry.due <= before:
            return False
        try:
            stored = self._process.reader.message(entry.queue_id)
        except Exception:
            return False
        return stored is None or stored.tried >= before
