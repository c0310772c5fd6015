"""Staying awake for a moment after a reply.

A client on the same machine, or on the next one, answers a reply in less time than it takes to wake a processor
that has gone to sleep. So after a reply to a client that is as quick as that the event loop looks again for a moment,
and leaves the processor to anybody else who wants it in between, before it waits.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

STAY = 100e-6  # seconds
QUICK = 200e-6  # seconds in which such a client answers, with the time that we take to wake


class Linger:
    """Serves all connections of a loop; ``now`` is a clock in seconds."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._loop = loop
        self._now = now
        self._until = 0.0
        self._is_awake = False

    @property
    def is_awake(self) -> bool:
        """Whether the loop does not sleep now."""
        return self._is_awake

    def stay(self) -> None:
        """An answer may come at once."""
        self._until = self._now() + STAY
        if not self._is_awake:
            self._is_awake = True
            self._loop.call_soon(self._look_again)

    def _look_again(self) -> None:
        os.sched_yield()
        if self._now() < self._until:
            self._loop.call_soon(self._look_again)
        else:
            self._is_awake = False
