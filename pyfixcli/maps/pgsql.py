"""pgsql: tables: queries to PostgreSQL (pgsql_table(5)), through psycopg's layer over libpq.

That layer never waits by itself, so that each wait here ends at the lookup's deadline. What is put into a query is
quoted by libpq as the connection's encoding and settings require. ``sslmode=verify-full`` in a URI is libpq's to enforce.
"""

from __future__ import annotations

import select
import time

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.connection_pool import Refused
from pyfixcli.maps.database_table import MissingLibrary, sql_template, text_of
from pyfixcli.maps.query_expansion import Template
from pyfixcli.maps.server_hosts import parse_place
from pyfixcli.maps.sql_server import CONNECT_LIMIT, SqlServerTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.query_expansion import Parts

URIS = ("postgresql://", "postgres://")
QUERY_ERROR = "pgsql query failed: fatal error from host"
SOCKET = ".s.PGSQL."  # begins the name of a socket, which libpq wants without


class PgsqlTable(SqlServerTable):
    """``pgsql:/path/of/settings``."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(kind, name, config, fold)
        try:
            import psycopg.pq  # noqa: F401  (no import may come later, in a thread or without rights)
        except ImportError as error:
            raise MissingLibrary(self.name, "pgsql") from error
        self.query = self._template()
        self._encoding = self.source.text("encoding", "UTF8")
        self._texts = {host: self._conninfo(host) for host in self.host_names()}
        self.share_pool()

    def _template(self) -> Template:
        function = self.source.text("select_function")
        if self.source.text("query") or not function:
            return sql_template(self)
        template = self.template(f"SELECT {function}('%s')", "query")
        self.require(template.letters)
        return template

    def _conninfo(self, host: str) -> bytes:
        """What libpq is told about a host; ConfigError."""
        from psycopg import Error
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        settings = {"dbname": self.dbname, "user": self.user, "password": self.password}
        try:
            if host.startswith(URIS):
                settings.update({n: str(v) for n, v in conninfo_to_dict(host).items()})
            else:
                place = parse_place(host)
                path, slash, name = place.path.rpartition("/")
                port = str(place.port or "")
                if name.startswith(SOCKET):
                    settings.update(host=path, port=name.removeprefix(SOCKET))
                else:
                    settings.update(host=place.path or place.host, port=port)
            settings.setdefault("client_encoding", self._encoding)
            return make_conninfo(**{n: v for n, v in settings.items() if v}).encode()
        except Error as error:
            raise ConfigError(f"{self.source.name}: bad hosts: {error}") from error

    def is_local(self, host: str) -> bool:
        """Their order is random altogether."""
        return False

    def open_session(self, host: str, deadline: float) -> PgsqlSession:
        """Log in at a host; Refused."""
        return PgsqlSession(host, self._texts[host], deadline)


class PgsqlSession:
    """A login to a server."""

    def __init__(self, host: str, conninfo: bytes, deadline: float) -> None:
        from psycopg import pq

        self._host = host.rpartition("@")[2]  # a URI may have a password
        self._connection: PGconn = pq.PGconn.connect_start(conninfo)
        try:
            self._log_in(min(deadline, time.monotonic() + CONNECT_LIMIT))
            if self._connection.status != pq.ConnStatus.OK:
                raise self._refusal("connect to pgsql server", self._connection.error_message)
        except BaseException:
            self.close()
            raise
        self._connection.nonblocking = 1
        self._escaping = pq.Escaping(self._connection)

    def _refusal(self, verb: str, why: bytes | str, is_lost: bool = True) -> Refused:
        text = why.decode("utf-8", "replace") if isinstance(why, bytes) else why
        return Refused(f"{verb} {self._host}: {text.strip()}", is_lost)

    def _log_in(self, deadline: float) -> None:
        from psycopg.pq import ConnStatus, PollingStatus

        if self._connection.status == ConnStatus.BAD:
            return
        state = PollingStatus.WRITING
        while state not in (PollingStatus.OK, PollingStatus.FAILED):
            self._wait(state == PollingStatus.WRITING, deadline)
            state = PollingStatus(self._connection.connect_poll())

    def _wait(self, is_writing: bool, deadline: float) -> None:
        waiting = select.poll()
        events = select.POLLIN | (select.POLLOUT if is_writing else 0)
        waiting.register(self._connection.socket, select.POLLOUT if is_writing else events)
        left = deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise self._refusal("wait for pgsql server", "time limit exceeded")

    def select(self, query: Template, key: Parts, deadline: float) -> list[str | None]:
        """All columns of all rows; Refused."""
        from psycopg import Error
        from psycopg.pq import ExecStatus

        try:
            text = query.fill_key(key, self._quote)
            self._connection.send_query(text.encode("utf-8", "surrogateescape"))
            result = self._last_result(deadline)
        except Error as error:
            raise self._refusal(QUERY_ERROR, str(error)) from error
        if result is not None and result.status == ExecStatus.COMMAND_OK:
            return []
        if result is None or result.status != ExecStatus.TUPLES_OK:
            why = result.error_message if result is not None else self._connection.error_message
            raise self._refusal(QUERY_ERROR, why or "no result", is_lost=self._is_lost)
        return [
            text_of(result.get_value(row, column) or b"")  # NULL counts as empty here
            for row in range(result.ntuples)
            for column in range(result.nfields)
        ]

    @property
    def _is_lost(self) -> bool:
        from psycopg.pq import ConnStatus

        return self._connection.status != ConnStatus.OK

    def _quote(self, text: str) -> str:
        octets = self._escaping.escape_string(text.encode("utf-8", "surrogateescape"))
        return bytes(octets).decode("utf-8", "surrogateescape")

    def _last_result(self, deadline: float) -> PGresult | None:
        """As a client gets it that sends a query and waits: the last of its results, or the first that failed."""
        from psycopg.pq import ExecStatus

        while self._connection.flush():
            self._wait(True, deadline)
            self._connection.consume_input()
        last = None
        while True:
            while self._connection.is_busy():
                self._wait(False, deadline)
                self._connection.consume_input()
            result = self._connection.get_result()
            if result is None:
                return last
            if result.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH):
                raise self._refusal(QUERY_ERROR, "it copies a table")
            last = result if last is None or last.status != ExecStatus.FATAL_ERROR else last

    def close(self) -> None:
        """Hang up."""
        self._connection.finish()
