"""A message in the active queue: what is under way for it, and what came of it so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyfixcli.mail.delivery import DeliveryResult, RequestRecipient, Status


@dataclass(slots=True)
class Job:
    """One attempt of a message.

    ``outstanding`` counts recipients without a result, ``results`` those that arrived and are not yet
    written. ``cancelled`` is set when an administrator deleted, held or requeued it.
    """

    queue_id: str
    attempt: int
    sender: str
    arrival_time: float
    active_time: float
    outstanding: int = 0
    recipients: dict[int, RequestRecipient] = field(default_factory=dict)
    results: dict[int, DeliveryResult] = field(default_factory=dict)
    unwritten: list[DeliveryResult] = field(default_factory=list)
    confirmations: list[tuple[object, int]] = field(default_factory=list)
    deferred: bool = False
    bounced: bool = False
    succeeded: bool = False
    cancelled: bool = False
    more: bool = False

    def take(self, result: DeliveryResult) -> bool:
        """Note a result; False when this recipient already had one."""
        if result.index in self.results or result.index not in self.recipients:
            return False
        self.results[result.index] = result
        self.unwritten.append(result)
        self.outstanding -= 1
        self.deferred |= result.status is Status.DEFERRED
        self.bounced |= result.status is Status.BOUNCED
        self.succeeded |= result.status is Status.SENT
        return True

    @property
    def is_complete(self) -> bool:
        """Whether every recipient of this attempt has a result."""
        return self.outstanding == 0 and not self.more
