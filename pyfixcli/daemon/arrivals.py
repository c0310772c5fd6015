"""New mail on its way from this process into the queue.

Mail that comes while other mail is under way waits for the store: they share a commit. A message that comes alone has
nobody to share with, and would wait for two processes to wake up and for two writes; it goes into the journal of this
process, is safe there, and reaches the store with the next commit (queue/journal.py). That is done while the store is
at hand and has plenty of room, and while the disk answers at once, since a loop waits for the write.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Coroutine

from pyfixcli.daemon.store_link import Draft, StoreLink
from pyfixcli.log.maillog import MailLog
from pyfixcli.queue import requests as rq
from pyfixcli.queue.journal import Journal

SLOW = 0.002  # seconds: a disk that takes longer is not waited for on the loop
REST = 10.0  # seconds until it is tried again
ROOM_RETRY = 1.0  # seconds between two questions whether there is plenty of room again
INSIST = 0.2  # seconds until the store is asked again to commit what is durable
FRAMING = 200  # octets at most around each of the records and contents of a request
PATIENCE = 10.0  # seconds that a process at its end waits for the store to have everything
LOOK = 0.01  # seconds between two looks


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
        self._unconfirmed: dict[int, Draft] = {}  # entries that the store has not committed yet
        self._refused = False  # the store could not commit one of them
        self._has_plenty = False
        self._asks_at = 0.0  # when the store is asked about room
        self._rests_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Make the journal. Where that fails, all mail waits for the store."""
        try:
            self._journal = await asyncio.to_thread(Journal, self._directory)
        except OSError as error:
            self._log.warning("master", f"no journal for new mail: {error}")
            return
        self._store.on_connect = self._introduce
        await self._ask_for_room(self._journal)

    def _introduce(self) -> None:
        """Tell a new store whose the journal is, and ask whether there is plenty of room."""
        self._asks_at = time.monotonic() + ROOM_RETRY
        if self._journal is not None:
            self._begin_task(self._ask_for_room(self._journal))

    async def _ask_for_room(self, journal: Journal) -> None:
        reply = await self._store.commit(rq.TakeUp(journal.name))
        if not reply.error:
            self._last = max(self._last, reply.results[0].start)
            self._has_plenty = bool(reply.results[0].count)

    def _begin_task(self, step: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(step)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for the store to have everything, and remove the journal; else the store takes it up."""
        journal, self._journal = self._journal, None
        if journal is None:
            return
        deadline = time.monotonic() + PATIENCE
        while self._unconfirmed and time.monotonic() < deadline:
            await asyncio.sleep(LOOK)
        if self._unconfirmed:
            journal.close()
        else:
            journal.remove()

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
            and self._promise(journal, insert)
        ):
            return rq.Reply(0, rq.OK)
        self._waiting += 1
        try:
            return await self._store.commit(insert)
        finally:
            self._waiting -= 1

    def _may_promise(self) -> bool:
        """Whether the message comes alone, and the store will surely take it."""
        if self._under_way or self._waiting or self._refused or not self._store.is_connected:
            return False
        now = time.monotonic()
        if not self._has_plenty and now >= self._asks_at:
            self._introduce()
        return self._has_plenty and now >= self._rests_until

    def _promise(self, journal: Journal, insert: rq.Insert) -> bool:
        """Write it into the journal, and send it on; whether it is durable."""
        entry = self._last + 1
        draft = self._store.draft(insert, journal.name, entry)
        started = time.monotonic()
        try:
            journal.append(entry, draft.request)
        except OSError as error:
            self._give_up(journal, error)
            return False
        if time.monotonic() - started > SLOW:
            self._rests_until = started + REST
        self._last = entry
        self._send(entry, draft)
        return True

    def _give_up(self, journal: Journal, error: OSError) -> None:
        self._log.warning("master", f"no journal for new mail any more: {error}")
        self._journal = None
        if self._unconfirmed:
            journal.close()
        else:
            journal.remove()

    # -- what the store says -------------------------------------------------------------

    def _send(self, entry: int, draft: Draft) -> None:
        self._unconfirmed[entry] = draft
        answer = self._store.send(draft)
        answer.add_done_callback(functools.partial(self._take_answer, entry))

    def _take_answer(self, entry: int, answer: asyncio.Future[rq.Reply]) -> None:
        reply = answer.result()
        if reply.error:
            self._insist(reply)
            return
        self._has_plenty = bool(reply.results[0].count)
        del self._unconfirmed[entry]
        if not self._unconfirmed and self._journal is not None:
            self._journal.restart()

    def _insist(self, reply: rq.Reply) -> None:
        """An entry was not committed, and so none after it: they are sent again, and no more are made meanwhile."""
        if self._refused:
            return
        self._refused = True
        if reply.error == rq.EXISTS:
            self._log.panic("master", "the queue id of a message in the journal is taken")
        self._begin_task(self._send_again())

    async def _send_again(self) -> None:
        while self._unconfirmed:
            await asyncio.sleep(INSIST)
            for entry, draft in list(self._unconfirmed.items()):
                reply = await self._store.send(draft)
                if reply.error:
                    break
                del self._unconfirmed[entry]
        self._refused = False
        if self._journal is not None:
            self._journal.restart()


def _octets(insert: rq.Insert) -> int:
    """What a request with it takes at most."""
    parts = (insert.record, insert.content, *insert.pieces)
    size = sum(map(len, parts)) + sum(len(entry.record) for entry in insert.entries)
    return size + FRAMING * (1 + len(insert.pieces) + len(insert.entries))
