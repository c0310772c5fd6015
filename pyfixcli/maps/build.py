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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.maps.source_blocks import Chunk

    # The entries of a source, from its begin; True: in step with the warnings
    Read = Callable[[bool], Iterable[Chunk]]

MAP_STEP = 1 << 30


def build_file(path: str, read: Read, mode: int, on_duplicate: Duplicates) -> None:
    """Write a whole table; ``on_duplicate`` is told each key that comes again, in a second reading."""
    target = path + SUFFIX
    temporary = ""
    try:
        temporary = _new_file(target)
        with _without_collection():
            if not _fill(temporary, read(False), path):
                os.unlink(temporary)
                temporary = _new_file(target)
                _fill(temporary, [_merge(read(True), on_duplicate)], path)
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
            if key not in merged or on_duplicate(key[:-1].decode("utf-8", "surrogateescape")):
                merged[key] = value
    return list(merged.items())


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


def update_file(path: str, chunks: Iterable[Chunk], mode: int, on_duplicate: Duplicates) -> None:
    """Add entries to a table in one transaction (-i); the file is made when it is absent."""
    target = path + SUFFIX
    fresh = not os.path.exists(target)
    environment = open_for_change(target, MAP_STEP)
    try:
        with environment.begin(write=True) as txn:
            for chunk in chunks:
                for key, value in chunk:
                    known = txn.get(key) is not None
                    if not known or on_duplicate(key[:-1].decode("utf-8", "surrogateescape")):
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
