"""Connections and names for the SMTP client, on the loop of a deliver process."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from pyfixcli.delivery.smtp.peer import (
    Endpoint,
    HostProblem,
    PeerLost,
    PeerTimeout,
    SourceProblem,
)
from pyfixcli.delivery.smtp.session import Session
from pyfixcli.dns.resolver import Answer, DnsResolver, Found
from pyfixcli.protocol.server_reply import ReplyParser, ServerReply

THREADS = 8
HIGH_WATER = 256 * 1024
MOST_UNREAD = 65536  # octets of replies that nobody has asked for yet: then nothing more is read
NATIVE_STATUS = {socket.EAI_NONAME: "5.4.4", socket.EAI_AGAIN: "4.4.3"}  # else 5.3.0


class SmtpConnection(asyncio.Protocol):
    """A Peer (delivery/smtp/peer.py) over TCP."""

    def __init__(self) -> None:
        self._parser = ReplyParser()
        self._replies: deque[ServerReply] = deque()
        self._unread = 0  # octets of these
        self._is_held = False  # nothing is read from the server
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._is_paused = False
        self._is_leaving = False

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

    async def reply(self, timeout: float, is_total: bool = False) -> ServerReply:
        """The next reply; ``is_total`` when the time is for all of it, not for each piece."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not self._replies:
            if self._transport is None:
                raise PeerLost
            await self._wait(max(0.0, end - loop.time()) if is_total else timeout)
        reply = self._replies.popleft()
        self._unread -= sum(map(len, reply.lines))
        self._hold_or_go_on()
        return reply

    def _hold_or_go_on(self) -> None:
        """A server that says more than it is asked must not fill the memory."""
        is_full = self._unread > MOST_UNREAD
        if is_full is self._is_held or self._transport is None:
            return
        self._is_held = is_full
        if is_full:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    async def pause(self, seconds: float) -> None:
        """Wait, with everything sent that was written."""
        await asyncio.sleep(seconds)

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

    def close(self, linger: float = 0.0) -> None:
        """Hang up after what was written; with ``linger`` after an answer, or so many seconds later."""
        transport = self._transport
        if transport is None:
            return
        if not linger:
            transport.close()
            return
        self._is_leaving = True
        asyncio.get_running_loop().call_later(linger, transport.close)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        replies = self._parser.receive(data)
        self._replies.extend(replies)
        self._unread += sum(len(line) for reply in replies for line in reply.lines)
        self._hold_or_go_on()
        if self._parser.is_broken and self._transport is not None:
            self._transport.abort()
        if self._is_leaving and self._replies and self._transport is not None:
            self._transport.close()
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
    """The Network of delivery/smtp/peer.py. ``lookups`` as in smtp_host_lookup: dns, native, or both in turn.

    ``directory`` is where relative paths of local sockets begin.
    """

    def __init__(self, lookups: tuple[str, ...], directory: str) -> None:
        self._lookups = lookups
        self._directory = directory
        self._resolver = DnsResolver()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="host")

    async def connect(self, endpoint: Endpoint, timeout: float, source: str) -> SmtpConnection:
        """Connect; SourceProblem, OSError with the reason, TimeoutError."""
        if source:
            _check_source(source)
        async with asyncio.timeout(timeout or None):
            return await self._connect(endpoint, source)

    async def _connect(self, endpoint: Endpoint, source: str) -> SmtpConnection:
        loop = asyncio.get_running_loop()
        if not endpoint.port:
            path = os.path.join(self._directory, endpoint.address)
            _, local = await loop.create_unix_connection(SmtpConnection, path)
            return local
        _, connection = await loop.create_connection(
            SmtpConnection,
            endpoint.address,
            endpoint.port,
            local_addr=(source, 0) if source else None,
        )
        return connection

    async def mail_exchanges(self, domain: str) -> tuple[tuple[int, str], ...] | str | None:
        """MX records; None when there are none; a text when it cannot be told."""
        answer = await self._resolver.lookup(domain, "MX")
        if answer.found is Found.FAILED:
            return answer.problem
        return answer.exchanges if answer.found is Found.RECORDS else None

    async def addresses(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        """Addresses of a host: the first kind of lookup that finds some, else the last problem."""
        found: tuple[str, ...] | HostProblem = HostProblem(f"no lookup for {host}", "4.4.3")
        for kind in self._lookups:
            ask = self._native if kind == "native" else self._dns
            found = await ask(host, families)
            if not isinstance(found, HostProblem):
                break
        return found

    async def _dns(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        found: list[str] = []
        problems: list[Answer] = []
        for family, kind in (("4", "A"), ("6", "AAAA")):
            if family not in families:
                continue
            answer = await self._resolver.lookup(host, kind)
            found += answer.records
            if answer.found is not Found.RECORDS:
                problems.append(answer)
        if found or not problems:
            return tuple(found)
        failed = [answer for answer in problems if answer.found is Found.FAILED]
        problem = (failed or problems)[0].problem
        return HostProblem(problem, "4.4.3" if failed else "5.4.4")

    async def _native(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._pool, _getaddrinfo, host)
        except socket.gaierror as error:
            text = f"unable to look up host {host}: {error.strerror}"
            return HostProblem(text, NATIVE_STATUS.get(error.errno or 0, "5.3.0"))
        wanted = tuple(a for a in found if ("6" if ":" in a else "4") in families)
        text = f"unable to look up host {host}: No address associated with hostname"
        return wanted or HostProblem(text, "5.3.0")


def _check_source(address: str) -> None:
    """Whether a local address can be bound to; SourceProblem with the system's words."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            raise SourceProblem(error.strerror or str(error)) from error


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
