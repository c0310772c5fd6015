"""Journals: new mail that is durable before the store has committed it.

A commit of LMDB waits for the disk twice, and who waits for it waits for two more processes to wake up. A process that
takes mail in has a journal of its own: it writes the request that inserts a message here, in one write to blocks that
the file has already, answers its client, and sends the request on to the store, which commits it with others before
long. The environment notes the number of the last entry that it has of each journal, in the same transaction; so the
store can apply what is missing whenever it likes: when it starts, and when it has lost the journal's owner.

Entries contain what strangers wrote. So that none of that is taken for an entry, each begins with a number that the
journal drew at random, and whatever lies at the beginning of a block and has it is one.
"""

from __future__ import annotations

import contextlib
import enum
import fcntl
import os
import re
import secrets
import struct
import time
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pyfixcli.queue import codec
from pyfixcli.queue import requests as rq
from pyfixcli.queue.codec import CorruptRecord
from pyfixcli.queue.content import sync_directory

NAME = re.compile(r"journal\.\d+\.\d+")
ASIDE = "damaged."  # before the name of one that could not be taken up as a whole
SIZE = 1024 * 1024  # octets
BLOCK = 4096  # an entry begins at a block of its own: no write touches what is durable already
MAGIC = b"PYFIXJ1\n"
# First block: magic, the journal's random number, CRC-32 of both.
TITLE = struct.Struct(">8s16sI")
# Of an entry: the random number, its own number, octets that follow, CRC-32.
HEAD = struct.Struct(">16sQII")


class Owner(enum.Enum):
    """Who has a journal."""

    LIVES = enum.auto()
    IS_GONE = enum.auto()  # nothing more will be written to it
    NONE = enum.auto()  # there is no such journal


class JournalEntry(NamedTuple):
    """A packed request (requests.Request), and its number in its journal."""

    number: int
    packed: bytes


class Journal:
    """A journal of this process, in the environment's directory (0600). OSError when it cannot be made.

    It is locked as long as its owner lives.
    """

    def __init__(self, directory: str) -> None:
        self.name = f"journal.{os.getpid()}.{time.time_ns()}"
        self._directory = directory
        path = os.path.join(directory, self.name)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_DSYNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self._mark = secrets.token_bytes(16)
        self._place = BLOCK
        try:
            _lock(self._descriptor)
            os.stat(path)  # the store may have found it before the lock
            title = TITLE.pack(MAGIC, self._mark, zlib.crc32(MAGIC + self._mark))
            # Written, not only allocated: the first write to an allocated block would change metadata.
            _write(self._descriptor, title + bytes(SIZE - len(title)), 0)
            sync_directory(directory)
        except OSError:
            self.remove()
            raise

    def has_room(self, octets: int) -> bool:
        """Whether a request of so many octets can be appended."""
        return self._place + HEAD.size + octets <= SIZE

    def append(self, number: int, packed: bytes) -> None:
        """Write an entry; it is on the disk when this returns.

        ``number`` is one more than that of the entry before, also across restart(). OSError when it is perhaps not
        there; then nothing may be appended any more.
        """
        if not self.has_room(len(packed)):
            raise OSError("a journal is full")
        checksum = _checksum(self._mark, number, packed)
        octets = HEAD.pack(self._mark, number, len(packed), checksum) + packed
        _write(self._descriptor, octets, self._place)
        self._place += -(-len(octets) // BLOCK) * BLOCK

    def restart(self) -> None:
        """The environment has all entries: the next one replaces the first."""
        self._place = BLOCK

    def close(self) -> None:
        """Give it up; what it has is for the store to take up."""
        os.close(self._descriptor)

    def remove(self) -> None:
        """Give it up; nothing of it is wanted any more, even after a crash."""
        with contextlib.suppress(OSError):
            remove_journal(self._directory, self.name)
        self.close()


def _write(descriptor: int, octets: bytes, place: int) -> None:
    if os.pwrite(descriptor, octets, place) != len(octets):
        raise OSError("short write to a journal")


def journal_names(directory: str, aside: bool = False) -> list[str]:
    """The journals in an environment's directory; with ``aside`` those too that were set aside."""
    with os.scandir(directory) as found:
        names = [entry.name for entry in found if entry.is_file(follow_symlinks=False)]
    return sorted(
        name for name in names if NAME.fullmatch(name.removeprefix(ASIDE) if aside else name)
    )


def read_journal(directory: str, name: str) -> list[JournalEntry]:
    """All sound entries, those of earlier rounds too, in the order of their numbers. OSError."""
    with open(os.path.join(directory, name), "rb") as file:
        return parse_journal(file.read(SIZE))


def parse_journal(data: bytes) -> list[JournalEntry]:
    """The entries in a journal's octets; what was not written to its end is none."""
    if len(data) < TITLE.size:
        return []
    magic, mark, checksum = TITLE.unpack_from(data)
    if magic != MAGIC or checksum != zlib.crc32(magic + mark):
        return []
    places = range(BLOCK, len(data) - HEAD.size + 1, BLOCK)
    found = (_parse_entry(data, place, mark) for place in places if data.startswith(mark, place))
    return sorted(entry for entry in found if entry is not None)


def _parse_entry(data: bytes, place: int, mark: bytes) -> JournalEntry | None:
    _, number, length, checksum = HEAD.unpack_from(data, place)
    packed = data[place + HEAD.size : place + HEAD.size + length]
    if len(packed) != length or _checksum(mark, number, packed) != checksum:
        return None
    return JournalEntry(number, packed)


def _checksum(mark: bytes, number: int, packed: bytes) -> int:
    return zlib.crc32(packed, zlib.crc32(mark + number.to_bytes(8, "big")))


def insertion(entry: JournalEntry, name: str) -> rq.Request:
    """The request of an entry of the journal ``name``; CorruptRecord if it is anything else than the new message it must be."""
    request = codec.unpack(entry.packed, rq.request_decoder)
    is_insertion = len(request.operations) == 1 and isinstance(request.operations[0], rq.Insert)
    if not is_insertion or (request.journal, request.entry) != (name, entry.number):
        raise CorruptRecord(f"entry {entry.number} is no insertion")
    return request


def remove_journal(directory: str, name: str) -> None:
    """Remove a journal whose entries the environment has, for good: its note of the last one may be dropped then."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(directory, name))
    sync_directory(directory)


def set_aside(directory: str, name: str) -> None:
    """Keep a journal that could not be taken up as a whole, under another name."""
    os.rename(os.path.join(directory, name), os.path.join(directory, ASIDE + name))
    sync_directory(directory)


@contextlib.contextmanager
def lock_abandoned(directory: str, name: str) -> Iterator[Owner]:
    """Who has a journal; while one without owner is looked at, nobody else takes it."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(os.path.join(directory, name), flags)
    except FileNotFoundError:
        yield Owner.NONE
        return
    try:
        yield Owner.IS_GONE if _lock(descriptor, fcntl.LOCK_NB) else Owner.LIVES
    finally:
        os.close(descriptor)


def _lock(descriptor: int, how: int = 0) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except BlockingIOError:
        return False
    return True
