"""Connections to milters, on the loop of the process that takes the mail (milter/filter.py, Network and Channel)."""

from __future__ import annotations

import asyncio
import os
from typing import cast

from pyfixcli.milter.settings import MilterSettings

HIGH_WATER = 256 * 1024
MAX_UNREAD = 4 * 1024 * 1024  # octets; a milter that sends more without being read waits
FAREWELL = 10.0  # seconds that a milter has to read what was written before we hang up


class MilterChannel(asyncio.Protocol):
    """One connection. Sessions are no tasks, so each wait has a timer of its own."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._is_full = False
        self._is_paused = False

    def write(self, octets: bytes) -> None:
        """Send."""
        if self._transport is not None:
            self._transport.write(octets)

    async def drain(self, timeout: float) -> None:
        """Wait while much is unsent."""
        while self._is_full and self._transport is not None:
            await self._wait(timeout)

    async def read(self, timeout: float) -> bytes:
        """What came; empty when the milter has hung up."""
        while not self._octets and self._transport is not None:
            await self._wait(timeout)
        octets = bytes(self._octets)
        self._octets.clear()
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return octets

    def close(self) -> None:
        """Hang up after what was written; a milter that does not read it keeps no descriptor."""
        transport = self._transport
        if transport is None:
            return
        transport.close()
        if transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(FAREWELL, transport.abort)

    async def _wait(self, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(timeout, _expire, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        self._octets += data
        if len(self._octets) > MAX_UNREAD and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._wake()


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


class MilterNetwork:
    """Makes connections. ``directory`` is where relative paths of local sockets begin."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    async def connect(self, settings: MilterSettings) -> MilterChannel:
        """A connection; OSError, TimeoutError."""
        return await asyncio.create_task(self._connect_in_time(settings))

    async def _connect_in_time(self, settings: MilterSettings) -> MilterChannel:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(settings.connect_timeout or None):
            if settings.port:
                return (await loop.create_connection(MilterChannel, settings.host, settings.port))[
                    1
                ]
            path = os.path.join(self._directory, settings.host)
            return (await loop.create_unix_connection(MilterChannel, path))[1]
