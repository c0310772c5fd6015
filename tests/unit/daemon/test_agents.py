"""Which delivery process is free."""

from __future__ import annotations

import asyncio

from pyfixcli.daemon.agent_frames import Hello
from pyfixcli.daemon.agents import STALL, Agent
from tests.support.delivery_request import REQUEST


class Connection:
    is_open = True


def test_process_that_waits_long_for_the_disk_is_not_free() -> None:
    """It takes no other mail meanwhile; at once after Landed it may."""

    async def ask() -> None:
        agent = Agent(Connection(), Hello("local", 1, 1))  # type: ignore[arg-type]
        now = asyncio.get_running_loop().time()
        assert agent.free == 1
        agent.busy[7] = REQUEST
        assert agent.free == 0
        agent.landed[7] = now
        assert agent.free == 1
        agent.landed[7] = now - STALL - 1.0
        assert agent.free == 0

    asyncio.run(ask())
