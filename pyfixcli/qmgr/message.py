"""A message in the active queue: what is under way for it, and what came of it so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyfixcli.mail.delivery import DeliveryResult, RequestRecipient, Status, combine_results
from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.recipient import NOTIFY_SUCCESS, wants


@dataclass(slots=True)
class PassedOn:
    """A recipient of whom some deliveries were passed on: its result so far, and the parts that have none yet."""

    result: DeliveryResult
    awaited: set[int]
    parts: list[DeliveryResult]


@dataclass(slots=True)
class Message:
    """One attempt of a message.

    ``outstanding`` counts recipients without a result, ``unwritten`` are results that are not yet committed,
    ``flags`` are the envelope's, ``recipients`` those without a committed result. ``unread`` gives further recipients in pieces, ``claimed``
    are places that an agent was at before, ``claimed_parts`` (index, part) of deliveries that were passed on to one. ``passed_on`` are recipients with results
    to come, ``early`` results of parts whose recipient is not known to be passed on yet. ``confirmations`` (agent, ticket) are due when
    what was handed over is committed, ``held`` ones once these recipients have their results too.
    ``copies`` are forwarded copies of recipients (by index) without a result, ``inserts`` those to store together with the results. ``cancelled`` is set when an administrator deleted, held
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
    claimed_parts: frozenset[tuple[int, int]] = frozenset()
    passed_on: dict[int, PassedOn] = field(default_factory=dict)
    early: dict[tuple[int, int], DeliveryResult] = field(default_factory=dict)
    copies: dict[int, list[Any]] = field(default_factory=dict)
    inserts: list[Any] = field(default_factory=list)
    outstanding: int = 0
    recipients: dict[int, RequestRecipient] = field(default_factory=dict)
    unwritten: dict[int, DeliveryResult] = field(default_factory=dict)
    confirmations: list[tuple[object, int]] = field(default_factory=list)
    held: list[tuple[set[int], tuple[object, int]]] = field(default_factory=list)
    deferred: bool = False
    bounced: bool = False
    succeeded: bool = False
    wants_success: bool = False
    cancelled: bool = False
    is_partly_written: bool = False
    lost_agents: int = 0  # agents that died at deliveries of this attempt

    def take_from(self, results: Iterable[DeliveryResult], confirmation: tuple[object, int]) -> int:
        """Note what an agent says of its delivery; how many recipients have a result by that.

        ``confirmation`` (agent, ticket) waits until all of it is committed.
        """
        given = list(results)
        taken = sum(map(self.take, given))
        waiting = {result.index for result in given if self._has_open_parts(result.index)}
        if waiting:
            self.held.append((waiting, confirmation))
        else:
            self.confirmations.append(confirmation)
        return taken

    def _has_open_parts(self, index: int) -> bool:
        return index in self.passed_on or any(key[0] == index for key in self.early)

    def _release(self, index: int) -> None:
        """This recipient holds up no confirmation any more."""
        if not self.held:
            return
        self.early = {key: early for key, early in self.early.items() if key[0] != index}
        for waiting, _ in self.held:
            waiting.discard(index)
        self.confirmations += [confirmation for waiting, confirmation in self.held if not waiting]
        self.held = [(waiting, confirmation) for waiting, confirmation in self.held if waiting]

    def take(self, result: DeliveryResult) -> bool:
        """Note a result; False when this recipient already had one, or has none yet (passed on)."""
        index = result.index
        if index in self.unwritten or index not in self.recipients:
            return False
        if result.part:
            return self._take_part(result)
        if result.passed:
            return self._pass_on(result)
        self.unwritten[index] = result
        self._release(index)
        copies = self.copies.pop(index, [])
        if result.status is not Status.DEFERRED:  # else all of the recipient is tried again
            self.inserts += copies
        self.outstanding -= 1
        self.deferred |= result.status is Status.DEFERRED
        self.bounced |= any(part.status is Status.BOUNCED for part in result.outcomes)
        if any(part.status is Status.SENT for part in result.outcomes):
            self.succeeded = True
            self.wants_success |= wants(self.recipients[index].notify, NOTIFY_SUCCESS)
        return True

    def add_copies(self, result: DeliveryResult, inserts: list[Any]) -> None:
        """Forwarded copies of a result that comes next; they go out once the recipient has its final result."""
        if self.awaits(result):
            self.copies.setdefault(result.index, []).extend(inserts)

    def awaits(self, result: DeliveryResult) -> bool:
        """Whether this result is news: what was committed already has its copies in the queue."""
        return self._awaits(RequestRecipient(result.index, "", part=result.part))

    def may_pass_on(self, result: DeliveryResult) -> bool:
        """Whether the deliveries that a result leaves to others are still to be begun."""
        if result.index not in self.recipients or result.index in self.unwritten:
            return False
        passed_on = self.passed_on.get(result.index)
        return passed_on is None if not result.part else passed_on is not None

    def _pass_on(self, result: DeliveryResult) -> bool:
        index = result.index
        if index in self.passed_on:
            return False
        waiting = PassedOn(result, {p.recipient.part for p in result.passed}, list(result.parts))
        self.passed_on[index] = waiting
        early = [key for key in self.early if key[0] == index]
        return any([self._take_part(self.early.pop(key)) for key in early])

    def _take_part(self, result: DeliveryResult) -> bool:
        waiting = self.passed_on.get(result.index)
        if waiting is None:
            self.early[result.index, result.part] = result
            return False
        if result.part not in waiting.awaited:
            return False
        waiting.awaited.discard(result.part)
        waiting.awaited |= {p.recipient.part for p in result.passed}
        waiting.parts += result.parts or ([] if result.passed else [result])
        if waiting.awaited:
            return False
        del self.passed_on[result.index]
        return self.take(combine_results(waiting.result, tuple(waiting.parts)))

    def forget(self, recipient: RequestRecipient) -> bool:
        """Await nothing of this recipient any more; False when nothing was awaited."""
        self.passed_on.pop(recipient.index, None)
        self.copies.pop(recipient.index, None)
        self._release(recipient.index)
        if self.recipients.pop(recipient.index, None) is None:
            return False
        self.outstanding -= 1
        return True

    def still_awaits(
        self, recipients: tuple[RequestRecipient, ...]
    ) -> tuple[RequestRecipient, ...]:
        """Those of them that have no result yet."""
        waiting = tuple(r for r in recipients if self._awaits(r))
        return recipients if len(waiting) == len(recipients) else waiting

    def _awaits(self, recipient: RequestRecipient) -> bool:
        index = recipient.index
        if index not in self.recipients or index in self.unwritten:
            return False
        passed_on = self.passed_on.get(index)
        return passed_on is None or recipient.part in passed_on.awaited

    def hand_over(self) -> list[tuple[RequestRecipient, DeliveryResult]]:
        """The results that are to be written now, with their recipients; the message forgets both."""
        results, self.unwritten = self.unwritten, {}
        return [(self.recipients.pop(index), result) for index, result in results.items()]

    @property
    def is_complete(self) -> bool:
        """Whether every recipient of this attempt has a result."""
        return self.outstanding == 0 and self.unread is None
