"""Connections and names for the SMTP client, on the loop of a deliver process."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from pyfixcli.delivery.smtp.peer import Endpoint, HostProblem, PeerLost, PeerTimeout
from pyfixcli.delivery.smtp.session import Session
from pyfixcli.dns.resolver import DnsResolver, Found
from pyfixcli.protocol.server_reply import BadReply, ReplyParser, ServerReply

THREADS = 8
HIGH_WATER = 256 * 1024


class SmtpConnection(asyncio.Protocol):
    """A Peer (delivery/smtp/peer.py) over TCP."""

    def __init__(self) -> None:
        self._parser = ReplyParser()
        self._replies: deque[ServerReply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._is_paused = False

    @property
    def is_open(self) -> bool:
        """Whether it can still be spoken to, and nothing came unasked."""
        transport = self._transport
        return transport is not None and not transport.is_closing() and not self._replies

    def write(self, octets: bytes) -> None:
        """Send."""
        if self._transport is not None:
            self._transport.write(octets)

    async def drain(self, timeout: float) -> None:
        """Wait while much is unsent."""
        while self._is_paused and self._transport is not None:
            await self._wait(timeout)
        if self._transport is None:
            raise PeerLost

    async def reply(self, timeout: float) -> ServerReply:
        """The next reply."""
        while not self._replies:
            if self._transport is None:
                raise PeerLost
            await self._wait(timeout)
        return self._replies.popleft()

    async def _wait(self, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(timeout, self._expire, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _expire(self, waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_exception(PeerTimeout())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Hang up after what was written."""
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        try:
            self._replies.extend(self._parser.receive(data))
        except BadReply:
            if self._transport is not None:
                self._transport.abort()
        self._wake()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._wake()


class SmtpNetwork:
    """The Network of delivery/smtp/peer.py. ``is_native``: smtp_host_lookup asks the system first."""

    def __init__(self, is_native: bool) -> None:
        self._is_native = is_native
        self._resolver = DnsResolver()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="host")

    async def connect(self, endpoint: Endpoint, timeout: float, source: str) -> SmtpConnection:
        """Connect; OSError with the reason, TimeoutError."""
        loop = asyncio.get_running_loop()
        local = (source, 0) if source else None
        _, connection = await asyncio.wait_for(
            loop.create_connection(
                SmtpConnection, endpoint.address, endpoint.port, local_addr=local
            ),
            timeout or None,
        )
        return connection

    async def mail_exchanges(self, domain: str) -> tuple[tuple[int, str], ...] | str | None:
        """MX records; None when there are none; a text when it cannot be told."""
        answer = await self._resolver.lookup(domain, "MX")
        if answer.found is Found.FAILED:
            return answer.problem
        return answer.exchanges if answer.found is Found.RECORDS else None

    async def addresses(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        """Addresses of a host."""
        if self._is_native:
            return await self._native(host, families)
        found: list[str] = []
        problem = HostProblem("", True)
        for family, kind in (("4", "A"), ("6", "AAAA")):
            if family not in families:
                continue
            answer = await self._resolver.lookup(host, kind)
            found += answer.records
            if answer.found is not Found.RECORDS:
                is_permanent = answer.found is not Found.FAILED and problem.is_permanent
                problem = HostProblem(problem.text or answer.problem, is_permanent)
        return tuple(found) if found else problem

    async def _native(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._pool, _getaddrinfo, host)
        except socket.gaierror as error:
            return HostProblem(f"{host}: {error.strerror}", error.errno != socket.EAI_AGAIN)
        wanted = tuple(a for a in found if ("6" if ":" in a else "4") in families)
        return wanted or HostProblem(f"{host}: no address of the wanted kind", True)


def _getaddrinfo(host: str) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(item[4][0]) for item in found))


class SessionStore:
    """Sessions that wait for more mail (delivery/smtp/agent.py, SessionCache)."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[Session, asyncio.TimerHandle]]] = {}

    def take(self, key: str) -> Session | None:
        """The one that was used last, if it is usable."""
        kept = self._kept.get(key, [])
        while kept:
            session, timer = kept.pop()
            timer.cancel()
            if session.is_usable:
                return session
            session.quit()
        self._kept.pop(key, None)
        return None

    def keep(self, key: str, session: Session, seconds: float) -> None:
        """Keep it for so many seconds, then end it."""
        timer = asyncio.get_running_loop().call_later(seconds, self._expire, key, session)
        self._kept.setdefault(key, []).append((session, timer))

    def _expire(self, key: str, session: Session) -> None:
        kept = [one for one in self._kept.get(key, []) if one[0] is not session]
        if kept:
            self._kept[key] = kept
        else:
            self._kept.pop(key, None)
        session.quit()

    def close(self) -> None:
        """End them all."""
        for kept in self._kept.values():
            for session, timer in kept:
                timer.cancel()
                session.quit()
        self._kept.clear()
