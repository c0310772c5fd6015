"""Tables that may wait are asked beside the loop, each by itself."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from pyfixcli.daemon import lookups
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


def test_when_many_wait_for_a_silent_table_further_lookups_fail_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that those who wait stay few; once it answers, all is as before."""
    monkeypatch.setattr(lookups, "CROWD", 10)
    monkeypatch.setattr(lookups, "PATIENCE", 0.0)

    async def go() -> None:
        waiter, silent = PoolWaiter(), SilentTable()
        stuck = [asyncio.create_task(waiter.lookup(silent, f"k{n}")) for n in range(10)]
        while len(silent.asked) < 4:
            await asyncio.sleep(0.001)
        with pytest.raises(TableFailure, match="table silent:x: too many lookups wait"):
            await waiter.lookup(silent, "more")
        silent.go.set()
        assert await asyncio.gather(*stuck) == ["late"] * 10
        assert await waiter.lookup(silent, "more") == "late"

    asyncio.run(go())


def test_a_slow_table_may_be_asked_by_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it answers now and then."""
    monkeypatch.setattr(lookups, "CROWD", 10)

    async def go() -> list[str | None]:
        waiter, silent = PoolWaiter(), SilentTable()
        tasks = [asyncio.create_task(waiter.lookup(silent, f"k{n}")) for n in range(50)]
        await asyncio.sleep(0)
        silent.go.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(go()) == ["late"] * 50


def test_a_question_that_nobody_waits_for_is_not_asked() -> None:
    """It was still in line when its time was over."""

    async def go() -> list[str]:
        waiter, silent = PoolWaiter(0.05), SilentTable()
        tasks = [waiter.lookup(silent, f"k{n}") for n in range(20)]
        failed = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(failure, TableFailure) for failure in failed)
        silent.go.set()
        assert await waiter.lookup(silent, "after") == "late"
        return silent.asked

    assert asyncio.run(go()) == ["k0", "k1", "k2", "k3", "after"]


def test_what_a_table_says_is_reported() -> None:
    """Though the lookup did not fail."""

    class TalkingTable(QuickTable):
        def take_warnings(self) -> list[str]:
            return ["it was hard"]

    reports: list[str] = []
    waiter = PoolWaiter(report=reports.append)
    assert asyncio.run(waiter.lookup(TalkingTable("quick:x"), "a")) == "A"
    assert reports == ["it was hard"]
