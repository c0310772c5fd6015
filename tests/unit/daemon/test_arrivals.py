"""New mail on its way into the queue: when it goes into the journal, and what becomes of it when the store will not."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.daemon import arrivals as module
from pyfixcli.daemon.arrivals import Arrivals
from pyfixcli.daemon.store_link import StoreLink
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import NullSink
from pyfixcli.protocol.frame import FrameBuffer, frame
from pyfixcli.queue import codec
from pyfixcli.queue import requests as rq
from pyfixcli.queue.journal import Journal, journal_names
from tests.unit.test_queue_store import insert


class ScriptedStore:
    """Answers journal entries with the next of ``errors``, then with OK while ``is_answering``; notes what came."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.has_plenty = True
        self.seen: list[tuple[int, str]] = []  # entry (0: none), queue id
        self._held: list[tuple[asyncio.StreamWriter, rq.Reply]] = []
        self._is_answering = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection."""
        buffer = FrameBuffer()
        while data := await reader.read(65536):
            for payload in buffer.receive(data):
                self._answer(writer, codec.unpack(payload, rq.request_decoder))

    def _answer(self, writer: asyncio.StreamWriter, request: rq.Request) -> None:
        operation = request.operations[0]
        if isinstance(operation, rq.Insert):
            self.seen.append((request.entry, operation.queue_id))
        error = self.errors.pop(0) if request.journal and self.errors else rq.OK
        reply = rq.Reply(request.number, error, (rq.Result(has_plenty=self.has_plenty),))
        self._held.append((writer, reply))
        if self._is_answering:
            self.go_on()

    def stand_still(self) -> None:
        """Answer nothing for now."""
        self._is_answering = False

    def go_on(self) -> None:
        """Answer everything."""
        self._is_answering = True
        for writer, reply in self._held:
            writer.write(frame(codec.pack(reply)))
        self._held.clear()


def fail(*arguments: object) -> None:
    """A disk that gives up."""
    raise OSError(errno.EIO, "Input/output error")


Body = Callable[[ScriptedStore, Arrivals], Awaitable[None]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine is too slow for these tests."""
    monkeypatch.setattr(module, "SILENCE", 60.0)
    monkeypatch.setattr(module, "SLOW", 60.0)


def run(place: Path, body: Body) -> None:
    """A scripted store, and arrivals that are connected to it."""

    async def go() -> None:
        store = ScriptedStore()
        server = await asyncio.start_unix_server(store.serve, str(place / "store"))
        log = MailLog(NullSink(), "t", "h", SystemClock())
        link = StoreLink(str(place / "store"), log)
        await link.start()
        arrivals = Arrivals(link, log, str(place))
        await arrivals.start()
        await body(store, arrivals)
        await arrivals.close()
        link.close()
        server.close()

    asyncio.run(asyncio.wait_for(go(), 20))


async def take(arrivals: Arrivals, queue_id: str, is_inline: bool = True) -> str:
    """Commit a message; the error."""
    return (await arrivals.commit(insert(queue_id), is_inline=is_inline)).error


async def until(condition: Callable[[], object]) -> None:
    """Return once it holds."""
    while not condition():
        await asyncio.sleep(0.001)


def test_a_message_that_comes_alone_does_not_wait_for_the_store(place: Path) -> None:
    """It is an entry of the journal, and reaches the store with its number; at the end the journal is removed."""

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        store.stand_still()
        for number in (1, 2, 3):
            assert await take(arrivals, f"12345100{number}") == rq.OK
        await until(lambda: len(store.seen) == 3)
        store.go_on()

    run(place, body)
    assert journal_names(str(place)) == []


def test_messages_that_come_together_wait_for_a_commit(place: Path) -> None:
    """So do those with a content file; none of them is an entry."""

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        other = object()
        arrivals.begin(other)
        assert await take(arrivals, "123451001") == rq.OK
        arrivals.end(other)
        assert await take(arrivals, "123451002", is_inline=False) == rq.OK
        store.stand_still()
        waiting = asyncio.create_task(take(arrivals, "123451003", is_inline=False))
        await until(lambda: len(store.seen) == 3)
        second = asyncio.create_task(take(arrivals, "123451004"))
        await until(lambda: len(store.seen) == 4)
        assert not waiting.done() and not second.done()
        store.go_on()
        assert await waiting == await second == rq.OK
        assert [entry for entry, _ in store.seen] == [0, 0, 0, 0]

    run(place, body)


@pytest.mark.parametrize("error", [rq.FULL, rq.DAMAGED])
def test_what_is_promised_is_asked_for_until_it_is_committed(
    place: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    """In its order; nothing more is promised meanwhile."""
    monkeypatch.setattr(module, "INSIST", 0.05)

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        store.errors = [error, rq.OUT_OF_TURN, error]
        store.stand_still()
        assert await take(arrivals, "123451001") == rq.OK
        assert await take(arrivals, "123451002") == rq.OK
        await until(lambda: len(store.seen) == 2)
        store.go_on()
        await until(lambda: len(store.seen) > 2)
        assert await take(arrivals, "123451003") == rq.OK
        await until(lambda: (2, "123451002") in store.seen[2:])
        entries = [entry for entry, _ in store.seen if entry]
        assert entries == [1, 2, 1, 1, 2]
        assert (0, "123451003") in store.seen

    run(place, body)
    assert journal_names(str(place)) == []


@pytest.mark.parametrize("error", [rq.OUT_OF_TURN, rq.EXISTS])
def test_what_the_store_lost_track_of_is_committed_otherwise(
    place: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    """Its note of the journal is gone, for instance; the journal is not used any more."""
    monkeypatch.setattr(module, "INSIST", 0.005)

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        store.errors = [error] * 5
        assert await take(arrivals, "123451001") == rq.OK
        await until(lambda: (0, "123451001") in store.seen)
        assert await take(arrivals, "123451002") == rq.OK
        assert store.seen[-1] == (0, "123451002")

    run(place, body)
    assert journal_names(str(place)) == []


def test_a_failed_write_is_for_the_store_to_decide(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry may be there: the store commits it under its number, so that it is not taken up again."""
    monkeypatch.setattr(Journal, "append", fail)

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        store.stand_still()
        first = asyncio.create_task(take(arrivals, "123451001"))
        await until(lambda: store.seen == [(1, "123451001")])
        assert not first.done()
        store.go_on()
        assert await first == rq.OK
        assert journal_names(str(place)) == []
        assert await take(arrivals, "123451002") == rq.OK
        assert store.seen[-1] == (0, "123451002")

    run(place, body)


def test_a_store_that_is_silent_is_promised_nothing_more(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows then whether it will take anything."""
    monkeypatch.setattr(module, "SILENCE", 0.0)

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        store.stand_still()
        assert await take(arrivals, "123451001") == rq.OK
        second = asyncio.create_task(take(arrivals, "123451002"))
        await until(lambda: store.seen == [(1, "123451001"), (0, "123451002")])
        assert not second.done()
        store.go_on()
        assert await second == rq.OK

    run(place, body)


def test_without_plenty_of_room_the_store_decides(place: Path) -> None:
    """It said so with its last answer."""

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        store.has_plenty = False
        assert await take(arrivals, "123451001") == rq.OK
        await until(lambda: arrivals._has_plenty is False)
        assert await take(arrivals, "123451002") == rq.OK
        assert [entry for entry, _ in store.seen] == [1, 0]

    run(place, body)


def test_a_slow_disk_is_not_waited_for_on_the_loop(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a write that took too long, mail goes through the store for a while."""
    monkeypatch.setattr(module, "SLOW", 0.0)

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        assert await take(arrivals, "123451001") == rq.OK
        assert await take(arrivals, "123451002") == rq.OK
        assert [entry for entry, _ in store.seen] == [1, 0]

    run(place, body)


def test_a_full_journal_waits_for_the_store_and_begins_again(place: Path) -> None:
    """What does not fit is committed; once the store has everything, there is room."""

    async def body(store: ScriptedStore, arrivals: Arrivals) -> None:
        store.stand_still()
        count = 0
        task = None
        while task is None or task.done():
            count += 1
            task = asyncio.create_task(take(arrivals, f"1234{count:05X}"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        store.go_on()
        assert await task == rq.OK
        assert store.seen[-1][0] == 0
        assert await take(arrivals, "123451001") == rq.OK
        await until(lambda: store.seen[-1] == (count, "123451001"))

    run(place, body)
