"""Messages are taken up in order, beside each other, within the limits."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from pyfixcli.daemon import feeder as module
from pyfixcli.daemon.feeder import Feeder


class Process:
    """What the feeder sees of the queue process; ``held`` messages wait for a table."""

    def __init__(self, limit: int = 100) -> None:
        self.config = SimpleNamespace(qmgr_message_active_limit=limit)
        self.active: dict[str, object] = {}
        self.activation = self
        self.order: list[str] = []
        self.done: list[str] = []
        self.held: dict[str, asyncio.Event] = {}
        self.broken: set[str] = set()
        self.most = self._under_way = 0
        self.feeder = Feeder(self)  # type: ignore[arg-type]
        self.feeder._scan_incoming = False
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)

    async def activate(self, queue_id: str, index_key: bytes, flushed: bool) -> None:
        self.active[queue_id] = object()
        self.order.append(queue_id)
        self.most = max(self.most, len(self.active))
        if queue_id in self.broken:
            raise ValueError(queue_id)
        if queue_id in self.held:
            await self.held[queue_id].wait()
        self.done.append(queue_id)

    def end(self, queue_id: str) -> None:
        """The message leaves the active queue."""
        del self.active[queue_id]
        self.feeder.refill()

    async def settle(self) -> None:
        """Let everything run that can."""
        for _ in range(20):
            await asyncio.sleep(0)


async def begin(process: Process, names: str) -> None:
    """Announce messages with these names, of one character each, to a feeder that runs."""
    process.spawn(process.feeder._feed())
    process.feeder.announce(tuple(names))
    await process.settle()


def test_messages_are_taken_up_in_order() -> None:
    """As they were announced."""

    async def go() -> list[str]:
        process = Process()
        await begin(process, "abcdef")
        return process.done

    assert asyncio.run(go()) == list("abcdef")


def test_a_message_that_waits_for_a_table_holds_up_no_other_one() -> None:
    """It is begun in its turn, and done when the table answers."""

    async def go() -> None:
        process = Process()
        process.held["b"] = asyncio.Event()
        await begin(process, "abcd")
        assert (process.order, process.done) == (list("abcd"), list("acd"))
        process.held["b"].set()
        await process.settle()
        assert process.done == list("acdb")

    asyncio.run(go())


def test_so_many_are_resolved_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the next ones wait until one is done."""
    monkeypatch.setattr(module, "RESOLVED_AT_A_TIME", 2)

    async def go() -> None:
        process = Process()
        process.held = {name: asyncio.Event() for name in "ab"}
        await begin(process, "abcd")
        assert process.order == list("ab")
        process.held["a"].set()
        await process.settle()
        assert (process.order, process.done) == (list("abcd"), list("acd"))

    asyncio.run(go())


def test_the_active_queue_has_its_limit() -> None:
    """Also while messages are begun; as one leaves, the next is taken up."""

    async def go() -> None:
        process = Process(limit=3)
        process.held["a"] = asyncio.Event()
        process.spawn(process.feeder._feed())
        process.feeder.try_now(list("abcdef"))
        await process.settle()
        assert (process.order, process.most) == (list("abc"), 3)
        for name in "bc":
            process.end(name)
            await process.settle()
        assert (process.order, process.most) == (list("abcde"), 3)

    asyncio.run(go())


def test_a_message_that_cannot_be_taken_up_holds_up_no_other_one() -> None:
    """Its fault is its own, and its place is free again."""

    async def go() -> None:
        process = Process()
        process.broken = {"a", "b"}
        await begin(process, "abc")
        assert process.done == ["c"]
        for task in process._tasks:
            if task.done():
                task.exception()

    asyncio.run(go())
