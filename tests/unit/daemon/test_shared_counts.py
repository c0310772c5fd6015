"""Counts of several processes in one memory."""

from __future__ import annotations

import os
from collections.abc import Callable

from pyfixcli.daemon.shared_counts import MESSAGES, SharedCounts, make_shared_memory


def in_child(work: Callable[[], int]) -> int:
    """What ``work`` returns, in a process of its own."""
    pid = os.fork()
    if pid == 0:
        status = 255
        try:
            status = work()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_sessions_come_and_go() -> None:
    """In one process."""
    counts = SharedCounts(make_shared_memory(), 60)
    found = [counts.join("a"), counts.join("a"), counts.join("b")]
    counts.leave("a")
    assert (found, counts.sessions("a"), counts.sessions("c")) == ([1, 2, 1], 1, 0)


def test_a_process_sees_the_sessions_of_another() -> None:
    """Each has a region of its own, and reads all."""
    memory = make_shared_memory()
    counts = SharedCounts(memory, 60)
    counts.join("a")
    assert in_child(lambda: SharedCounts(memory, 60).join("a")) == 2


def test_a_successor_clears_what_a_dead_process_left() -> None:
    """Its lock went with it."""
    memory = make_shared_memory()
    keeper = SharedCounts(memory, 60)
    in_child(lambda: SharedCounts(memory, 60).join("a"))
    in_child(lambda: SharedCounts(memory, 60).sessions("a"))
    assert keeper.sessions("a") == 0


def test_events_are_counted_by_kind_and_name() -> None:
    """Within their time unit."""
    counts = SharedCounts(make_shared_memory(), 60)
    found = [counts.note("a", MESSAGES), counts.note("a", MESSAGES), counts.note("b", MESSAGES)]
    assert found == [1, 2, 1]


def test_events_of_an_old_time_unit_do_not_count() -> None:
    """A unit of one second, and a clock that is one second on."""
    counts = SharedCounts(make_shared_memory(), 1)
    counts.note("a", MESSAGES)
    place = next(iter(counts._places.values()))
    counts._renew(place, 10**9)
    assert counts._total(next(iter(counts._places)), 24, 10**9) == 0


def test_s19_many_names_take_no_more_memory() -> None:
    """What finds no place is not counted, and nobody is refused for it."""
    counts = SharedCounts(make_shared_memory(), 60)
    found = {counts.join(f"client {number}") for number in range(20000)}
    assert found == {1}
