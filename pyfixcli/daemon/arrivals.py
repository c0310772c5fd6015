"""New mail on its way from this process into the queue.

Mail that comes while other mail is under way waits for the store: they share a commit. A message that comes alone has
nobody to share with, and would wait for two processes to wake up and for two writes; it goes into the journal of this
process, is safe there, and reaches the store with the next commit (queue/journal.py). That is done while the store
answers and has plenty of room, and while the disk answers at once, since a loop waits for the write.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Coroutine
from typing import NamedTuple

from pyfixcli.daemon.store_link import DOWN, Draft, StoreLink
from pyfixcli.log.maillog import MailLog
from pyfixcli.queue import requests as rq
from pyfixcli.queue.journal import Journal

SERVICE = "smtpd"  # in log lines
SLOW = 0.025  # seconds: a disk that takes longer is not waited for on the loop
REST = 10.0  # seconds until it is tried again
SILENCE = 1.0  # seconds: a store that takes longer to confirm something is promised nothing more
ROOM_RETRY = 1.0  # seconds between two questions whether there is plenty of room again
INSIST = 0.2  # seconds until the store is asked again to commit what is durable
FRAMING = 200  # octets at most around each of the records and contents of a request
PATIENCE = 3.0  # seconds that a process at its end waits for the store to have everything
LOOK = 0.01  # seconds between two looks


class Promised(NamedTuple):
    """A message that is in the journal, and that the store has not confirmed: since when (seconds)."""

    insert: rq.Insert
    draft: Draft
    since: float


class Arrivals:
    """Commits new messages; ``directory`` is the environment's, for the journal that start() makes."""

    def __init__(self, store: StoreLink, log: MailLog, directory: str) -> None:
        self._store = store
        self._log = log
        self._directory = directory
        self._journal: Journal | None = None
        self._under_way: set[object] = set()
        self._waiting = 0  # for the store
        self._last = 0  # number of the last entry
        self._unconfirmed: dict[int, Promised] = {}  # by number, in their order
        self._is_refused = False  # the store could not commit one of them
        self._is_spoilt = False  # nothing more goes into the journal
        self._has_plenty = False
        self._asks_at = 0.0  # when the store is asked about room
        self._rests_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Make the journal. Where that fails, all mail waits for the store."""
        try:
            self._journal = await asyncio.to_thread(Journal, self._directory)
        except OSError as error:
            self._log.warning(SERVICE, f"no journal for new mail: {error}")
            return
        self._store.on_connect = self._introduce
        await self._ask_for_room(self._journal)

    def _introduce(self) -> None:
        """Tell a new store whose the journal is, and ask whether there is plenty of room; until it answers, there is not."""
        self._has_plenty = False
        self._asks_at = time.monotonic() + ROOM_RETRY
        if self._journal is not None:
            self._begin_task(self._ask_for_room(self._journal))

    async def _ask_for_room(self, journal: Journal) -> None:
        reply = await self._store.commit(rq.OwnJournal(journal.name))
        if reply.error:
            return
        (result,) = reply.results
        self._has_plenty = result.has_plenty
        if result.last_entry > self._last:  # though nobody else writes it
            self._spoil("the queue knows of more entries than there are")

    def _begin_task(self, step: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(step)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for the store to have everything, and remove the journal; else the store takes it up."""
        deadline = time.monotonic() + PATIENCE
        while self._unconfirmed and time.monotonic() < deadline:
            await asyncio.sleep(LOOK)
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.close() if self._unconfirmed else journal.remove()

    # -- messages --------------------------------------------------------------------

    def begin(self, message: object) -> None:
        """A message begins to come in."""
        self._under_way.add(message)

    def end(self, message: object) -> None:
        """All of it is there, or no more will come."""
        self._under_way.discard(message)

    async def commit(self, insert: rq.Insert, *, is_inline: bool) -> rq.Reply:
        """Make a new message durable; ``is_inline``: its content is in the operation."""
        journal = self._journal
        if (
            journal is not None
            and is_inline
            and self._may_promise()
            and journal.has_room(_octets(insert))
        ):
            return await self._promise(journal, insert)
        self._waiting += 1
        try:
            return await self._store.commit(insert)
        finally:
            self._waiting -= 1

    def _may_promise(self) -> bool:
        """Whether the message comes alone, and the store will surely take it."""
        if self._under_way or self._waiting or self._is_refused or self._is_spoilt:
            return False
        if not self._store.is_connected:
            return False
        now = time.monotonic()
        if not self._has_plenty and now >= self._asks_at:
            self._introduce()
        oldest = next(iter(self._unconfirmed.values()), None)
        is_answering = oldest is None or now - oldest.since < SILENCE
        return self._has_plenty and is_answering and now >= self._rests_until

    async def _promise(self, journal: Journal, insert: rq.Insert) -> rq.Reply:
        """Write it into the journal, and send it on. If the write fails, it may be there or not: the store decides."""
        entry = self._last = self._last + 1
        draft = self._store.draft(insert, journal.name, entry)
        since = time.monotonic()
        try:
            journal.append(entry, draft.packed)
        except OSError as error:
            self._spoil(str(error))
        if time.monotonic() - since > SLOW:
            self._rests_until = since + REST
        self._unconfirmed[entry] = Promised(insert, draft, since)
        answer = self._store.send(draft)
        answer.add_done_callback(functools.partial(self._take_answer, entry))
        if not self._is_spoilt:
            return rq.Reply(0, rq.OK)
        try:
            return await asyncio.wait_for(asyncio.shield(answer), PATIENCE)
        except TimeoutError:
            return rq.Reply(0, DOWN)

    def _spoil(self, problem: str) -> None:
        self._log.warning(SERVICE, f"no journal for new mail any more: {problem}")
        self._is_spoilt = True

    # -- what the store says -------------------------------------------------------------

    def _take_answer(self, entry: int, answer: asyncio.Future[rq.Reply]) -> None:
        reply = answer.result()
        if reply.error:
            self._insist()
            return
        self._has_plenty = reply.results[0].has_plenty
        self._confirm(entry)

    def _confirm(self, entry: int) -> None:
        self._unconfirmed.pop(entry, None)
        journal = self._journal
        if self._unconfirmed or journal is None:
            return
        if self._is_spoilt:  # nobody must take up what was committed by other means
            self._journal = None
            journal.remove()
        else:
            journal.restart()

    def _insist(self) -> None:
        """An entry was not committed, and so none after it: they are sent again, and no more are made meanwhile."""
        if not self._is_refused:
            self._is_refused = True
            self._begin_task(self._send_again())

    async def _send_again(self) -> None:
        rounds = 0
        while self._unconfirmed:
            await asyncio.sleep(INSIST)
            rounds += 1
            for entry, promised in list(self._unconfirmed.items()):
                if entry not in self._unconfirmed:
                    continue
                reply = await self._store.send(promised.draft)
                if reply.error in (rq.OUT_OF_TURN, rq.EXISTS) and rounds > 1:
                    await self._commit_otherwise(promised.insert, reply.error)
                elif reply.error:
                    break
                self._confirm(entry)
        self._is_refused = False

    async def _commit_otherwise(self, insert: rq.Insert, error: str) -> None:
        """The queue has lost track of the journal: the message is committed as one that never was in it."""
        if not self._is_spoilt:
            self._spoil(f"the store answers: {error}")
        reply = await self._store.commit_surely(insert)
        if reply.error == rq.EXISTS:
            self._log.warning(SERVICE, f"{insert.queue_id}: the queue has a message of this name")


def _octets(insert: rq.Insert) -> int:
    """What a request with it takes at most."""
    parts = (insert.record, insert.content, *insert.pieces)
    size = sum(map(len, parts)) + sum(len(entry.record) for entry in insert.entries)
    return size + FRAMING * (1 + len(insert.pieces) + len(insert.entries))
