"""What mysql: and pgsql: tables have in common: logins to hosts, one of which is asked."""

from __future__ import annotations

import time
from typing import Protocol

from pyfixcli.maps.connection_pool import ConnectionPool, Exhausted, Host, share_pool
from pyfixcli.maps.database_table import TIME_LIMIT, DatabaseTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.query_expansion import Parts, Template

CONNECT_LIMIT = 10.0  # seconds for one host


class Session(Protocol):
    """A login, for one thread at a time."""

    def select(self, query: Template, key: Parts, deadline: float) -> list[str | None]:
        """All columns of all rows, in order; Refused."""

    def close(self) -> None:
        """Hang up."""


class SqlServerTable(DatabaseTable):
    """A table whose query goes to one of several servers."""

    query: Template

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(kind, name, config, fold)
        self.user = self.source.text("user")
        self.password = self.source.text("password")
        self.dbname = self.source.text("dbname", is_needed=True)
        self._pool: ConnectionPool[Session] | None = None

    def host_names(self) -> list[str]:
        """The hosts as they were given; the usual socket of this machine if none was."""
        return self.source.words("hosts") or ["localhost"]

    def share_pool(self) -> None:
        """Let all tables with the same servers and login use the same connections."""
        names = self.host_names()
        asked = ("query", "result_format", "domain", "expansion_limit")
        login = tuple(pair for pair in self.source.identity if pair[0] not in asked)
        self._pool = share_pool((self._kind, login), lambda: self._make_pool(names))

    def _make_pool(self, names: list[str]) -> ConnectionPool[Session]:
        hosts = [Host[Session](name, self.is_local(name)) for name in names]
        return ConnectionPool(hosts, self.open_session, lambda session: session.close())

    def is_local(self, host: str) -> bool:
        """Whether a host is a socket of this machine, and so is tried first."""
        return host.startswith("unix:")

    def open_session(self, host: str, deadline: float) -> Session:
        """Log in at a host; Refused."""
        raise NotImplementedError

    def fetch(self, key: Parts) -> list[str | None]:
        """All columns of all rows."""
        assert self._pool is not None
        deadline = time.monotonic() + TIME_LIMIT
        try:
            return self._pool.ask(
                lambda session: session.select(self.query, key, deadline),
                deadline,
                lambda why: self.warn(self._complaint(why)),
            )
        except Exhausted as error:
            raise self.failure(*map(self._complaint, error.warnings)) from error

    def _complaint(self, why: str) -> str:
        return f"{self.name}: {why}" if why.startswith("query failed") else why

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()


def time_left(deadline: float) -> float:
    """Seconds, at least a little, for libraries to which 0 means forever."""
    return max(0.1, deadline - time.monotonic())
