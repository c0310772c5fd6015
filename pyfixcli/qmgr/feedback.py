"""How much a delivery changes a destination's window (SCHEDULER_README, concurrency feedback)."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass


class Divisor(enum.Enum):
    """What the number of a feedback parameter is divided by."""

    NOTHING = ""
    CONCURRENCY = "concurrency"
    SQRT_CONCURRENCY = "sqrt_concurrency"


@dataclass(frozen=True, slots=True)
class Feedback:
    """``number``, or ``number/concurrency``, or ``number/sqrt_concurrency``."""

    number: float
    divisor: Divisor = Divisor.NOTHING

    def amount(self, window: int) -> float:
        """The change of a window of this size after one delivery."""
        if self.divisor is Divisor.CONCURRENCY:
            return self.number / max(1, window)
        if self.divisor is Divisor.SQRT_CONCURRENCY:
            return self.number / math.sqrt(max(1, window))
        return self.number


def parse_feedback(text: str) -> Feedback:
    """Read default_destination_concurrency_positive_feedback and its like; ValueError otherwise."""
    number, slash, divisor = text.strip().partition("/")
    value = float(number)
    if slash and divisor.strip() in ("concurrency", "sqrt_concurrency"):
        found = Feedback(value, Divisor(divisor.strip()))
    else:
        found = Feedback(value / float(divisor) if slash else value)
    if not 0.0 <= found.number <= 1.0:
        raise ValueError(f"feedback is not between 0 and 1: {text}")
    return found
