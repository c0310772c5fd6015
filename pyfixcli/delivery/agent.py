"""What every delivery agent shares: its content, its context, and how it reports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from pyfixcli.base.clock import Clock
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.durable import NOW, Durable
from pyfixcli.log.maillog import MailLog, delivery_line
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_PROBE, FLAG_VERIFY_ONLY
from pyfixcli.maps.lookup import MapList, Waiter

CHUNK = 65536
PROBES = FLAG_VERIFY_ONLY | FLAG_PROBE  # only whether recipients would be accepted is of interest
PROBED = {
    Status.SENT: Status.DELIVERABLE,
    Status.DEFERRED: Status.UNDELIVERABLE,
    Status.BOUNCED: Status.UNDELIVERABLE,
}

WORDS = {
    Status.SENT: "sent",
    Status.DEFERRED: "deferred",
    Status.BOUNCED: "bounced",
    Status.EXPIRED: "expired",
    Status.DELIVERABLE: "deliverable",
    Status.UNDELIVERABLE: "undeliverable",
}


class ContentReader(Protocol):
    """The content of a message, ``\\n`` line ends; may be read more than once."""

    size: int

    def chunks(self) -> Iterator[bytes]:
        """The content in pieces of at most CHUNK octets."""
        ...


class BytesContent:
    """Content in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def chunks(self) -> Iterator[bytes]:
        yield self._data


class FileContent:
    """Content in a file; the descriptor stays the caller's."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def chunks(self) -> Iterator[bytes]:
        offset = 0
        while chunk := os.pread(self._descriptor, CHUNK, offset):
            offset += len(chunk)
            yield chunk


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one recipient, before it becomes a DeliveryResult."""

    status: Status
    dsn: str
    text: str
    action: str = ""
    diagnostic_type: str = ""
    diagnostic: str = ""


def sent(text: str, dsn: str = "2.0.0") -> Outcome:
    """Delivered."""
    return Outcome(Status.SENT, dsn, text)


def deferred(dsn: str, text: str) -> Outcome:
    """To be tried again."""
    return Outcome(Status.DEFERRED, dsn, text)


def bounced(dsn: str, text: str) -> Outcome:
    """To be returned to the sender."""
    return Outcome(Status.BOUNCED, dsn, text)


@dataclass(frozen=True, slots=True)
class AgentContext:
    """What an agent is given: its service's view of the configuration, and the world.

    ``aliases`` are the tables of alias_maps, opened once a process. ``durable`` is for the delivery to a request's recipient
    itself, which others may follow before it is on the disk.
    """

    service: str
    config: Config
    log: MailLog
    clock: Clock
    waiter: Waiter
    aliases: MapList
    durable: Durable = NOW


def report(
    context: AgentContext,
    request: DeliveryRequest,
    recipient: RequestRecipient,
    outcome: Outcome,
    relay: str,
    started: float,
    connected: float = 0.0,
    uses: int = 1,
) -> DeliveryResult:
    """Log the outcome for a recipient and make the result.

    ``started`` is when the agent began, ``connected`` when its connection was there (seconds; 0: it needed
    none), ``uses`` how often that connection was used.
    """
    connected = connected or started
    if request.flags & PROBES:
        outcome = replace(outcome, status=PROBED.get(outcome.status, outcome.status))
    outcome = soften(context.config, outcome)
    now = context.clock.now()
    delays = (
        max(0.0, request.active_time - request.arrival_time),
        max(0.0, started - request.active_time),
        max(0.0, connected - started),
        max(0.0, now - connected),
    )
    word = "SOFTBOUNCE" if outcome.action == "softbounce" else WORDS[outcome.status]
    shown = f"{relay}, conn_use={uses}" if uses > 1 else relay
    line = delivery_line(
        recipient.address, recipient.original, shown, delays, outcome.dsn, word, outcome.text
    )
    context.log.info(context.service, f"{request.queue_id}: {line}")
    return DeliveryResult(
        queue_id=request.queue_id,
        attempt=request.attempt,
        index=recipient.index,
        status=outcome.status,
        dsn=outcome.dsn,
        text=outcome.text,
        relay=relay,
        delays=delays,
        action="" if outcome.action == "softbounce" else outcome.action,
        part=recipient.part,
        address=recipient.address,
        original=recipient.original,
        diagnostic_type=outcome.diagnostic_type,
        diagnostic=outcome.diagnostic,
    )


def soften(config: Config, outcome: Outcome) -> Outcome:
    """soft_bounce turns what would be returned into what is tried again."""
    if outcome.status is not Status.BOUNCED or not config.soft_bounce:
        return outcome
    return Outcome(Status.DEFERRED, "4" + outcome.dsn[1:], outcome.text, "softbounce")
