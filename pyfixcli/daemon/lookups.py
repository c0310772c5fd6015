"""Waiting lookups: a few threads for each table, so that no lookup blocks the loop.

A table that does not answer holds up only what asks it: no other table waits for its threads. Equal keys of a table
that are asked at the same time are looked up once.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from pyfixcli.maps.table import Table, TableFailure

THREADS = 4  # lookups at a time in one table
DEADLINE = 100.0  # seconds until a lookup counts as failed


class PoolWaiter:
    """The Waiter of maps/lookup.py for processes with a loop."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._pools: WeakKeyDictionary[Table, ThreadPoolExecutor] = WeakKeyDictionary()
        self._asked: dict[tuple[int, str], asyncio.Future[str | None]] = {}

    async def lookup(self, table: Table, key: str) -> str | None:
        """The value, or None; TableFailure when the table fails or does not answer in time."""
        name = (id(table), key)
        future = self._asked.get(name)
        if future is None:
            loop = asyncio.get_running_loop()
            future = loop.run_in_executor(self._pool(table), table.get, key)
            self._asked[name] = future
            future.add_done_callback(lambda _: self._asked.pop(name, None))
        try:
            return await asyncio.wait_for(asyncio.shield(future), self._deadline)
        except TimeoutError as error:
            raise TableFailure(f"table {table.name}: lookup took too long") from error

    def _pool(self, table: Table) -> ThreadPoolExecutor:
        pool = self._pools.get(table)
        if pool is None:
            pool = self._pools[table] = ThreadPoolExecutor(THREADS, thread_name_prefix="lookup")
        return pool
