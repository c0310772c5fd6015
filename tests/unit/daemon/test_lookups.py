"""Tables that may wait are asked beside the loop, each by itself."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.maps.table import Table, TableFailure


class SilentTable(Table):
    """Does not answer before it is let go."""

    immediate = False

    def __init__(self) -> None:
        super().__init__("silent:x")
        self.go = threading.Event()
        self.asked: list[str] = []

    def get(self, key: str) -> str | None:
        self.asked.append(key)
        self.go.wait(20)
        return "late"


class QuickTable(Table):
    """Answers at once."""

    immediate = False

    def get(self, key: str) -> str | None:
        return key.upper()


def test_a_table_that_never_answers_holds_up_no_other_one() -> None:
    """However many keys it is asked for."""

    async def go() -> tuple[list[str | None], float]:
        waiter, silent, quick = PoolWaiter(), SilentTable(), QuickTable("quick:x")
        stuck = [asyncio.create_task(waiter.lookup(silent, f"k{n}")) for n in range(100)]
        await asyncio.sleep(0)
        begin = time.monotonic()
        answers = [await waiter.lookup(quick, f"a{n}") for n in range(50)]
        seconds = time.monotonic() - begin
        assert not any(task.done() for task in stuck)
        silent.go.set()
        await asyncio.gather(*stuck)
        return answers, seconds

    answers, seconds = asyncio.run(go())
    assert answers == [f"A{n}" for n in range(50)]
    assert seconds < 5


def test_a_lookup_that_takes_too_long_fails() -> None:
    """With a text that names the table."""

    async def go() -> None:
        silent = SilentTable()
        try:
            await PoolWaiter(0.05).lookup(silent, "k")
        finally:
            silent.go.set()

    with pytest.raises(TableFailure, match="table silent:x: lookup took too long"):
        asyncio.run(go())


def test_equal_keys_are_looked_up_once() -> None:
    """While the first question is open."""

    async def go() -> SilentTable:
        waiter, silent = PoolWaiter(), SilentTable()
        tasks = [asyncio.create_task(waiter.lookup(silent, "same")) for _ in range(5)]
        while not silent.asked:
            await asyncio.sleep(0.001)
        silent.go.set()
        assert await asyncio.gather(*tasks) == ["late"] * 5
        return silent

    assert asyncio.run(go()).asked == ["same"]
