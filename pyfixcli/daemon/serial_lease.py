"""Queue ids for processes without a loop: serial numbers leased from the store, one block at a time."""

from __future__ import annotations

import time

from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.snapshot import Config
from pyfixcli.queue import requests as rq
from pyfixcli.queue.queue_id import SerialBlock, make_queue_id
from pyfixcli.queue.store_client import StoreClient

PATIENCE = 10.0  # seconds that a store which restarts is waited for: what was delivered already would be repeated
RETRY = 0.05


class SerialLease:
    """Asks the store at ``path`` when a block is used up; the connection, which holds the lease, stays open."""

    def __init__(self, path: str, config: Config) -> None:
        self._path = path
        self._long = config.enable_long_queue_ids
        self._clock = SystemClock()
        self._block = SerialBlock()
        self._client: StoreClient | None = None

    def new_queue_id(self) -> str:
        """An id that nothing else has, or the empty string when the store cannot be had."""
        if not len(self._block) and not self._lease_patiently():
            return ""
        return make_queue_id(self._clock.now(), self._block.take(), self._long)

    def _lease_patiently(self) -> bool:
        deadline = self._clock.monotonic() + PATIENCE
        while True:
            try:
                self._lease()
            except PyfixError:
                if self._clock.monotonic() >= deadline:
                    return False
                time.sleep(RETRY)
            else:
                return True

    def _lease(self) -> None:
        if self._client is None:
            self._client = StoreClient(self._path)
        try:
            result = self._client.ask(rq.Lease())
        except PyfixError:
            self._client.close()
            self._client = None
            raise
        self._block = SerialBlock(result.start, result.count)
