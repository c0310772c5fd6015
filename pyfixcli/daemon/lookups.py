"""Waiting lookups: a few threads for each table, so that no lookup blocks the loop.

A table that does not answer holds up only what asks it: no other table waits for its threads. Equal keys of a table
that are asked at the same time are looked up once. When many wait for a table that says nothing at all, further
lookups fail at once, so that those who wait stay few.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakKeyDictionary

from pyfixcli.log.maillog import MailLog
from pyfixcli.maps.observer import Observer
from pyfixcli.maps.table import Table, TableFailure

THREADS = 4  # lookups at a time in one table
DEADLINE = 100.0  # seconds until a lookup counts as failed
CROWD = 200  # so many may wait for a table that says nothing
PATIENCE = 5.0  # seconds without an answer after which a table says nothing

Report = Callable[[str], None]


class PoolWaiter:
    """The Waiter of maps/lookup.py for processes with a loop.

    ``report`` is told what tables have to say about lookups that did not fail.
    """

    observer: Observer | None = None

    def __init__(self, deadline: float = DEADLINE, report: Report | None = None) -> None:
        self._deadline = deadline
        self._report = report
        self._lanes: WeakKeyDictionary[Table, Lane] = WeakKeyDictionary()

    def report(self, text: str, is_error: bool = False) -> None:
        """What a table has to say that no lookup failed for."""
        if self._report is not None:
            self._report(text)

    async def lookup(self, table: Table, key: str) -> str | None:
        """The value, or None; TableFailure when the table fails or does not answer in time."""
        lane = self._lanes.get(table)
        if lane is None:
            lane = self._lanes[table] = Lane()
        if lane.is_stuck:
            raise TableFailure(f"table {table.name}: too many lookups wait for an answer")
        question = lane.ask(table, key, self._deadline, self._report)
        lane.waiting += 1
        try:
            return await asyncio.wait_for(asyncio.shield(question.answer), self._deadline)
        except TimeoutError as error:
            raise TableFailure(f"table {table.name}: lookup took too long") from error
        finally:
            lane.waiting -= 1


class ServiceWaiter:
    """The waiter of a process as one of its services uses it: what tables have to say is logged under its name."""

    observer: Observer | None = None

    def __init__(self, waiter: PoolWaiter, log: MailLog, service: str) -> None:
        self._waiter = waiter
        self._log = log
        self._service = service

    def lookup(self, table: Table, key: str) -> Coroutine[Any, Any, str | None]:
        """As PoolWaiter.lookup."""
        return self._waiter.lookup(table, key)

    def report(self, text: str, is_error: bool = False) -> None:
        """A warning about a table, or an error."""
        say = self._log.error if is_error else self._log.warning
        say(self._service, text)


class Lane:
    """The threads of a table, and what is asked there. ``waiting`` are those who wait for answers."""

    def __init__(self) -> None:
        self.waiting = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lookup")
        self._asked: dict[str, Question] = {}
        self._answered = 0.0  # when the last answer came, or questions came to an idle table

    @property
    def is_stuck(self) -> bool:
        """Whether too many wait though nothing was answered for long."""
        return self.waiting >= CROWD and time.monotonic() - self._answered > PATIENCE

    def ask(self, table: Table, key: str, patience: float, report: Report | None) -> Question:
        """The question that is open for a key, or a new one; it is open for ``patience`` seconds from now."""
        now = time.monotonic()
        question = self._asked.get(key)
        if question is not None:
            question.until = now + patience
            return question
        if not self._asked:
            self._answered = now
        question = self._asked[key] = Question(table, key, now + patience)
        loop = asyncio.get_running_loop()
        question.answer = loop.run_in_executor(self._threads, question.ask)
        question.answer.add_done_callback(lambda answer: self._end(table, key, answer, report))
        return question

    def _end(
        self, table: Table, key: str, answer: asyncio.Future[str | None], report: Report | None
    ) -> None:
        del self._asked[key]
        self._answered = time.monotonic()
        if not answer.cancelled():
            answer.exception()  # asyncio complains of failures that nobody waited for any more
        if report is not None:
            for text in table.take_warnings():
                report(text)


class Question:
    """A key that is looked up, for all who ask for it until it is answered."""

    __slots__ = ("_key", "_table", "answer", "until")

    answer: asyncio.Future[str | None]

    def __init__(self, table: Table, key: str, until: float) -> None:
        self._table = table
        self._key = key
        self.until = until

    def ask(self) -> str | None:
        """In a thread: as Table.get. A question that nobody waits for any more is not asked."""
        if time.monotonic() > self.until:
            raise TableFailure(f"table {self._table.name}: lookup took too long")
        return self._table.get(self._key)
