"""The LMDB environment of the queue: opening it, and short read transactions.

One Environment object a process, opened after fork. No other code opens its files, since
closing any descriptor of them would drop the process's locks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import lmdb

from pyfixcli.base.errors import PyfixError, TemporaryFailure
from pyfixcli.queue import schema
from pyfixcli.queue.soundness import refuse_damaged

MAX_READERS = 1024
READ_SLICE = 1000  # records a read transaction, so that no reader pins pages for long

# What LMDB raises for damaged pages; anything that reads must be ready for these.
DAMAGE = (
    lmdb.CorruptedError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.InvalidError,
    lmdb.BadTxnError,  # what comes after one of the others in the same transaction
)
NO_ROOM = (lmdb.MapFullError, lmdb.DiskError, lmdb.TxnFullError)
LmdbError = lmdb.Error


# Filesystems on which shared memory maps and fcntl locks cannot be trusted.
NETWORK_FILESYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre")
)


@dataclass(frozen=True, slots=True)
class Databases:
    """Handles of the databases in schema.DATABASES."""

    envelope: Any
    content: Any
    pieces: Any
    index: Any
    site: Any
    log: Any
    meta: Any


class QueueEnvironment:
    """The open environment of one process."""

    def __init__(self, environment: lmdb.Environment, readonly: bool) -> None:
        self.lmdb = environment
        self.readonly = readonly
        if readonly:
            handles = [environment.open_db(name, create=False) for name in schema.DATABASES]
        else:
            with environment.begin(write=True) as txn:
                handles = [environment.open_db(name, txn=txn) for name in schema.DATABASES]
                txn.put(b"format", schema.FORMAT, db=handles[-1], overwrite=False)
        self.db = Databases(*handles)
        with environment.begin() as txn:
            if txn.get(b"format", db=self.db.meta) != schema.FORMAT:
                raise PyfixError("the queue environment has another format")

    @contextmanager
    def reading(self) -> Iterator[lmdb.Transaction[bytes]]:
        """A read transaction; keep it short, and never wait inside it."""
        txn = self.lmdb.begin()
        try:
            yield txn
        finally:
            txn.abort()

    def used_pages(self) -> int:
        """Pages of the map that hold or have held something."""
        return int(self.lmdb.info()["last_pgno"])

    def close(self) -> None:
        """Close it; nothing may use it afterwards."""
        self.lmdb.close()


def _map_size(directory: str, wanted: int) -> int:
    """The map must not be smaller than the data that is there."""
    try:
        return max(wanted, os.stat(os.path.join(directory, "data.mdb")).st_size)
    except FileNotFoundError:
        return wanted


def open_environment(directory: str, map_size: int, readonly: bool = False) -> QueueEnvironment:
    """Open the environment in ``directory`` (files 0600), made when absent unless readonly.

    Raises TemporaryFailure when it is absent or there is no room, PyfixError when it is damaged or locked away.
    """
    refuse_damaged(directory)
    try:
        environment = lmdb.open(
            directory,
            map_size=_map_size(directory, map_size),
            mode=0o600,
            readonly=readonly,
            create=not readonly,
            max_dbs=len(schema.DATABASES),
            max_readers=MAX_READERS,
            readahead=False,
            lib_version=0,
        )
        return QueueEnvironment(environment, readonly)
    except NO_ROOM as error:
        raise TemporaryFailure(f"open queue {directory}: {error}") from error
    except lmdb.Error as error:
        problem = str(error).removeprefix(f"{directory}: ")
        raise PyfixError(f"open queue {directory}: {problem}") from error


def network_filesystem(directory: str) -> str | None:
    """The kind of network filesystem that ``directory`` is on, or None when it is local."""
    best, kind = "", ""
    path = os.path.realpath(directory)
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
        for line in mounts:
            fields = line.split(" ")
            point = fields[1].replace("\\040", " ")
            inside = path == point or path.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, fields[2]
    return kind if kind in NETWORK_FILESYSTEMS or kind.startswith("fuse.") else None
