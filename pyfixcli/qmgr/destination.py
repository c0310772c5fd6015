"""A destination of a transport: its window of simultaneous deliveries (SCHEDULER_README).

The window begins with ``initial_destination_concurrency``, grows with deliveries that succeed and shrinks with
those that fail for a reason of the site. A whole cohort of failures makes the destination dead: it
rests for a while, and what waits for it is deferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.qmgr.transport_limits import TransportLimits

if TYPE_CHECKING:
    from pyfixcli.qmgr.job import Job


class Destination:
    """``busy`` deliveries are under way of at most ``window``; ``waiters`` is a heap of jobs that wait for it."""

    __slots__ = (
        "_cohorts",
        "_credit",
        "_debit",
        "_limits",
        "busy",
        "dead_until",
        "name",
        "not_before",
        "reason",
        "waiters",
        "waiting",
        "window",
    )

    def __init__(self, name: str, limits: TransportLimits) -> None:
        self.name = name
        self.busy = 0
        self.waiting = 0  # entries of all jobs
        self.waiters: list[tuple[int, Job]] = []
        self.not_before = 0.0
        self.dead_until = 0.0
        self.reason = ""
        self.adopt(limits)
        self.window = self._begin()

    def adopt(self, limits: TransportLimits) -> None:
        """Go by these limits from now on."""
        self._limits = limits

    def _begin(self) -> int:
        """The window of a destination of which nothing is known."""
        self._credit = self._debit = self._cohorts = 0.0
        return self._first

    @property
    def has_backlog(self) -> bool:
        """Whether so much waits that a connection is worth keeping: as much as a first round of deliveries takes."""
        return self.waiting >= self._first

    @property
    def _first(self) -> int:
        first = max(1, self._limits.initial_concurrency)
        most = self._most
        return min(first, most) if most else first

    @property
    def _most(self) -> int:
        limits = self._limits
        return 1 if limits.destination_rate_delay else limits.destination_concurrency

    @property
    def room(self) -> int:
        """Deliveries that may start now, as far as the window goes."""
        return self.window - self.busy

    def is_ready(self, now: float) -> bool:
        """Whether another delivery may start."""
        return self.busy < self.window and self.not_before <= now

    def started(self) -> None:
        """A delivery begins."""
        self.busy += 1

    def ended(self, now: float) -> None:
        """A delivery ended, whatever its outcome."""
        self.busy -= 1
        if self._limits.destination_rate_delay:
            self.not_before = now + self._limits.destination_rate_delay

    def succeeded(self) -> None:
        """The site took or refused what it was given: the window may grow as far as it is used."""
        limits = self._limits
        self._cohorts = 0.0
        if self._most and self.window >= self._most:
            return
        if self.window > self.busy + limits.initial_concurrency:
            return
        self._credit += limits.positive_feedback.amount(self.window)
        while self._credit >= 1.0 and not (self._most and self.window >= self._most):
            self._credit -= 1.0
            self.window += 1

    def failed(self, now: float, reason: str) -> bool:
        """The site could not be spoken to; true when it is dead from now on."""
        limits = self._limits
        if not self.window:
            return False
        self._cohorts += 1.0 / self.window
        if limits.failed_cohorts and self._cohorts >= limits.failed_cohorts:
            self.window, self.reason = 0, reason
            self.dead_until = now + limits.backoff
            return True
        self._debit += limits.negative_feedback.amount(self.window)
        while self._debit >= 1.0:
            self._debit -= 1.0
            self.window = max(1, self.window - 1)
        return False

    def is_dead(self, now: float) -> bool:
        """Whether the destination rests; after its rest it begins anew."""
        if not self.dead_until:
            return False
        if now < self.dead_until:
            return True
        self.revive()
        return False

    def revive(self) -> None:
        """Begin anew if it is dead."""
        if self.dead_until:
            self.dead_until, self.reason = 0.0, ""
            self.window = self._begin()
