"""Connections to one database: as many as lookups are made at a time, but not more than its limit; hosts that fail are passed over.

All tables of a process that have the same settings share a pool.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

LIMIT = 4  # connections of a process to one database
IDLE = 60.0  # seconds after which an unused connection is closed
DOWN = 60.0  # seconds for which a host that failed is left alone while there are others
RETRY = 1.0  # seconds for which it is left alone when there are none

C = TypeVar("C")
T = TypeVar("T")


class Refused(Exception):
    """A host cannot answer; ``is_lost``: neither can it answer the next question on this connection."""

    def __init__(self, text: str, is_lost: bool = True) -> None:
        super().__init__(text)
        self.is_lost = is_lost


class Exhausted(Exception):
    """No host answered; ``warnings`` say what each said."""

    def __init__(self, warnings: Sequence[str]) -> None:
        super().__init__("; ".join(warnings))
        self.warnings = tuple(warnings)


class Host(Generic[C]):
    """A server of the database: its idle connections with the time of their last use, and when it failed."""

    def __init__(self, name: str, is_local: bool = False) -> None:
        self.name = name
        self.is_local = is_local
        self.idle: list[tuple[float, C]] = []
        self.failed = float("-inf")


class ConnectionPool(Generic[C]):
    """Asks the hosts in random order, those on this machine first, or as they are given (``is_ordered``), until one answers.

    ``connect`` gets a host's name and a deadline, and raises Refused; ``hang_up`` closes a connection.
    """

    def __init__(
        self,
        hosts: Sequence[Host[C]],
        connect: Callable[[str, float], C],
        hang_up: Callable[[C], None],
        limit: int = LIMIT,
        is_ordered: bool = False,
    ) -> None:
        self.hosts = tuple(hosts)
        self._is_ordered = is_ordered
        self._connect = connect
        self._hang_up = hang_up
        self._free = threading.BoundedSemaphore(limit)
        self._lock = threading.Lock()

    def ask(
        self,
        question: Callable[[C], T],
        deadline: float,
        warn: Callable[[str], None] = lambda _: None,
    ) -> T:
        """What the first host that can says; Exhausted. ``question`` raises Refused.

        ``warn`` is told of hosts that failed before.
        """
        if not self._free.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise Exhausted(("too many lookups wait for the database",))
        try:
            return self._ask_hosts(question, deadline, warn)
        finally:
            self._free.release()

    def _ask_hosts(
        self, question: Callable[[C], T], deadline: float, warn: Callable[[str], None]
    ) -> T:
        warnings: list[str] = []
        for host in self._choose():
            if time.monotonic() >= deadline:
                warnings.append("time limit exceeded")
                break
            try:
                answer = self._ask_host(host, question, deadline)
            except Refused as refusal:
                warnings.append(str(refusal))
                if refusal.is_lost:
                    host.failed = time.monotonic()
                continue
            for text in warnings:
                warn(text)
            return answer
        raise Exhausted(warnings or ("no database server is left to ask",))

    def _choose(self) -> list[Host[C]]:
        """The hosts in the order in which they are tried."""
        now = time.monotonic()
        hosts = list(self.hosts)
        if not self._is_ordered:
            random.shuffle(hosts)
            hosts.sort(key=lambda host: not host.is_local)
        return [host for host in hosts if now - host.failed > DOWN] or [
            host for host in hosts if now - host.failed > RETRY
        ]

    def _ask_host(self, host: Host[C], question: Callable[[C], T], deadline: float) -> T:
        """An idle connection may have ended since: then a new one is tried before the host counts as failed."""
        kept = self._take_idle(host)
        if kept is not None:
            try:
                return self._use(host, kept, question)
            except Refused as refusal:
                if not refusal.is_lost or time.monotonic() >= deadline:
                    raise
        answer = self._use(host, self._connect(host.name, deadline), question)
        host.failed = float("-inf")
        return answer

    def _use(self, host: Host[C], connection: C, question: Callable[[C], T]) -> T:
        try:
            answer = question(connection)
        except BaseException as error:
            if isinstance(error, Refused) and not error.is_lost:
                self._keep(host, connection)
            else:
                self._hang_up(connection)
            raise
        self._keep(host, connection)
        return answer

    def _take_idle(self, host: Host[C]) -> C | None:
        """The connection that was used last; those that were not used for long are closed."""
        oldest = time.monotonic() - IDLE
        with self._lock:
            old = [connection for used, connection in host.idle if used < oldest]
            host.idle = [entry for entry in host.idle if entry[0] >= oldest]
            found = host.idle.pop()[1] if host.idle else None
        for connection in old:
            self._hang_up(connection)
        return found

    def _keep(self, host: Host[C], connection: C) -> None:
        with self._lock:
            host.idle.append((time.monotonic(), connection))

    def close(self) -> None:
        """Close what nobody uses."""
        with self._lock:
            idle = [connection for host in self.hosts for _, connection in host.idle]
            for host in self.hosts:
                host.idle = []
        for connection in idle:
            self._hang_up(connection)


_POOLS: WeakValueDictionary[object, ConnectionPool[object]] = WeakValueDictionary()
_POOLS_LOCK = threading.Lock()


def share_pool(identity: object, make: Callable[[], ConnectionPool[C]]) -> ConnectionPool[C]:
    """The pool of a database, made when no table of this process has it yet.

    A limit of connections would mean nothing if each of the parameters that name a database had its own.
    """
    with _POOLS_LOCK:
        found = _POOLS.get(identity)
        if found is None:
            found = _POOLS[identity] = make()  # type: ignore[assignment]
        return found  # type: ignore[return-value]
