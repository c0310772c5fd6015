"""Building table files from their text sources (postmap(1), postalias(1)).

A full build goes into a new file that is renamed over the old one, so that readers see the old table
or the new one; an update (-i) is one transaction. Root builds with the rights of the source's owner.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.lmdb_table import SUFFIX, open_for_change, put, put_new
from pyfixcli.maps.table import TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import lmdb

    from pyfixcli.maps.source_blocks import Chunk

    # The entries of a source, from its begin; True: in step with the warnings
    Read = Callable[[bool], Iterable[Chunk]]

MAP_STEP = 1 << 30


class Kind:
    """A kind of file that can be made: LMDB."""

    suffix = SUFFIX
    endings: tuple[bytes, ...] = (b"\0", b"")  # of keys in the file; new ones get the first
    changes = True  # whether entries can be added and deleted

    def fill(self, temporary: str, read: Read, path: str, on_duplicate: Duplicates) -> None:
        """Write all entries to an empty file."""
        if not _fill(temporary, read(False), path):
            os.truncate(temporary, 0)
            _fill(temporary, [_merge(read(True), on_duplicate)], path)

    def delete(self, path: str, keys: Iterable[bytes], endings: tuple[bytes, ...]) -> bool:
        """Remove keys; whether any was there. The file is made when it is absent."""
        found = False
        environment = open_for_change(path + self.suffix, MAP_STEP)
        try:
            self.take_over(environment, path)
            for key in keys:
                with environment.begin(write=True) as txn:
                    found |= any(txn.delete(key + ending) for ending in endings if key + ending)
        finally:
            environment.close()
        return found

    def take_over(self, environment: lmdb.Environment, path: str) -> None:
        """Put what an older file has into a new one."""


class BerkeleyKind(Kind):
    """hash: and btree:, which are LMDB files from now on."""

    def take_over(self, environment: lmdb.Environment, path: str) -> None:
        """Without this the new file, which goes before the old one, would hide what is in that."""
        from pyfixcli.maps.berkeley_table import OLD_SUFFIX, OldTable

        if environment.stat()["entries"] or not os.path.exists(path + OLD_SUFFIX):
            return
        try:
            entries = OldTable(f"hash:{path}", path + OLD_SUFFIX).items()
        except TableFailure as failure:
            raise ConfigError(str(failure)) from failure
        with environment.begin(write=True) as txn:
            for key, value in entries:
                put(txn, key, value, path)


class CdbKind(Kind):
    """cdb, which is never changed."""

    suffix = ".cdb"
    endings = (b"", b"\0")
    changes = False

    def fill(self, temporary: str, read: Read, path: str, on_duplicate: Duplicates) -> None:
        """Write all entries to an empty file."""
        from pyfixcli.maps.cdb import write_entries

        entries = _merge(read(True), on_duplicate)
        with open(temporary, "wb") as file:
            write_entries(file, entries, path + self.suffix)
            file.flush()
            os.fsync(file.fileno())


BUILDERS = {"lmdb": Kind(), "hash": BerkeleyKind(), "btree": BerkeleyKind(), "cdb": CdbKind()}


def build_file(path: str, kind: Kind, read: Read, mode: int, on_duplicate: Duplicates) -> None:
    """Write a whole table; ``on_duplicate`` is told each key that comes again, in a second reading."""
    target = path + kind.suffix
    temporary = ""
    try:
        temporary = _new_file(target)
        with _without_collection():
            kind.fill(temporary, read, path, on_duplicate)
        os.chmod(temporary, os.stat(target).st_mode & 0o7777 if os.path.exists(target) else mode)
        os.rename(temporary, target)
    except OSError as error:
        raise ConfigError(f"open database {target}: {error.strerror}") from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _fill(temporary: str, chunks: Iterable[Chunk], path: str) -> bool:
    """Write the entries to an empty file; False, and nothing is written, if a key comes again."""
    environment = open_for_change(temporary, MAP_STEP)
    last = b""
    try:
        with environment.begin(write=True) as txn:
            for chunk in chunks:
                chunk.sort()
                if not put_new(txn, chunk, path, append=chunk[0][0] > last):
                    txn.abort()
                    return False
                last = max(last, chunk[-1][0])
        environment.sync(True)
        return True
    finally:
        environment.close()


def _merge(chunks: Iterable[Chunk], on_duplicate: Duplicates) -> Chunk:
    merged: dict[bytes, bytes] = {}
    for chunk in chunks:
        for key, value in chunk:
            if key not in merged or on_duplicate(_text(key)):
                merged[key] = value
    return list(merged.items())


def _text(key: bytes) -> str:
    return key.rstrip(b"\0").decode("utf-8", "surrogateescape")


@contextmanager
def _without_collection() -> Iterator[None]:
    """Millions of entries make no cycles, and looking for some among them takes long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _new_file(target: str) -> str:
    """An empty file beside the target that nobody else can have made or linked."""
    path = f"{target}.{os.urandom(6).hex()}"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(path, flags, 0o600))
    return path


def update_file(
    path: str, kind: Kind, chunks: Iterable[Chunk], mode: int, on_duplicate: Duplicates
) -> None:
    """Add entries to a table in one transaction (-i); the file is made when it is absent."""
    target = path + kind.suffix
    fresh = not os.path.exists(target)
    environment = open_for_change(target, MAP_STEP)
    try:
        kind.take_over(environment, path)
        with environment.begin(write=True) as txn:
            for chunk in chunks:
                for key, value in chunk:
                    known = txn.get(key) is not None
                    if not known or on_duplicate(_text(key)):
                        put(txn, key, value, path)
        environment.sync(True)
    finally:
        environment.close()
    if fresh:
        os.chmod(target, mode)


class Duplicates:
    """What to do with a key that comes twice: warn, be silent (-w) or replace (-r)."""

    def __init__(self, replace: bool, silent: bool, title: str, warnings: list[str]) -> None:
        self._replace = replace
        self._silent = silent
        self._title = title
        self._warnings = warnings

    def __call__(self, key: str) -> bool:
        """Whether the new value replaces the old one."""
        if not self._replace and not self._silent:
            self._warnings.append(f'{self._title}: duplicate entry: "{key}"')
        return self._replace
