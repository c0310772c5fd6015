"""dbm: tables: pairs of files NAME.dir and NAME.pag, read through the standard library where it has them (DATABASE_README).

See also: lmdb_table(5), for tables that are made anew.
"""

from __future__ import annotations

import threading

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyfixcli.config.snapshot import Config

SUFFIX = ".pag"


class DbmTable(Table):
    """``dbm:/path``, for reading."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self.endings: tuple[bytes, ...] = (b"\0", b"")  # of keys in the file
        self._path = name
        self._fold = key_folding(config, fold)
        self._lock = threading.Lock()
        self._file: Any = None
        self._open = _opener(self.name)

    def prepare(self) -> None:
        """As Table.prepare."""
        if self._file is None:
            try:
                self._file = self._open(self._path)
            except OSError as error:
                why = error.strerror or str(error)
                text = f"table {self.name}: open database {self._path}{SUFFIX}: {why}"
                raise TableFailure(text) from error

    def get(self, key: str) -> str | None:
        name = self._fold(key).encode("utf-8", "surrogateescape")
        with self._lock:
            self.prepare()
            try:
                for ending in self.endings:
                    value = self._file.get(name + ending)
                    if value is not None:
                        return bytes(value).rstrip(b"\0").decode("utf-8", "surrogateescape")
            except OSError as error:
                raise TableFailure(f"table {self.name}: {error}") from error
        return None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _opener(name: str) -> Callable[[str], Any]:
    try:
        from dbm import ndbm
    except ImportError as error:
        why = "this Python was built without dbm.ndbm; make the table anew as lmdb:"
        raise ConfigError(f"{name}: {why} from its source") from error
    return lambda path: ndbm.open(path, "r")
