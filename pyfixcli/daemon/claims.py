"""What delivery agents had open before this queue process began: continued, never begun again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pyfixcli.daemon.agent_frames import Finished, Hello
from pyfixcli.daemon.agents import Agent
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, Status
from pyfixcli.mail.recipient import PENDING
from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.message import Message, PassedOn
from pyfixcli.qmgr.run import Run
from pyfixcli.queue import codec
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
        claims = self._claims.pop(message.queue_id, [])
        if not claims:
            return frozenset()
        pending = self._pending(stored)
        claimed: set[tuple[int, int]] = set()
        for agent, ticket, request in claims:
            if ticket in agent.busy and not agent.connection.is_open:
                continue  # it died meanwhile: there will be no result
            message.attempt = max(message.attempt, request.attempt)
            for recipient in request.recipients:
                if (
                    recipient.index in pending
                ):  # else its result was committed, and the agent not told so
                    claimed.add((recipient.index, recipient.part))
                    message.recipients.setdefault(recipient.index, recipient)
            self._process.scheduler.started_elsewhere(_entry(request))
            self._process.runs[ticket] = Run(message, _entry(request))
        taken = frozenset(index for index, _ in claimed)
        message.outstanding += len(taken)
        message.claimed_parts = frozenset(claimed)
        _adopt_orphans(message, claimed)
        if message.queue_id in self._early:
            asyncio.get_running_loop().call_soon(self._take_early, message.queue_id)
        return taken

    def _pending(self, stored: StoredMessage) -> set[int]:
        """Places of the recipients without a final result."""
        try:
            recipients = list(self._process.reader.recipients(stored))
        except codec.CorruptRecord:  # activation meets it too, and sets the message aside
            recipients = list(stored.envelope.recipients)
        return {place for place, r in enumerate(recipients) if r.status == PENDING}


def _entry(request: DeliveryRequest) -> Entry:
    destination = request.nexthop.lower()
    return Entry(
        request.queue_id, request.service, request.nexthop, destination, request.recipients
    )


def _adopt_orphans(message: Message, claimed: set[tuple[int, int]]) -> None:
    """Deliveries that were passed on by an agent that is gone, and with it what it knew of the recipient.

    One that was all of the recipient is its result; else the recipient is tried again once the others have ended.
    """
    for index in {index for index, part in claimed if part}:
        if (index, 0) in claimed:
            continue
        parts = {part for i, part in claimed if i == index}
        lost = DeliveryResult(
            queue_id=message.queue_id,
            attempt=message.attempt,
            index=index,
            status=Status.DEFERRED,
            dsn="4.3.0",
            text="delivery agent terminated abnormally",
            address=message.recipients[index].address,
        )
        known = [] if message.recipients[index].is_sole else [lost]
        message.passed_on[index] = PassedOn(lost, parts, known)
