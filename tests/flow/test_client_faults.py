"""A fault of our own in the middle of a delivery: whoever has an answer keeps it, the others are tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import uvloop

from pyfixcli.mail.delivery import DeliveryResult, Status
from tests.support.client_run import TEXT, Client, make_request
from tests.support.scripted_server import ScriptedServer


class Unreadable:
    """Content that can be read once; then the disk has an error."""

    size = len(TEXT)

    def __init__(self) -> None:
        self._is_read = False

    def chunks(self) -> Iterator[bytes]:
        """The content."""
        if self._is_read:
            raise OSError(5, "Input/output error")
        self._is_read = True
        yield TEXT


def test_a_fault_at_the_second_server_takes_nothing_back() -> None:
    """The first one has taken the message for one of two recipients."""
    with (
        ScriptedServer(("RCPT", "b@", "450 4.2.1 later")) as first,
        ScriptedServer() as second,
    ):
        nexthop = f"[127.0.0.1]:{first.port}, [127.0.0.1]:{second.port}"
        client = Client()
        request = make_request(nexthop, "a@far.test", "b@far.test")

        async def go() -> list[DeliveryResult]:
            return await client._agent.deliver(request, Unreadable())

        results = uvloop.run(asyncio.wait_for(go(), 30))
    assert [(r.index, r.status) for r in results] == [(0, Status.SENT), (1, Status.DEFERRED)]
    assert results[1].text == "delivery agent failure: [Errno 5] Input/output error"
    assert any("panic: Q1: OSError" in line for line in client.sink.lines)
    assert (len(first.messages), second.messages) == (1, [])
