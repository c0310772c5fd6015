"""A delivery whose mail is where it goes, and not yet durable: the next one begins, and its result still counts alone."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyfixcli.base import paths
from pyfixcli.daemon.agent_frames import Assign, Hello, Landed, to_agent_decoder
from pyfixcli.protocol.frame import FrameBuffer, frame
from pyfixcli.queue import codec
from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
ROOM = 50  # deliveries at a time: more than any other agent takes, so that this one is chosen
QUIET = 0.5  # seconds in which an assignment would have come


class SlowAgent:
    """A local delivery agent with room for everything, that never ends a delivery."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = FrameBuffer()
        self._send(Hello("local", os.getpid(), ROOM))

    def _send(self, message: Hello | Landed) -> None:
        self._connection.sendall(frame(codec.pack(message)))

    def assigned(self, patience: float = 10.0) -> int | None:
        """The ticket of the next delivery, None when none comes within so many seconds."""
        self._connection.settimeout(patience)
        try:
            payloads = list(self._buffer.receive(self._connection.recv(1 << 16)))
        except TimeoutError:
            return None
        (message,) = (codec.unpack(payload, to_agent_decoder) for payload in payloads)
        assert isinstance(message, Assign)
        return message.ticket

    def landed(self, ticket: int) -> None:
        """Say so of a delivery."""
        self._send(Landed(ticket))


@contextmanager
def slow_agent(instance: Instance) -> Iterator[SlowAgent]:
    """An agent that takes what is to be delivered, until it is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(instance.queue / paths.AGENTS))
        yield SlowAgent(connection)


def test_the_next_delivery_begins_when_one_has_landed(make_instance: Make) -> None:
    """An agent that dies before its results has landed nothing: all of it is delivered by others, once."""
    instance = make_instance("local_destination_concurrency_limit = 1")
    instance.start()
    with slow_agent(instance) as agent:
        for number in range(3):
            assert instance.submit(instance.user, text=f"Subject: {number}\n\n") == 0
        first = agent.assigned()
        assert first is not None
        assert agent.assigned(QUIET) is None
        agent.landed(first)
        second = agent.assigned()
        assert second is not None
        agent.landed(first)  # said twice, it frees no second place
        assert agent.assigned(QUIET) is None
        assert len(instance.queue_entries()) == 3
    wait_for(lambda: len(instance.delivered()) == 3)
    wait_for(instance.is_queue_empty)
    subjects = {text.partition(b"Subject: ")[2][:1] for text in instance.delivered()}
    assert subjects == {b"0", b"1", b"2"}
