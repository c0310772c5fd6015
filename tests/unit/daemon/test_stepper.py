"""Coroutines that run in line until they wait."""

from __future__ import annotations

import asyncio

import pytest

from pyfixcli.daemon.services.smtpd.stepper import start


def test_what_waits_for_nothing_needs_no_task() -> None:
    """It has ended when start() returns."""
    done: list[str] = []

    async def step() -> None:
        done.append("done")

    async def main() -> None:
        assert start(step()) is None

    asyncio.run(main())
    assert done == ["done"]


def test_what_waits_goes_on_as_a_task() -> None:
    """From where it was, with what it waited for."""
    seen: list[object] = []

    async def step(future: asyncio.Future[int]) -> None:
        seen.append("begun")
        seen.append(await future)
        await asyncio.sleep(0)
        seen.append("ended")

    async def main() -> None:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = start(step(future))
        assert task is not None and seen == ["begun"]
        future.set_result(7)
        await task

    asyncio.run(main())
    assert seen == ["begun", 7, "ended"]


@pytest.mark.parametrize("waits", [False, True])
def test_errors_come_out(waits: bool) -> None:
    """At once, or by the task."""

    async def step() -> None:
        if waits:
            await asyncio.sleep(0)
        raise ValueError("x")

    async def main() -> None:
        task = start(step())
        assert task is not None
        await task

    with pytest.raises(ValueError, match="x"):
        asyncio.run(main())


def test_a_cancelled_task_cancels_its_coroutine() -> None:
    """The coroutine may clean up."""
    seen: list[str] = []

    async def step() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            seen.append("cleaned")

    async def main() -> None:
        task = start(step())
        assert task is not None
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cleaned"]
