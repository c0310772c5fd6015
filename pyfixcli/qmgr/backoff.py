"""When a message is tried again, and when it is given up (postconf(5))."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """minimal_backoff_time, maximal_backoff_time, and the two lifetimes, in seconds."""

    minimal_backoff_time: float
    maximal_backoff_time: float
    maximal_queue_lifetime: float
    bounce_queue_lifetime: float

    def next_attempt(self, now: float, arrival: float) -> float:
        """The time of the next attempt: the wait grows with the message's age."""
        age = max(0.0, now - arrival)
        wait = min(max(age, self.minimal_backoff_time), self.maximal_backoff_time)
        return now + wait

    def is_expired(self, now: float, arrival: float, sender: str) -> bool:
        """Whether a message that could not be delivered now is to be returned."""
        lifetime = self.maximal_queue_lifetime if sender else self.bounce_queue_lifetime
        return now > arrival + lifetime
