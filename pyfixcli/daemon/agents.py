"""The scheduler's side of the delivery agents: who is there, who is free, what each is doing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pyfixcli.daemon.agent_frames import (
    Assign,
    Confirm,
    Finished,
    Hello,
    Landed,
    Leaving,
    Released,
    from_agent_decoder,
)
from pyfixcli.daemon.stream import FrameConnection
from pyfixcli.daemon.supervisor import is_delivery_process
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.delivery import DeliveryRequest
from pyfixcli.queue import codec

SETTLE = 0.02  # seconds
STALL = 0.05  # seconds that a process may need to make mail durable until it counts as busy with it
CONFIRM_DELAY = 0.02  # seconds that a confirmation may wait to go out with the next delivery


class Agent:
    """A connected delivery process."""

    __slots__ = ("began", "busy", "connection", "landed", "pid", "role", "slots", "unconfirmed")

    def __init__(self, connection: FrameConnection, hello: Hello) -> None:
        self.connection = connection
        self.role = hello.role
        self.pid = hello.pid
        self.slots = hello.slots
        self.busy: dict[int, DeliveryRequest] = {}
        self.landed: dict[int, float] = {}  # those of them that only become durable, and since when
        self.began = 0.0  # when it was given its last delivery
        self.unconfirmed: list[int] = []  # tickets whose results are committed

    @property
    def free(self) -> int:
        """Deliveries that it could take now."""
        if not self.connection.is_open:
            return 0
        if self.landed and next(iter(self.landed.values())) < _now() - STALL:
            return 0  # it waits for the disk
        return self.slots - len(self.busy) + len(self.landed)


class AgentHub:
    """All agents of the instance. ``expected`` are pids that must greet or end first.

    ``on_hello`` gets a new agent with what it had open, ``on_landed`` the ticket of a delivery whose destination is free,
    ``on_finished`` an agent with the end of a delivery, ``on_lost`` the requests of an agent that is gone.
    """

    def __init__(
        self,
        log: MailLog,
        expected: tuple[int, ...],
        on_hello: Callable[[Agent, Hello], None],
        on_landed: Callable[[int], None],
        on_finished: Callable[[Agent, Finished], None],
        on_lost: Callable[[dict[int, DeliveryRequest]], None],
    ) -> None:
        self._log = log
        self._expected = set(expected)
        self._on_hello = on_hello
        self._on_landed = on_landed
        self._on_finished = on_finished
        self._on_lost = on_lost
        self._agents: dict[FrameConnection, Agent] = {}

    def protocol(self) -> FrameConnection:
        """A connection for the server that agents connect to."""
        return FrameConnection(self._log, self._on_frame, self._on_close)

    async def gather(self) -> None:
        """Wait until every agent of before has greeted or is gone."""
        if not self._expected:
            return
        while self._expected:
            await asyncio.sleep(SETTLE)
            self._expected = {pid for pid in self._expected if is_delivery_process(pid)}
        await asyncio.sleep(SETTLE)  # the greeting of one that is gone may lie in the socket

    def _on_frame(self, connection: FrameConnection, payload: bytes) -> None:
        message = codec.unpack(payload, from_agent_decoder)
        if isinstance(message, Hello):
            agent = self._agents[connection] = Agent(connection, message)
            self._expected.discard(message.pid)
            self._on_hello(agent, message)
            return
        agent = self._agents[connection]
        if isinstance(message, Landed):
            agent.landed[message.ticket] = _now()
            self._on_landed(message.ticket)
            return
        if isinstance(message, Leaving):
            agent.slots = 0
            connection.send(codec.pack(Released()))
            return
        agent.busy.pop(message.ticket, None)
        agent.landed.pop(message.ticket, None)
        self._on_finished(agent, message)

    def _on_close(self, connection: FrameConnection) -> None:
        agent = self._agents.pop(connection, None)
        if agent is not None and agent.busy:
            self._on_lost(agent.busy)

    def choose(self, role: str) -> Agent | None:
        """The agent of this role with most room, or None."""
        best: Agent | None = None
        for agent in self._agents.values():
            if agent.role == role and agent.free > 0 and (best is None or agent.free > best.free):
                best = agent
        return best

    def count_long(self, role: str, before: float) -> int:
        """How many agents of this role are at deliveries that began before that time."""
        agents = self._agents.values()
        return sum(1 for a in agents if a.role == role and a.busy and a.began < before)

    def is_any_busy(self, role: str) -> bool:
        """Whether an agent of this role has a delivery under way."""
        return any(agent.busy for agent in self._agents.values() if agent.role == role)

    def assign(self, agent: Agent, ticket: int, request: DeliveryRequest) -> None:
        """Hand a delivery over."""
        agent.busy[ticket] = request
        agent.began = _now()
        _send_confirmations(agent)
        agent.connection.send(codec.pack(Assign(ticket, request)))

    def confirm(self, agent: Agent, ticket: int) -> None:
        """Tell an agent, before long, that it may forget the results of a delivery."""
        if not agent.unconfirmed:
            loop = asyncio.get_running_loop()
            loop.call_later(CONFIRM_DELAY, _send_confirmations, agent)
        agent.unconfirmed.append(ticket)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _send_confirmations(agent: Agent) -> None:
    tickets, agent.unconfirmed = tuple(agent.unconfirmed), []
    if tickets and agent.connection.is_open:
        agent.connection.send(codec.pack(Confirm(tickets)))
