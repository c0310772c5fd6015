"""What delivery agents had open before this queue process began: continued, never begun again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.daemon.agent_frames import Finished, Hello
from pyfixcli.daemon.agents import Agent
from pyfixcli.mail.delivery import DeliveryRequest
from pyfixcli.mail.recipient import PENDING
from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.message import Message
from pyfixcli.queue.schema import StoredMessage

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess


class Claims:
    """Deliveries by queue id that agents say they are at, or have results of."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._claims: dict[str, list[tuple[Agent, int, DeliveryRequest]]] = {}
        self._early: list[tuple[Agent, Finished]] = []

    def note(self, agent: Agent, hello: Hello) -> bool:
        """An agent greets; whether it had anything open."""
        for assigned in hello.running:
            agent.busy[assigned.ticket] = assigned.request
            self._add(agent, assigned.ticket, assigned.request)
        for finished in hello.unconfirmed:
            self._add(agent, finished.ticket, finished.request)
            self._early.append((agent, finished))
        return bool(hello.running or hello.unconfirmed)

    def _add(self, agent: Agent, ticket: int, request: DeliveryRequest) -> None:
        self._claims.setdefault(request.queue_id, []).append((agent, ticket, request))

    def continue_messages(self) -> None:
        """First of all, go on with the messages that agents are at."""
        for queue_id in list(self._claims):
            if queue_id not in self._process.active:
                self._process.spawn(self._continue(queue_id))

    async def _continue(self, queue_id: str) -> None:
        process = self._process
        await process.activation.activate(queue_id)
        if queue_id not in process.active:
            for agent, ticket, _ in self._claims.pop(queue_id, []):
                if ticket not in agent.busy:
                    process.hub.confirm(agent, ticket)
        early, self._early = self._early, []
        for agent, finished in early:
            if finished.request.queue_id == queue_id:
                process.on_finished(agent, finished)
            else:
                self._early.append((agent, finished))

    def take_up(self, message: Message, stored: StoredMessage) -> frozenset[int]:
        """Recipients of this message that an agent is at, or has results for."""
        process, taken = self._process, set()
        pending = {
            place
            for place, recipient in enumerate(stored.envelope.recipients)
            if recipient.status == PENDING
        }
        for _, ticket, request in self._claims.pop(message.queue_id, []):
            entry = Entry(
                message.queue_id,
                request.service,
                request.nexthop,
                request.nexthop.lower(),
                request.recipients,
            )
            message.attempt = max(message.attempt, request.attempt)
            for recipient in request.recipients:
                if stored.envelope.pieces or recipient.index in pending:
                    message.recipients[recipient.index] = recipient
                    message.outstanding += 1
                    taken.add(recipient.index)
            process.scheduler.started_elsewhere(entry)
            process.runs[ticket] = (message, entry)
        return frozenset(taken)
