"""What delivery agents had open before this queue process began: continued, never begun again."""

from __future__ import annotations

import asyncio
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
    """Deliveries by queue id that agents say they are at, or have results of.

    An agent whose zygote died greets with its last results and ends, so that its greeting may be read when the message
    is active again.
    """

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._claims: dict[str, list[tuple[Agent, int, DeliveryRequest]]] = {}
        self._early: dict[str, list[tuple[Agent, Finished]]] = {}

    def note(self, agent: Agent, hello: Hello) -> bool:
        """An agent greets; whether it claims anything of a message that is not active."""
        for assigned in hello.running:
            agent.busy[assigned.ticket] = assigned.request
            self._add(agent, assigned.ticket, assigned.request)
        for finished in hello.unconfirmed:
            queue_id = finished.request.queue_id
            if queue_id in self._process.active:
                self._process.take_late(self._process.active[queue_id], agent, finished)
                continue
            self._add(agent, finished.ticket, finished.request)
            self._early.setdefault(queue_id, []).append((agent, finished))
        return bool(self._claims)

    def keep(self, agent: Agent, finished: Finished) -> bool:
        """Whether a delivery that ends is claimed for a message that is not active yet: its results are kept until then."""
        queue_id = finished.request.queue_id
        if all(ticket != finished.ticket for _, ticket, _ in self._claims.get(queue_id, [])):
            return False
        self._early.setdefault(queue_id, []).append((agent, finished))
        return True

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
        if queue_id in process.active:
            return
        for agent, ticket, _ in self._claims.pop(queue_id, []):
            if ticket not in agent.busy:
                process.hub.confirm(agent, ticket)  # the message is gone: its results count no more
        self._early.pop(queue_id, None)

    def _take_early(self, queue_id: str) -> None:
        for agent, finished in self._early.pop(queue_id, []):
            self._process.on_finished(agent, finished)

    def take_up(self, message: Message, stored: StoredMessage) -> frozenset[int]:
        """Recipients of this message that an agent is at, or has results for."""
        process, taken = self._process, set()
        parts: set[tuple[int, int]] = set()
        if message.queue_id not in self._claims:
            return frozenset()
        pending = {
            place
            for place, recipient in enumerate(process.reader.recipients(stored))
            if recipient.status == PENDING
        }
        for agent, ticket, request in self._claims.pop(message.queue_id, []):
            if ticket in agent.busy and not agent.connection.is_open:
                continue  # it died meanwhile: there will be no result
            entry = Entry(
                message.queue_id,
                request.service,
                request.nexthop,
                request.nexthop.lower(),
                request.recipients,
            )
            message.attempt = max(message.attempt, request.attempt)
            for recipient in request.recipients:
                if recipient.index not in pending:
                    continue  # its result was committed, and the agent not told so
                if recipient.part:
                    parts.add((recipient.index, recipient.part))
                if recipient.index not in taken:
                    message.recipients[recipient.index] = recipient
                    message.outstanding += 1
                    taken.add(recipient.index)
            process.scheduler.started_elsewhere(entry)
            process.runs[ticket] = (message, entry)
        message.claimed_parts = frozenset(parts)
        if message.queue_id in self._early:
            asyncio.get_running_loop().call_soon(self._take_early, message.queue_id)
        return frozenset(taken)
