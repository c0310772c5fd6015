"""Servers that tables ask: where they are, and connections to them that wait no longer than they may."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from pyfixcli.base.errors import ConfigError

T = TypeVar("T")

TIME_LIMIT = 100.0  # seconds for a lookup (tcp_table(5))
CHUNK = 16384
NO_ADDRESS = os.strerror(errno.EADDRNOTAVAIL)
TIMED_OUT = os.strerror(errno.ETIMEDOUT)


class LimitExceeded(Exception):
    """The reply is longer than it may be."""


class Disconnected(Exception):
    """The server closed the connection before its reply was complete."""


class Unreachable(Exception):
    """No connection; ``why`` is the system's text, ``warnings`` what was noticed before."""

    def __init__(self, why: str, warnings: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.warnings = warnings


class Endpoint(NamedTuple):
    """``host:port`` for TCP, or the path of a UNIX-domain socket."""

    name: str
    path: str = ""
    host: str = ""
    port: str = ""


def inet_endpoint(name: str) -> Endpoint:
    """``host:port``, ``[address]:port`` or ``port`` (of this host); ConfigError for what is none."""
    host, colon, port = name.rpartition(":")
    if not colon and port[:1].isdigit() and not port.isdigit():
        raise ConfigError(f"{name}: garbage after numerical service")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return Endpoint(name, host=host, port=port)


def unix_endpoint(path: str) -> Endpoint:
    """A socket in the file system."""
    return Endpoint(path, path=path)


class Connection:
    """A stream to a server. Every wait ends at ``deadline`` (monotonic) with TimeoutError."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._unread = bytearray()
        self.deadline = 0.0

    @property
    def is_quiet(self) -> bool:
        """Whether the server neither hung up nor sent what nobody asked for, which would answer the next request."""
        if self._unread:
            return False
        try:
            self._stream.settimeout(0)
            self._stream.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def send(self, data: bytes) -> None:
        """Send all of it; OSError."""
        view = memoryview(data)
        while view:
            self._limit_wait()
            view = view[self._stream.send(view, socket.MSG_NOSIGNAL) :]

    def read_until(self, mark: bytes, limit: int) -> bytes:
        """Octets up to and with ``mark``, at most ``limit``; LimitExceeded, Disconnected, OSError."""
        searched = 0
        while (found := self._unread.find(mark, searched)) < 0:
            if len(self._unread) >= limit:
                raise LimitExceeded
            searched = max(0, len(self._unread) - len(mark) + 1)
            self._receive()
        if found + len(mark) > limit:
            raise LimitExceeded
        return self._take(found + len(mark))

    def read_exactly(self, count: int) -> bytes:
        """So many octets; Disconnected, OSError."""
        while len(self._unread) < count:
            self._receive()
        return self._take(count)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    def _receive(self) -> None:
        self._limit_wait()
        octets = self._stream.recv(CHUNK)
        if not octets:
            raise Disconnected
        self._unread += octets

    def _limit_wait(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, TIMED_OUT)
        self._stream.settimeout(left)

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._stream.close()


class Connections:
    """Connections of one table that wait for the next lookup; as many as lookups were made at a time.

    Each is used by one thread at a time.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._idle: deque[Connection] = deque()  # append and pop are atomic

    def take(self, deadline: float) -> Connection:
        """A kept connection, or a new one; Unreachable."""
        connection = self._take_kept() or connect(self.endpoint, deadline)
        connection.deadline = deadline
        return connection

    def _take_kept(self) -> Connection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_quiet:
                return connection
            connection.close()

    def exchange(self, request: bytes, read: Callable[[Connection], T], deadline: float) -> T:
        """What ``read`` makes of the answer. Unreachable, Disconnected, OSError, and what ``read`` raises.

        When a connection is lost it is tried once again: the server may be a new one, or have closed what was idle.
        """
        try:
            return self._exchange_once(request, read, deadline)
        except TimeoutError:
            raise
        except (Disconnected, OSError):
            return self._exchange_once(request, read, deadline)

    def _exchange_once(self, request: bytes, read: Callable[[Connection], T], deadline: float) -> T:
        connection = self.take(deadline)
        try:
            connection.send(request)
            answer = read(connection)
        except BaseException:
            connection.close()
            raise
        self.keep(connection)
        return answer

    def keep(self, connection: Connection) -> None:
        """It may be used again."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            with contextlib.suppress(IndexError):
                self._idle.pop().close()


def connect(endpoint: Endpoint, deadline: float) -> Connection:
    """A new connection to the first of the server's addresses that takes it; Unreachable."""
    why = NO_ADDRESS
    for family, address in _addresses(endpoint):
        stream = socket.socket(family, socket.SOCK_STREAM)
        try:
            stream.settimeout(max(0.001, deadline - time.monotonic()))
            stream.connect(address)
            return Connection(stream)
        except OSError as error:
            stream.close()
            why = error.strerror or TIMED_OUT
    raise Unreachable(why)


def _addresses(endpoint: Endpoint) -> list[tuple[int, Any]]:
    if endpoint.path:
        return [(socket.AF_UNIX, endpoint.path)]
    try:
        found = socket.getaddrinfo(endpoint.host or None, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "Name or service not known"
        warning = f"host or service {endpoint.name} not found: {why}"
        raise Unreachable(NO_ADDRESS, (warning,)) from error
    return [(family, address) for family, _, _, _, address in found]
