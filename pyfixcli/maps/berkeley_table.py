"""hash: and btree: tables: served by LMDB, or read from the Berkeley DB file that an older system left.

Data flow: ``hash:/x`` is looked up in /x.lmdb; only if there is none, in /x.db, so that a migration needs no source text.
Postmap writes /x.lmdb, and takes the entries of /x.db over when it updates a table that has none yet.
"""

from __future__ import annotations

import os

from pyfixcli.maps.index_file import stale_warning
from pyfixcli.maps.lmdb_table import LmdbTable
from pyfixcli.maps.table import TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.berkeley_file import BerkeleyFile
    from pyfixcli.maps.index_file import IndexFile

    T = TypeVar("T")

OLD_SUFFIX = ".db"


class BerkeleyTable(LmdbTable):
    """The LMDB file, or else the Berkeley DB file."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(kind, name, config, fold)
        self._old: OldTable | None = None

    def _old_table(self) -> OldTable | None:
        """The Berkeley DB file, if there is no other."""
        if os.path.exists(self.index_path) or not os.path.exists(self._source + OLD_SUFFIX):
            return None
        if self._old is None:
            self._old = OldTable(self.name, self._source + OLD_SUFFIX)
        return self._old

    def prepare(self) -> None:
        """As Table.prepare; what is missing or old is named with the command that makes it."""
        old = self._old_table()
        if old is None:
            try:
                super().prepare()
            except TableFailure as failure:
                if os.path.exists(self.index_path):
                    raise
                raise TableFailure(f'{failure} (run "postmap {self.name}")') from failure
        else:
            old.open()
            if warning := stale_warning(old.path, self._source):
                self.warnings.append(warning)
        if self.warnings:
            self.warnings[-1] += f' (run "postmap {self.name}")'

    def get(self, key: str) -> str | None:
        try:
            return super().get(key)
        except TableFailure:
            old = self._old_table()
            if old is None:
                raise
        name = self._fold(key).encode("utf-8", "surrogateescape")
        value = old.get(name, self.endings)
        return None if value is None else value.rstrip(b"\0").decode("utf-8", "surrogateescape")

    def items(self) -> list[tuple[str, str]]:
        """Every key and value, in the file's order (postmap -s)."""
        old = self._old_table()
        if old is None:
            return super().items()
        return [
            (
                key.rstrip(b"\0").decode("utf-8", "surrogateescape"),
                value.rstrip(b"\0").decode("utf-8", "surrogateescape"),
            )
            for key, value in old.items()
        ]


class OldTable:
    """A Berkeley DB file, opened again when it was changed; TableFailure."""

    def __init__(self, name: str, path: str) -> None:
        from pyfixcli.maps.index_file import IndexFile

        self.path = path
        self._name = name
        self._file: IndexFile = IndexFile(path)
        self._reader: BerkeleyFile | None = None

    def open(self) -> BerkeleyFile:
        """The reader of the file as it is now."""
        return self._read(lambda reader: reader)

    def get(self, key: bytes, endings: tuple[bytes, ...]) -> bytes | None:
        """The value of a key with one of the endings."""
        return self._read(
            lambda reader: next(
                (value for end in endings if (value := reader.get(key + end)) is not None), None
            )
        )

    def items(self) -> list[tuple[bytes, bytes]]:
        """Every key and value."""
        return self._read(lambda reader: list(reader.items()))

    def _read(self, ask: Callable[[BerkeleyFile], T]) -> T:
        from pyfixcli.maps.berkeley_file import BerkeleyFile
        from pyfixcli.maps.index_file import DamagedFile

        try:
            if self._file.refresh() or self._reader is None:
                self._reader = BerkeleyFile(self._file)
            return ask(self._reader)
        except OSError as error:
            text = f"table {self._name}: open database {self.path}: {error.strerror}"
            raise TableFailure(text) from error
        except DamagedFile as error:
            text = f"table {self._name}: open database {self.path}: Invalid argument: {error}"
            raise TableFailure(text) from error
