"""memcache: tables: a cache on the network, perhaps before another table (memcache_table(5)).

Data flow: key -> ``get KEY`` -> value; when the cache has none, or does not answer, the backup table is asked, and what it
has is put into the cache for ``ttl`` seconds.

A key that a line of the protocol cannot hold is in no cache, and is not asked for.
"""

from __future__ import annotations

import os
import time
from errno import ETIMEDOUT

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.database_table import DatabaseTable
from pyfixcli.maps.endpoint import (
    Connection,
    Connections,
    Disconnected,
    Endpoint,
    LimitExceeded,
    Unreachable,
    inet_endpoint,
    unix_endpoint,
)
from pyfixcli.maps.query_expansion import Parts, has_all
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from pyfixcli.config.snapshot import Config

    T = TypeVar("T")

MAX_KEY = 250  # octets, a limit of the protocol
END = b"\r\n"
BLANKS = frozenset(range(33)) | {127}


class Unexpected(Exception):
    """The server said what is no answer."""


class MemcacheTable(DatabaseTable):
    """``memcache:/path/of/settings``."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(kind, name, config, fold)
        source = self.source
        self._key_format = self.template(source.text("key_format", "%s"), "query")
        self.require(self._key_format.letters)
        self._connections = Connections(place_of(source.text("memcache", "inet:localhost:11211")))
        self._flags = source.number("flags", 0)
        self._ttl = source.number("ttl", 3600)
        self._data_limit = source.number("data_size_limit", 10240, 1)
        self._line_limit = source.number("line_size_limit", 1024, 1)
        self._tries = source.number("max_try", 2, 1)
        self._pause = source.number("retry_pause", 1, 1)
        self._timeout = source.number("timeout", 2, 1)
        backup = source.text("backup")
        self._backup: Table | None = open_table(backup, config, fold) if backup else None

    # -- looking up ----------------------------------------------------------------------

    def find(self, key: Parts) -> str | None:
        """As Table.get for a key that this table is for."""
        cached = self._cache_key(key)
        if cached is None:
            return None
        is_known = len(cached) <= MAX_KEY
        try:
            value = self._ask(lambda server: self._get(server, cached)) if is_known else None
        except TableFailure as failure:
            if self._backup is None:
                raise
            for text in str(failure).split("\n")[1:]:
                self.warn(text)
            return self._ask_backup(key.whole)
        if value is not None:
            return value.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        found = self._ask_backup(key.whole)
        if found is not None and is_known:
            self._remember(cached, found)
        return found

    def _cache_key(self, key: Parts) -> bytes | None:
        """What the cache calls a key; None when no line of the protocol can."""
        text = self._key_format.fill_key(key, str).encode("utf-8", "surrogateescape")
        return text if text and not BLANKS.intersection(text) else None

    def _ask_backup(self, key: str) -> str | None:
        if self._backup is None:
            return None
        try:
            return self._backup.get(key)
        except TableFailure as failure:
            warnings = str(failure).split("\n")[1:]
            raise self.failure(*warnings) from failure
        finally:
            for text in self._backup.take_warnings():
                self.warn(text)

    def _remember(self, key: bytes, value: str) -> None:
        """Put a value into the cache; it is no failure when that does not succeed."""
        octets = value.encode("utf-8", "surrogateescape")
        head = b"set %s %d %d %d" % (key, self._flags, self._ttl, len(octets))
        try:
            self._ask(lambda server: self._command(server, head + END + octets, b"STORED"))
        except TableFailure as failure:
            for text in str(failure).split("\n")[1:]:
                self.warn(text)

    # -- changing ------------------------------------------------------------------------

    def delete(self, key: str) -> bool:
        """Remove a key from the cache and the backup table (postmap -d); whether one of them had it."""
        parts = Parts(self._fold(key))
        cached = self._cache_key(parts) if has_all(parts, self._needed) else None
        if cached is None:
            return False
        was_cached = self._forget(cached)
        delete = getattr(self._backup, "delete", None)
        return bool(delete is not None and delete(key)) or was_cached

    def _forget(self, key: bytes) -> bool:
        """Remove a key from the cache; with a backup table it is no failure when that does not succeed."""
        wanted = (b"DELETED", b"NOT_FOUND")
        try:
            reply = self._ask(lambda server: self._command(server, b"delete " + key, *wanted))
        except TableFailure as failure:
            if self._backup is None:
                raise
            for text in str(failure).split("\n")[1:]:
                self.warn(text)
            return False
        return reply == b"DELETED"

    def items(self) -> list[tuple[str, str]]:
        """All that the backup table has (postmap -s)."""
        items = getattr(self._backup, "items", None)
        if items is None:
            raise self.failure(f"database {self.name}: first/next support requires backup database")
        listed: list[tuple[str, str]] = items()
        return listed

    # -- the protocol --------------------------------------------------------------------

    def _get(self, server: Connection, key: bytes) -> bytes | None:
        server.send(b"get " + key + END)
        line = self._line(server)
        if line == b"END":
            return None
        words = line.split(b" ")
        if words[:2] != [b"VALUE", key] or len(words) < 4 or not words[3].isdigit():
            raise Unexpected(shown(line))
        size = int(words[3])
        if size > self._data_limit:
            raise Unexpected(shown(line))
        value = server.read_exactly(size + len(END))
        if not value.endswith(END) or self._line(server) != b"END":
            raise Unexpected(shown(line))
        return value[: -len(END)]

    def _command(self, server: Connection, request: bytes, *wanted: bytes) -> bytes:
        server.send(request + END)
        line = self._line(server)
        if line not in wanted:
            raise Unexpected(shown(line))
        return line

    def _line(self, server: Connection) -> bytes:
        return server.read_until(END, self._line_limit)[: -len(END)]

    def _ask(self, talk: Callable[[Connection], T]) -> T:
        """A conversation with the server, tried again when it breaks off; TableFailure."""
        problem, why = "", ""
        for attempt in range(self._tries):
            if attempt:
                time.sleep(self._pause)
            try:
                return self._converse(talk)
            except Unreachable as error:
                connecting = f"connect to {self._connections.endpoint.name}: {error.why}"
                raise self.failure(*error.warnings, connecting, reason=error.why) from error
            except Unexpected as error:
                reply = f"unexpected memcache server reply: {error}"
                raise self.failure(f"{self.source.name}: {reply}") from error
            except (Disconnected, LimitExceeded, OSError) as error:
                why = describe(error)
                problem = f"database {self.name}: I/O error: {why}"
        raise self.failure(problem, reason=why)

    def _converse(self, talk: Callable[[Connection], T]) -> T:
        connection = self._connections.take(time.monotonic() + self._timeout)
        try:
            answer = talk(connection)
        except BaseException:
            connection.close()
            raise
        self._connections.keep(connection)
        return answer

    def close(self) -> None:
        self._connections.close()
        if self._backup is not None:
            self._backup.close()


def describe(error: Exception) -> str:
    """Why a conversation broke off."""
    if isinstance(error, LimitExceeded):
        return "the line is too long"
    if isinstance(error, Disconnected):
        return "the server hung up"
    return os.strerror(ETIMEDOUT) if isinstance(error, TimeoutError) else str(error)


def shown(line: bytes) -> str:
    """A line of a server for the log."""
    return line.decode("utf-8", "surrogateescape")


def place_of(text: str) -> Endpoint:
    """``inet:host:port`` or ``unix:path``; ConfigError."""
    kind, colon, rest = text.partition(":")
    if kind == "unix" and colon:
        return unix_endpoint(rest)
    if kind == "inet" and colon:
        return inet_endpoint(rest)
    raise ConfigError(f"invalid transport name: {kind} in service: {text}")
