"""Building table files from their text sources (postmap(1), postalias(1)).

A full build goes into a new file that is renamed over the old one, so that readers see the old table
or the new one; an update (-i) is one transaction. Root builds with the rights of the source's owner.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lmdb_table import MAX_KEY, SUFFIX, open_for_change

BATCH = 20000
MAP_STEP = 1 << 30

Pairs = Iterable[tuple[str, str]]


def encode_pairs(pairs: Pairs, fold: bool) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values as the file holds them, each with its trailing NUL."""
    for key, value in pairs:
        name = fold_key(key) if fold else key
        yield (
            name.encode("utf-8", "surrogateescape") + b"\0",
            value.encode("utf-8", "surrogateescape") + b"\0",
        )


def build_file(path: str, pairs: Pairs, fold: bool, mode: int, on_duplicate: Duplicates) -> None:
    """Write a whole table; ``on_duplicate`` is told each key that comes again."""
    target = path + SUFFIX
    merged: dict[bytes, bytes] = {}
    for key, value in encode_pairs(pairs, fold):
        if len(key) > MAX_KEY:
            raise ConfigError(f"{path}: key too long: {key[:60]!r}")
        if key in merged and not on_duplicate(key[:-1].decode("utf-8", "surrogateescape")):
            continue
        merged[key] = value
    temporary = ""
    try:
        temporary = _new_file(target)
        environment = open_for_change(temporary, _map_size(merged))
        with environment.begin(write=True) as txn:
            txn.cursor().putmulti(sorted(merged.items()), append=True)
        environment.sync(True)
        environment.close()
        os.chmod(temporary, os.stat(target).st_mode & 0o7777 if os.path.exists(target) else mode)
        os.rename(temporary, target)
    except OSError as error:
        raise ConfigError(f"open database {target}: {error.strerror}") from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _new_file(target: str) -> str:
    """An empty file beside the target that nobody else can have made or linked."""
    path = f"{target}.{os.urandom(6).hex()}"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(path, flags, 0o600))
    return path


def _map_size(merged: dict[bytes, bytes]) -> int:
    octets = sum(len(key) + len(value) + 64 for key, value in merged.items())
    return 4 * octets + MAP_STEP


def update_file(path: str, pairs: Pairs, fold: bool, mode: int, on_duplicate: Duplicates) -> None:
    """Add entries to a table in one transaction (-i); the file is made when it is absent."""
    target = path + SUFFIX
    fresh = not os.path.exists(target)
    environment = open_for_change(target, MAP_STEP)
    try:
        with environment.begin(write=True) as txn:
            for key, value in encode_pairs(pairs, fold):
                known = txn.get(key) is not None
                if not known or on_duplicate(key[:-1].decode("utf-8", "surrogateescape")):
                    txn.put(key, value)
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
