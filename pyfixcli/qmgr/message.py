"""A message in the active queue: what is under way for it, and what came of it so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyfixcli.mail.delivery import DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.recipient import NOTIFY_SUCCESS, wants


@dataclass(slots=True)
class Message:
    """One attempt of a message.

    ``outstanding`` counts recipients without a result, ``unwritten`` are results that are not yet committed,
    ``flags`` are the envelope's, ``recipients`` those without a committed result. ``unread`` gives further recipients in pieces, ``claimed``
    are places that an agent was at before. ``cancelled`` is set when an administrator deleted, held
    or requeued it.
    """

    queue_id: str
    attempt: int
    sender: str
    arrival_time: float
    active_time: float
    envelope: Envelope
    flags: int = 0
    flushed: bool = False
    index_key: bytes = b""
    unread: Iterator[list[Any]] | None = None
    claimed: frozenset[int] = frozenset()
    outstanding: int = 0
    recipients: dict[int, RequestRecipient] = field(default_factory=dict)
    unwritten: dict[int, DeliveryResult] = field(default_factory=dict)
    confirmations: list[tuple[object, int]] = field(default_factory=list)
    deferred: bool = False
    bounced: bool = False
    succeeded: bool = False
    wants_success: bool = False
    cancelled: bool = False
    is_partly_written: bool = False

    def take(self, result: DeliveryResult) -> bool:
        """Note a result; False when this recipient already had one."""
        index = result.index
        if index in self.unwritten or index not in self.recipients:
            return False
        self.unwritten[index] = result
        self.outstanding -= 1
        self.deferred |= result.status is Status.DEFERRED
        self.bounced |= result.status is Status.BOUNCED
        if result.status is Status.SENT:
            self.succeeded = True
            self.wants_success |= wants(self.recipients[index].notify, NOTIFY_SUCCESS)
        return True

    def still_awaits(
        self, recipients: tuple[RequestRecipient, ...]
    ) -> tuple[RequestRecipient, ...]:
        """Those of them that have no result yet."""
        waiting = tuple(
            r for r in recipients if r.index in self.recipients and r.index not in self.unwritten
        )
        return recipients if len(waiting) == len(recipients) else waiting

    def hand_over(self) -> list[tuple[RequestRecipient, DeliveryResult]]:
        """The results that are to be written now, with their recipients; the message forgets both."""
        results, self.unwritten = self.unwritten, {}
        return [(self.recipients.pop(index), result) for index, result in results.items()]

    @property
    def is_complete(self) -> bool:
        """Whether every recipient of this attempt has a result."""
        return self.outstanding == 0 and self.unread is None
