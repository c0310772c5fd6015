"""lmdb: tables (lmdb_table(5)).

The files are those of the reference: LMDB 0.9 format, keys and values with a trailing NUL; files
that other programs made without it are read too.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from time import monotonic

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.index_file import stale_warning
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import lmdb

    from pyfixcli.config.snapshot import Config

SUFFIX = ".lmdb"
INITIAL_MAP = 16 * 1024 * 1024
MAX_KEY = 511
TRUST = 0.002  # seconds in which nobody looks whether a file was replaced: that takes as long as a lookup


def open_file(path: str, readonly: bool = True, map_size: int = 0) -> lmdb.Environment:
    """The environment of a table file; lmdb.Error when it cannot be opened.

    There is room for ``map_size`` octets besides what the file has.
    """
    from lmdb import open as open_environment

    size = os.path.getsize(path) if os.path.exists(path) else 0
    return open_environment(
        path,
        subdir=False,
        lock=False,
        readonly=readonly,
        create=not readonly,
        map_size=max(map_size + size, INITIAL_MAP),
        lib_version=0,
    )


def open_for_change(path: str, map_size: int = 0) -> lmdb.Environment:
    """The environment of a table file for writing; ConfigError with the reference's words."""
    import lmdb

    try:
        return open_file(path, readonly=False, map_size=map_size)
    except lmdb.Error as error:
        problem = str(error).removeprefix(f"{path}: ")
        raise ConfigError(f"open database {path}: {problem}") from error


def put_new(
    txn: lmdb.Transaction, entries: list[tuple[bytes, bytes]], path: str, append: bool
) -> bool:
    """Put entries, which are in order; False if a key was there already.

    ``append``: all come after what is there. ConfigError when a key is too long.
    """
    from lmdb import BadValsizeError

    try:
        taken, added = txn.cursor().putmulti(entries, overwrite=False, append=append)
    except BadValsizeError as error:
        raise _too_long(path) from error
    return bool(taken == added)


def put(txn: lmdb.Transaction, key: bytes, value: bytes, path: str) -> None:
    """Put an entry; ConfigError when its key is too long."""
    if len(key) > MAX_KEY:
        raise _too_long(path)
    txn.put(key, value)


def _too_long(path: str) -> ConfigError:
    problem = "MDB_BAD_VALSIZE: Unsupported size of key/DB name/data, or wrong DUPFIXED size"
    return ConfigError(f"error updating lmdb:{path}: {problem}")


class TableFile:
    """A table file that is open, and opened again soon after it was replaced or changed its size.

    What is put into the file itself is seen at once. Who uses it holds ``lock`` as long as the environment is in use: tables
    that are parts of others are asked by several threads, and one may find that the file was replaced.
    """

    __slots__ = ("_environment", "_identity", "_path", "_until", "is_held", "lock")

    def __init__(self, path: str) -> None:
        self._path = path
        self._environment: lmdb.Environment | None = None
        self._identity = (0, 0, 0, 0)
        self._until = 0.0  # when to look again whether it was replaced
        self.lock = allocate_lock()
        self.is_held = False  # it stays the same file once it is open

    def open(self) -> lmdb.Environment:
        """The environment; OSError or lmdb.Error when it cannot be opened."""
        now = monotonic()
        if self._environment is not None and (now < self._until or self.is_held):
            return self._environment
        self._until = now + TRUST
        try:
            status = os.stat(self._path)
        except OSError:
            self.close()
            raise
        identity = (status.st_dev, status.st_ino, status.st_ctime_ns, status.st_size)
        if self._environment is None or identity != self._identity:
            self.close()
            self._environment = open_file(self._path)
            self._identity = identity
        return self._environment

    def begin(self) -> lmdb.Transaction[bytes]:
        """A transaction that reads; OSError or lmdb.Error when the file cannot be read."""
        environment = self.open()
        try:
            return environment.begin()
        except (
            Exception
        ):  # it has outgrown its map, say; whether it can be read now shows when it is opened anew
            self.close()
            return self.open().begin()

    def state(self) -> object:
        """Another one after each change; OSError or lmdb.Error."""
        return self.open().info()["last_txnid"], self._identity

    def close(self) -> None:
        """Release the file; the next open() takes it again."""
        if self._environment is not None:
            self._environment.close()
            self._environment = None


# LMDB must not open a file twice in a process, so the tables that several parameters name share it.
_FILES: dict[str, TableFile] = {}


class LmdbTable(Table):
    """A table file, opened when first asked."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self._path = self.index_path = name + SUFFIX
        self.endings: tuple[bytes, ...] = (b"\0", b"")  # of keys in the file
        self._source = name
        self._fold = key_folding(config, fold)
        self._file = _FILES.setdefault(os.path.realpath(self._path), TableFile(self._path))

    def prepare(self) -> None:
        """As Table.prepare; an index that is older than its source is warned about."""
        try:
            with self._file.lock:
                self._file.open()
        except Exception as error:
            raise self._failure(error) from error
        if warning := stale_warning(self.index_path, self._source):
            self.warnings.append(warning)

    def hold(self) -> None:
        """Look no more whether the file was replaced: for commands, whose run is one moment."""
        self._file.is_held = True

    def _failure(self, error: Exception) -> TableFailure:
        """Why the file cannot be opened."""
        problem = (error.strerror if isinstance(error, OSError) else "") or str(error)
        problem = problem.removeprefix(f"{self._path}: ")
        return TableFailure(f"table {self.name}: open database {self._path}: {problem}")

    def state(self) -> object:
        """As Table.state: another one after each transaction of whoever writes the file."""
        try:
            with self._file.lock:
                return self._file.state()
        except Exception:  # what is wrong with the file a lookup tells
            return None

    def get(self, key: str) -> str | None:
        name = self._fold(key).encode("utf-8", "surrogateescape")
        if not name or len(name) > MAX_KEY:
            return None
        with self._file.lock:
            return self._find(name)

    def _find(self, name: bytes) -> str | None:
        try:
            transaction = self._file.begin()
        except Exception as error:
            raise self._failure(error) from error
        try:
            for ending in self.endings:
                value = transaction.get(name + ending)
                if value is not None:
                    if self._file.is_held:  # all keys of a file end alike
                        self.endings = (ending,)
                    return value.rstrip(b"\0").decode("utf-8", "surrogateescape")
        except Exception as error:
            raise TableFailure(f"table {self.name}: {error}") from error
        finally:
            transaction.abort()
        return None

    def items(self) -> list[tuple[str, str]]:
        """Every key and value, in the file's order (postmap -s)."""
        with self._file.lock, self._file.begin() as txn:
            return [
                (
                    bytes(key).rstrip(b"\0").decode("utf-8", "surrogateescape"),
                    bytes(value).rstrip(b"\0").decode("utf-8", "surrogateescape"),
                )
                for key, value in txn.cursor()
            ]

    def delete(self, key: str) -> bool:
        """Remove a key from the file (postmap -d); whether it was there."""
        name = self._fold(key).encode("utf-8", "surrogateescape")
        self.close()  # a file is open once in a process
        environment = open_for_change(self._path)
        try:
            with environment.begin(write=True) as txn:
                return any(txn.delete(name + ending) for ending in self.endings)
        finally:
            environment.close()

    def close(self) -> None:
        with self._file.lock:
            self._file.close()
