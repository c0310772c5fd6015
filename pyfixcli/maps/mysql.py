"""mysql: tables: queries to MySQL and MariaDB (mysql_table(5)), through PyMySQL.

TLS is asked for by the tls_ settings. Then a server without it is refused before the login; with certificates of
authorities, or tls_verify_cert, its certificate must hold.
"""

from __future__ import annotations

import time

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.connection_pool import Refused
from pyfixcli.maps.database_table import MissingLibrary, sql_template, text_of
from pyfixcli.maps.mysql_options import CLIENT, read_options
from pyfixcli.maps.server_hosts import Place, parse_place
from pyfixcli.maps.sql_server import CONNECT_LIMIT, SqlServerTable, time_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext
    from typing import Any

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.query_expansion import Parts, Template

USUAL_SOCKET = "/run/mysqld/mysqld.sock"
PORT = 3306
# setting -> option of the server's own clients
TLS_SETTINGS = {
    "tls_cert_file": "ssl-cert",
    "tls_key_file": "ssl-key",
    "tls_CAfile": "ssl-ca",
    "tls_CApath": "ssl-capath",
    "tls_ciphers": "ssl-cipher",
}
NOT = ("0", "off", "false", "no", "skip")
MULTIPLE = "multiple result sets returning data are not supported"
LOST = {2006, 2013}  # the server has gone away; lost connection during query


class MysqlTable(SqlServerTable):
    """``mysql:/path/of/settings``."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(kind, name, config, fold)
        try:
            import pymysql.cursors  # noqa: F401  (no import may come later, in a thread or without rights)
        except ImportError as error:
            raise MissingLibrary(self.name, "mysql") from error
        self.query = sql_template(self)
        self._must_have_rows = self.source.boolean("require_result_set", True)
        group = self.source.text("option_group", CLIENT)
        self._options = read_options(self.source.text("option_file"), group)
        self._places = {host: self._place_of(host) for host in self.host_names()}
        self._arguments = self._login_arguments()
        self.share_pool()

    def _login_arguments(self) -> dict[str, Any]:
        from pymysql.converters import conversions

        return {
            "user": self.user or self._options.get("user"),
            "password": (self.password or self._options.get("password", "")).encode(),
            "database": self.dbname,
            "charset": "utf8mb4",
            "autocommit": True,
            # no decoders: every column is the text that the server sends
            "conv": {kind: make for kind, make in conversions.items() if not isinstance(kind, int)},
            "ssl": self._tls(),
        }

    def _tls(self) -> SSLContext | None:
        """How TLS is spoken; None when neither a setting nor an option asks for it."""
        options = self._options
        texts = {
            name: self.source.text(name) or options.get(option, "")
            for name, option in TLS_SETTINGS.items()
        }
        must_match = self.source.boolean("tls_verify_cert", False) or (
            "ssl-verify-server-cert" in options
            and options["ssl-verify-server-cert"].lower() not in NOT
        )
        if not must_match and not any(texts.values()):
            return None
        import ssl

        authorities = texts["tls_CAfile"] or None, texts["tls_CApath"] or None
        try:
            context = ssl.create_default_context(cafile=authorities[0], capath=authorities[1])
            context.check_hostname = must_match
            if not must_match and not any(authorities):
                context.verify_mode = ssl.CERT_NONE
            if texts["tls_cert_file"]:
                context.load_cert_chain(texts["tls_cert_file"], texts["tls_key_file"] or None)
            if texts["tls_ciphers"]:
                context.set_ciphers(texts["tls_ciphers"])
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{self.source.name}: cannot use the TLS settings: {error}"
            ) from error
        return context

    def _place_of(self, host: str) -> Place:
        """Where a host is; localhost is the socket of this machine, as the server's own clients take it."""
        place = parse_place(host)
        if place.host == "localhost":
            return Place(path=self._options.get("socket", USUAL_SOCKET))
        port = self._options.get("port", "")
        if place.port or place.path or not port.isdigit():
            return place
        return place._replace(port=int(port))

    def is_local(self, host: str) -> bool:
        """Whether it is a socket of this machine."""
        return bool(self._places[host].path)

    def open_session(self, host: str, deadline: float) -> MysqlSession:
        """Log in at a host; Refused."""
        place = self._places[host]
        limit = min(CONNECT_LIMIT, time_left(deadline))  # for each wait, also while it is asked
        arguments = {
            **self._arguments,
            "connect_timeout": limit,
            "read_timeout": limit,
            "write_timeout": limit,
            "unix_socket": place.path or None,
            "host": place.host or "localhost",
            "port": place.port or PORT,
        }
        if place.path:
            arguments["ssl"] = None  # nobody listens in between
        return MysqlSession(host, arguments, self._must_have_rows)


class MysqlSession:
    """A login to a server."""

    def __init__(self, host: str, arguments: dict[str, Any], must_have_rows: bool) -> None:
        from pymysql import MySQLError
        from pymysql.connections import Connection

        self._must_have_rows = must_have_rows
        try:
            self._connection = Connection(**arguments)
        except (MySQLError, OSError, ValueError, RuntimeError) as error:
            raise Refused(f"connect to mysql server {host}: {describe(error)}") from error

    def select(self, query: Template, key: Parts, deadline: float) -> list[str | None]:
        """All columns of all rows; Refused."""
        from pymysql import MySQLError

        if time.monotonic() >= deadline:
            raise self._refusal("time limit exceeded", is_lost=True)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query.fill_key(key, self._quote))
                if cursor.description is None:
                    return self._without_rows()
                values = [text_of(value) for row in cursor.fetchall() for value in row]
                descriptions = []
                while cursor.nextset():  # to the end, so that the connection can be used again
                    descriptions.append(cursor.description)
                if any(descriptions):
                    raise self._refusal(MULTIPLE, is_lost=False)
                return values
        except (MySQLError, OSError, ValueError, RuntimeError) as error:
            code = error.args[0] if error.args else 0
            is_lost = not isinstance(error, MySQLError) or code in LOST or code == 0
            raise self._refusal(describe(error), is_lost) from error

    def _quote(self, text: str) -> str:
        """A text for the place between two apostrophes, as the server's mode wants it."""
        quoted: str = self._connection.escape(text)
        return quoted[1:-1]

    def _without_rows(self) -> list[str | None]:
        if self._must_have_rows:
            raise self._refusal(
                "query returned no result set(require_result_set = yes)", is_lost=False
            )
        return []

    def _refusal(self, why: str, is_lost: bool) -> Refused:
        return Refused(f"query failed: {why}", is_lost)

    def close(self) -> None:
        """Hang up, without waiting for the server."""
        self._connection._force_close()


def describe(error: Exception) -> str:
    """What a library says, without its number."""
    return str(error.args[-1] if error.args else error) or type(error).__name__
