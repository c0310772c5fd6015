"""Staying awake after a reply: for a moment, and for all connections at once."""

from __future__ import annotations

import asyncio
import time

from pyfixcli.daemon.linger import STAY, Linger


def test_the_loop_looks_again_for_a_moment_and_then_sleeps() -> None:
    """What is said meanwhile makes it longer; one step serves everybody."""

    async def go() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        linger = Linger(loop)
        begun = time.monotonic()
        for _ in range(3):
            linger.stay()
        while linger.is_awake:
            linger_until = time.monotonic()
            await asyncio.sleep(0)
        return begun, linger_until

    begun, ended = asyncio.run(go())
    assert ended - begun >= STAY * 0.5
