"""sqlite: tables: queries to a file (sqlite_table(5)).

The file is opened for reading only: a query cannot change it, and one that is missing is not made.
"""

from __future__ import annotations

import os
import sqlite3
import time

from pyfixcli.maps.connection_pool import ConnectionPool, Exhausted, Host, Refused, share_pool
from pyfixcli.maps.database_table import TIME_LIMIT, DatabaseTable, sql_template, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.query_expansion import Parts

LOCKED = 5.0  # seconds to wait for another program's lock
STEPS = 100_000  # of SQLite's machine between looks at the clock
Identity = tuple[int, int]


class SqliteTable(DatabaseTable):
    """``sqlite:/path/of/settings``."""

    connected = False
    colon = ""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(kind, name, config, fold)
        path = self.source.text("dbpath", is_needed=True)
        self._query = sql_template(self)
        self._pool = share_pool(
            ("sqlite", os.path.abspath(path)),
            lambda: ConnectionPool((Host[SqliteFile](path),), SqliteFile, SqliteFile.close),
        )

    def fetch(self, key: Parts) -> list[str | None]:
        """The first column of each row."""
        query = self._query.fill_key(key, quote)
        deadline = time.monotonic() + TIME_LIMIT
        try:
            return self._pool.ask(lambda file: file.select(query, deadline), deadline)
        except Exhausted as error:
            where = f"dict_sqlite_lookup: {self.source.name}"
            raise self.failure(*(f"{where}: {why}" for why in error.warnings)) from error

    def close(self) -> None:
        self._pool.close()


class SqliteFile:
    """A file that is open, for one thread at a time. Refused when it cannot be opened or asked."""

    def __init__(self, path: str, deadline: float) -> None:
        self._path = path
        escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        try:
            self._identity = self._look()
            self._connection = sqlite3.connect(
                f"file:{escaped}?mode=ro",
                timeout=LOCKED,
                isolation_level=None,
                check_same_thread=False,
                uri=True,
            )
        except (sqlite3.Error, ValueError, OSError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Refused(f"open {path}: {why}", is_lost=False) from error
        self._connection.text_factory = bytes

    def _look(self) -> Identity:
        status = os.stat(self._path)
        return status.st_dev, status.st_ino

    def select(self, query: str, deadline: float) -> list[str | None]:
        """The first column of each row."""
        try:
            if self._look() != self._identity:
                raise Refused(f"{self._path}: the file was replaced")
        except OSError as error:
            raise Refused(f"open {self._path}: {error.strerror}") from error
        self._connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
        try:
            return [text_of(row[0]) for row in self._connection.execute(query)]
        except sqlite3.OperationalError as error:
            is_wrong = error.sqlite_errorcode == sqlite3.SQLITE_ERROR
            verb = "prepare" if is_wrong else "step"
            raise Refused(f"SQL {verb} failed: {error}", is_lost=False) from error
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise Refused(f"SQL prepare failed: {error}", is_lost=False) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def quote(text: str) -> str:
    """A text for the place between two apostrophes."""
    return text.replace("'", "''")
