"""S19: the connections of the mail client against servers that want to fill its memory."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

import uvloop

from pyfixcli.daemon.smtp_network import SmtpNetwork
from pyfixcli.delivery.smtp.peer import Endpoint

REPLY = b"250 ok\r\n"
FLOOD = 3_000_000  # replies: more than sockets keep
PIECE = 10_000
STILL = 1.0  # seconds in which a server that cannot send sends nothing


class Flood:
    """A server that says far more than it is asked, in a thread; ``said`` counts replies."""

    def __init__(self) -> None:
        self.said = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Flood:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(ConnectionError):
            while self.said < FLOOD:
                connection.sendall(REPLY * PIECE)
                self.said += PIECE

    async def stands_still(self) -> int:
        """Wait until nothing more can be sent; how much was."""
        before = -1
        while before != self.said:
            before = self.said
            await asyncio.sleep(STILL)
        return before


def test_s19_a_server_that_says_more_than_it_is_asked_is_not_read() -> None:
    """What comes unasked waits in the sockets; once it is asked for all of it is there."""

    async def go(flood: Flood) -> tuple[int, int]:
        network = SmtpNetwork(("native",), "/")
        peer = await network.connect(Endpoint("flood.test", "127.0.0.1", flood.port), 10.0, "")
        at_once, taken = await flood.stands_still(), 0
        for _ in range(at_once + PIECE):
            taken += (await peer.reply(10.0)).code == 250
        peer.close()
        return at_once, taken

    with Flood() as flood:
        at_once, taken = uvloop.run(asyncio.wait_for(go(flood), 120))
    assert at_once < FLOOD
    assert taken == at_once + PIECE
