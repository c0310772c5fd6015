"""Journals: new mail that is durable before the store has committed it.

A commit of LMDB waits for the disk twice, and who waits for it waits for two more processes to wake up. A process that
takes mail in has a journal of its own: it writes the request that inserts a message here, in one write to blocks that
the file has already, answers its client, and sends the request on to the store, which commits it with others before
long. The environment notes the number of the last entry that it has of each journal, in the same transaction; so the
store can apply what is missing whenever it likes: when it starts, and when it has lost the journal's owner.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pyfixcli.queue.content import sync_directory

PREFIX = "journal."
SIZE = 1024 * 1024  # octets
BLOCK = 4096  # an entry begins at a block of its own: no write touches what is durable already
MAGIC = b"PYFIXJ1\n"
HEAD = struct.Struct(">8sQII")  # magic, number of the entry, octets that follow, their CRC-32


class JournalEntry(NamedTuple):
    """A packed request (requests.Request), and its number in its journal."""

    number: int
    request: bytes


class Journal:
    """A journal of this process, in the environment's directory (0600). OSError when it cannot be made.

    It is locked as long as its owner lives.
    """

    def __init__(self, directory: str) -> None:
        self.name = f"{PREFIX}{os.getpid()}.{time.time_ns()}"
        self._directory = directory
        path = os.path.join(directory, self.name)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_DSYNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self._place = 0
        try:
            _lock(self._descriptor)
            os.stat(path)  # the store may have found it before the lock
            # Written, not only allocated: the first write to an allocated block would change metadata.
            os.pwrite(self._descriptor, bytes(SIZE), 0)
            sync_directory(directory)
        except OSError:
            self.remove()
            raise

    def has_room(self, octets: int) -> bool:
        """Whether a request of so many octets can be appended."""
        return self._place + HEAD.size + octets <= SIZE

    def append(self, number: int, request: bytes) -> None:
        """Write an entry for which there is room; it is on the disk when this returns.

        ``number`` is one more than that of the entry before, also across restart(). OSError: it is hardly there, and nothing may
        be appended any more.
        """
        head = HEAD.pack(MAGIC, number, len(request), _checksum(number, request))
        octets = head + request
        try:
            if os.pwrite(self._descriptor, octets, self._place) != len(octets):
                raise OSError("short write to a journal")
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._place)
            raise
        self._place += _blocks(len(octets))

    def restart(self) -> None:
        """The environment has all entries: the next one replaces the first."""
        self._place = 0

    def close(self) -> None:
        """Give it up; what it has is for the store to take up."""
        os.close(self._descriptor)

    def remove(self) -> None:
        """Give it up; nothing of it is wanted any more, even after a crash."""
        with contextlib.suppress(OSError):
            remove_journal(self._directory, self.name)
        self.close()


def journal_names(directory: str) -> list[str]:
    """The journals in an environment's directory."""
    return sorted(name for name in os.listdir(directory) if name.startswith(PREFIX))


def read_journal(directory: str, name: str, after: int | None) -> list[JournalEntry]:
    """The entries that follow the one of number ``after``, or all; none of a journal that is not there."""
    try:
        with open(os.path.join(directory, name), "rb") as file:
            return parse(file.read(SIZE), after)
    except FileNotFoundError:
        return []


def remove_journal(directory: str, name: str) -> None:
    """Remove a journal whose entries the environment has, for good: its note of the last one may be dropped then."""
    os.unlink(os.path.join(directory, name))
    sync_directory(directory)


@contextlib.contextmanager
def lock_abandoned(directory: str, name: str) -> Iterator[bool]:
    """Whether a journal is there and its owner is gone; then nothing is written to it, and nobody takes it."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(os.path.join(directory, name), flags)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _lock(descriptor, fcntl.LOCK_NB)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, how: int = 0) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except BlockingIOError:
        return False
    return True


def parse(data: bytes, after: int | None) -> list[JournalEntry]:
    """The entries in a journal's octets that follow number ``after``; one that was not written to its end ends them.

    What is left of earlier rounds has lower numbers. With None all are taken.
    """
    found: list[JournalEntry] = []
    place = 0
    while (entry := _parse_one(data, place)) is not None:
        expected = entry.number if after is None else after + len(found) + 1
        if entry.number == expected:
            found.append(entry)
        elif found or entry.number > expected:
            break
        place += _blocks(HEAD.size + len(entry.request))
    return found


def _parse_one(data: bytes, place: int) -> JournalEntry | None:
    if place + HEAD.size > len(data):
        return None
    magic, number, length, checksum = HEAD.unpack_from(data, place)
    request = data[place + HEAD.size : place + HEAD.size + length]
    if magic != MAGIC or len(request) != length or _checksum(number, request) != checksum:
        return None
    return JournalEntry(number, request)


def _blocks(octets: int) -> int:
    """So many octets, with what is left of the last block."""
    return -(-octets // BLOCK) * BLOCK


def _checksum(number: int, request: bytes) -> int:
    return zlib.crc32(request, number & 0xFFFFFFFF)
