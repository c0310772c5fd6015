"""Staying awake after a reply: for a moment, and for all connections at once."""

from __future__ import annotations

import asyncio
import itertools

from pyfixcli.daemon.linger import STAY, Linger


def test_the_loop_looks_again_for_a_moment_and_then_sleeps() -> None:
    """What is said meanwhile makes it longer; one step serves everybody."""
    looks = itertools.count()  # of the clock, each a fifth of the moment after the one before

    async def go() -> int:
        linger = Linger(asyncio.get_running_loop(), lambda: next(looks) * STAY / 5)
        for _ in range(3):
            linger.stay()
        turns = 0
        while linger.is_awake:
            turns += 1
            if turns == 4:
                linger.stay()
            await asyncio.sleep(0)
        return turns

    turns = asyncio.run(go())
    assert 8 <= turns <= 10
