"""The store as seen from a process with a loop: operations in, replies awaited.

A request that was sent when the connection broke may have been committed or not. Who takes new
mail reports that as a temporary failure; the scheduler, whose operations are idempotent,
asks again until it has an answer. What it asks again goes out first on the new connection, before
the scheduler looks for lost announcements: a message whose insertion was in doubt must not be
delivered and removed before the store is asked to insert it once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pyfixcli.daemon.stream import FrameConnection
from pyfixcli.log.maillog import MailLog
from pyfixcli.queue import codec
from pyfixcli.queue import requests as rq
from pyfixcli.queue.queue_id import SerialBlock

DOWN = "down"  # no store to ask, or none that answered
RETRY = 0.05
DAMAGE_RETRY = 1.0
PATIENCE = 5.0  # how long new mail waits for a store that restarts
GATHER = 0.03  # seconds in which operations that nobody waits for come together
MOST_GATHERED = 200
LOW = 16  # serials left when the next block is leased

News = Callable[[rq.Announce | rq.Changed], None]


@dataclass(slots=True)
class Group:
    """Operations of one request; ``committed`` says whether all of them were."""

    committed: asyncio.Future[bool]
    operations: list[rq.Operation] = field(default_factory=list)


class Draft(NamedTuple):
    """A request that was not sent yet: its number, and packed."""

    number: int
    packed: bytes


class StoreLink:
    """A connection to the store that comes back by itself.

    With ``on_news`` it subscribes to announcements; ``on_connect`` is called after each
    (re)connection, since announcements may have been lost before it.
    """

    def __init__(
        self,
        path: str,
        log: MailLog,
        on_news: News | None = None,
        on_connect: Callable[[], None] | None = None,
    ) -> None:
        self._path = path
        self._log = log
        self._on_news = on_news
        self.on_connect = on_connect
        self._connection: FrameConnection | None = None
        self._connected = asyncio.Event()
        self._number = 0
        self._waiting: dict[int, asyncio.Future[rq.Reply]] = {}
        self._repeated: dict[int, bytes] = {}  # requests to send again when the connection broke
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._group: Group | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect; returns once connected."""
        self._task = asyncio.create_task(self._connect())
        await self._connected.wait()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._closing:
            try:
                _, connection = await loop.create_unix_connection(self._make, self._path)
            except OSError:
                await asyncio.sleep(RETRY)
                continue
            if not connection.is_open:  # the store took it and died before we heard of it
                await asyncio.sleep(RETRY)
                continue
            self._connection = connection
            self._connected.set()
            if self._on_news is not None:
                connection.send(codec.pack(rq.Request(0, (rq.Subscribe(),))))
            for request in self._repeated.values():
                connection.send(request)
            if self.on_connect is not None:
                self.on_connect()
            return

    def _make(self) -> FrameConnection:
        return FrameConnection(self._log, self._on_frame, self._on_close)

    def _on_frame(self, connection: FrameConnection, payload: bytes) -> None:
        message = codec.unpack(payload, rq.message_decoder)
        if isinstance(message, rq.Reply):
            future = self._waiting.pop(message.number, None)
            if future is not None and not future.done():
                future.set_result(message)
        elif self._on_news is not None:
            self._on_news(message)

    def _on_close(self, connection: FrameConnection) -> None:
        if self._connection is not connection:
            return
        self._connection = None
        self._connected.clear()
        waiting = {n: f for n, f in self._waiting.items() if n not in self._repeated}
        for number, future in waiting.items():
            del self._waiting[number]
            if not future.done():
                future.set_result(rq.Reply(number, DOWN))
        if not self._closing:
            self._task = asyncio.create_task(self._connect())

    async def commit(self, *operations: rq.Operation, patience: float = PATIENCE) -> rq.Reply:
        """Apply operations together; the reply comes after the commit.

        ``error`` is DOWN when the store was gone for ``patience`` seconds, or went away meanwhile.
        """
        if self._connection is None:
            try:
                await asyncio.wait_for(self._connected.wait(), patience)
            except TimeoutError:
                return rq.Reply(0, DOWN)
        connection = self._connection
        if connection is None:
            return rq.Reply(0, DOWN)
        number, request, future = self._new_request(operations)
        connection.send(request)
        return await future

    @property
    def is_connected(self) -> bool:
        """Whether there is a store to send to."""
        return self._connection is not None

    def draft(self, operation: rq.Operation, journal: str, entry: int) -> Draft:
        """A request that becomes an entry of a journal before it is sent."""
        number = self._next_number()
        request = rq.Request(number, (operation,), True, journal, entry, entry - 1)
        return Draft(number, codec.pack(request))

    def send(self, draft: Draft) -> asyncio.Future[rq.Reply]:
        """Send what is durable already, on each new connection again until it is answered; the store may take its time."""
        number, packed = draft
        future: asyncio.Future[rq.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._repeated[number] = packed
        future.add_done_callback(lambda _: self._repeated.pop(number, None))
        if self._connection is not None:
            self._connection.send(packed)
        return future

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _new_request(
        self, operations: tuple[rq.Operation, ...], can_wait: bool = False
    ) -> tuple[int, bytes, asyncio.Future[rq.Reply]]:
        number = self._next_number()
        future: asyncio.Future[rq.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        return number, codec.pack(rq.Request(number, operations, can_wait)), future

    async def commit_surely(self, *operations: rq.Operation) -> rq.Reply:
        """Apply idempotent operations, however often the store has to be asked.

        Returns only what was committed (OK, or EXISTS: committed before). A damaged queue commits nothing, so
        the caller waits: it must neither say that a message is removed nor try it again.
        """
        while True:
            reply = await self._ask(operations, can_wait=False)
            if reply.error in (rq.OK, rq.EXISTS):
                return reply
            await asyncio.sleep(RETRY if reply.error == rq.FULL else DAMAGE_RETRY)

    async def _ask(self, operations: tuple[rq.Operation, ...], *, can_wait: bool) -> rq.Reply:
        """The store's answer to idempotent operations, which go out again on each new connection until it comes."""
        number, request, future = self._new_request(operations, can_wait)
        self._repeated[number] = request
        if self._connection is not None:
            self._connection.send(request)
        try:
            return await future
        finally:
            del self._repeated[number]

    async def commit_later(self, operation: rq.Operation) -> None:
        """Apply an idempotent operation before long, together with others; returns once it is committed.

        A group in which something is wrong is asked for again one by one, so that one damaged record holds up
        nobody else.
        """
        group = self._group
        if group is None:
            loop = asyncio.get_running_loop()
            group = self._group = Group(loop.create_future())
            loop.call_later(GATHER, self._send_group, group)
        group.operations.append(operation)
        if len(group.operations) >= MOST_GATHERED:
            self._send_group(group)
        if not await asyncio.shield(group.committed):
            await self.commit_surely(operation)

    def _send_group(self, group: Group) -> None:
        if self._group is group:
            self._group = None
            task = asyncio.get_running_loop().create_task(self._commit_group(group))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _commit_group(self, group: Group) -> None:
        reply = await self._ask(tuple(group.operations), can_wait=True)
        group.committed.set_result(reply.error == rq.OK)

    def close(self) -> None:
        """Hang up for good."""
        self._closing = True
        if self._connection is not None:
            self._connection.close()


class SerialSource:
    """Serial numbers for queue ids, leased in blocks ahead of their use."""

    def __init__(self, store: StoreLink) -> None:
        self._store = store
        self._block = SerialBlock()
        self._next: SerialBlock | None = None
        self._leasing: asyncio.Task[None] | None = None

    async def take(self) -> int | None:
        """A serial number, or None when the store cannot be had."""
        if not len(self._block):
            if self._next is None:
                await self._lease()
            if self._next is not None:
                self._block, self._next = self._next, None
        elif len(self._block) < LOW and self._next is None and self._leasing is None:
            self._leasing = asyncio.create_task(self._lease())
        return self._block.take() if len(self._block) else None

    async def _lease(self) -> None:
        reply = await self._store.commit(rq.Lease())
        if not reply.error:
            self._next = SerialBlock(reply.results[0].start, reply.results[0].count)
        self._leasing = None
