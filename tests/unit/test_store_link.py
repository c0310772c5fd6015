"""The scheduler's link to the store: what is not committed is never reported as committed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from pyfixcli.base.clock import SystemClock
from pyfixcli.daemon import store_link
from pyfixcli.daemon.store_link import StoreLink
from pyfixcli.daemon.stream import FrameConnection
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import NullSink
from pyfixcli.protocol.frame import FrameBuffer, frame
from pyfixcli.queue import codec
from pyfixcli.queue import requests as rq


async def answers(path: str, errors: list[str]) -> asyncio.Server:
    """A store that answers each request with the next of these errors."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = FrameBuffer()
        while data := await reader.read(65536):
            for payload in buffer.receive(data):
                request = codec.unpack(payload, rq.request_decoder)
                writer.write(frame(codec.pack(rq.Reply(request.number, errors.pop(0)))))

    return await asyncio.start_unix_server(serve, path)


def test_a_damaged_queue_is_not_taken_for_a_commit(place: Path, monkeypatch: object) -> None:
    """commit_surely returns only after the answer that the store has committed."""
    monkeypatch.setattr(store_link, "DAMAGE_RETRY", 0.001)  # type: ignore[attr-defined]
    errors = [rq.DAMAGED, rq.FULL, rq.DAMAGED, rq.OK]

    async def go() -> rq.Reply:
        path = str(place / "store")
        server = await answers(path, errors)
        link = StoreLink(path, MailLog(NullSink(), "t", "h", SystemClock()))
        await link.start()
        reply = await link.commit_surely(rq.Remove("123451000"))
        link.close()
        server.close()
        return reply

    assert asyncio.run(go()).error == rq.OK
    assert errors == []


def test_what_is_in_doubt_is_asked_again_before_anything_else(place: Path) -> None:
    """The connection breaks without an answer; the same request is the first on the next one."""
    seen: list[list[type]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer, kinds = FrameBuffer(), []
        seen.append(kinds)
        while data := await reader.read(65536):
            for payload in buffer.receive(data):
                request = codec.unpack(payload, rq.request_decoder)
                kinds.append(type(request.operations[0]))
                if len(seen) > 1:
                    writer.write(frame(codec.pack(rq.Reply(request.number, rq.OK))))
            if rq.Remove in kinds and len(seen) == 1:
                writer.close()
                return

    async def go() -> None:
        path = str(place / "store")
        server = await asyncio.start_unix_server(serve, path)
        tasks = []

        def look() -> None:
            tasks.append(asyncio.create_task(link.commit(rq.Lease())))

        link = StoreLink(
            path, MailLog(NullSink(), "t", "h", SystemClock()), lambda news: None, look
        )
        await link.start()
        await link.commit_surely(rq.Remove("123451000"))
        await tasks[-1]
        link.close()
        server.close()

    asyncio.run(go())
    assert seen[1] == [rq.Subscribe, rq.Remove, rq.Lease]


def test_what_can_wait_goes_out_together(place: Path) -> None:
    """One request for all that came within a moment; after a refusal each is asked for by itself."""
    sizes: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = FrameBuffer()
        while data := await reader.read(65536):
            for payload in buffer.receive(data):
                request = codec.unpack(payload, rq.request_decoder)
                sizes.append(len(request.operations))
                error = rq.DAMAGED if len(request.operations) > 1 else rq.OK
                writer.write(frame(codec.pack(rq.Reply(request.number, error))))

    async def go() -> None:
        path = str(place / "store")
        server = await asyncio.start_unix_server(serve, path)
        link = StoreLink(path, MailLog(NullSink(), "t", "h", SystemClock()))
        await link.start()
        await asyncio.gather(*(link.commit_later(rq.Remove(f"12345100{n}")) for n in range(3)))
        link.close()
        server.close()

    asyncio.run(go())
    assert sizes == [3, 1, 1, 1]


def test_a_store_that_dies_while_it_is_connected_to_is_found_again(place: Path) -> None:
    """The connection is lost before the link has heard that it was made."""
    made: list[FrameConnection] = []

    async def go() -> rq.Reply:
        loop, path = asyncio.get_running_loop(), str(place / "store")
        connect = loop.create_unix_connection

        async def connect_late(*given: Any) -> tuple[Any, Any]:
            transport, connection = await connect(*given)
            made.append(connection)
            while len(made) == 1 and connection.is_open:
                transport.abort()
            await asyncio.sleep(0.01)
            return transport, connection

        loop.create_unix_connection = connect_late  # type: ignore[method-assign, assignment]
        server = await answers(path, [rq.OK])
        link = StoreLink(path, MailLog(NullSink(), "t", "h", SystemClock()))
        await link.start()
        reply = await link.commit(rq.Remove("123451000"), patience=5.0)
        link.close()
        server.close()
        return reply

    assert asyncio.run(asyncio.wait_for(go(), 10)).error == rq.OK
    assert len(made) == 2
