"""Where the content of a message lies: in the environment when small, else in a file.

Order in: write the file under a temporary name, fsync it, rename it, fsync the directory;
then the record is committed, and only then the message is acknowledged. Order out: commit, then
unlink.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyfixcli.base.errors import PyfixError

if TYPE_CHECKING:
    from pyfixcli.mail.envelope import Envelope
    from pyfixcli.queue.reader import QueueReader

CHUNK = 65536


class UnreadableContent(PyfixError):
    """A content file cannot be opened: it belongs to somebody else, or is none."""


class MissingContent(UnreadableContent):
    """There is no such content file."""


class ContentWriter:
    """Takes the content of one message; memory stays below ``limit`` plus one piece.

    ``directory`` holds the content files; ``copy`` numbers other content for the same message. Raises OSError (ENOSPC) from write() and store().
    """

    __slots__ = (
        "_directory",
        "_file",
        "_is_named",
        "_limit",
        "_name",
        "_parts",
        "_prefix",
        "_size",
    )

    def __init__(self, directory: str, queue_id: str, limit: int, copy: int = 0) -> None:
        self._prefix = f"tmp{copy or ''}"
        self._directory = directory
        self._name = queue_id
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._file: int | None = None
        self._is_named = False

    @property
    def size(self) -> int:
        """Octets written so far."""
        return self._size

    @property
    def is_file(self) -> bool:
        """Whether store() has a file to sync, and so may block."""
        return self._file is not None

    @property
    def is_named(self) -> bool:
        """Whether store() has made a file of it."""
        return self._is_named

    def write(self, data: bytes) -> None:
        """Add octets."""
        self._size += len(data)
        self._parts.append(data)
        if self._size > self._limit and (self._file is None or len(self._parts) > 15):
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            path = self._temporary()
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        data = b"".join(self._parts)
        self._parts.clear()
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def _temporary(self) -> str:
        return os.path.join(self._directory, f"{self._prefix}.{self._name}")

    def inline(self) -> bytes:
        """The whole content, when it is not a file."""
        return b"".join(self._parts)

    def pieces(self) -> Iterator[bytes]:
        """The whole content, before it is stored."""
        if self._file is None:
            yield from tuple(self._parts)
            return
        self._spill()
        descriptor = os.open(self._temporary(), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield from read_chunks(descriptor)
        finally:
            os.close(descriptor)

    def remove_remains(self) -> None:
        """Remove what a process that died while it wrote this message left of it."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._temporary())

    def store(self) -> str:
        """Make the file durable under its final name; returns that name."""
        assert self._file is not None
        self._spill()
        os.fsync(self._file)
        os.close(self._file)
        self._file = None
        os.rename(self._temporary(), os.path.join(self._directory, self._name))
        self._is_named = True
        sync_directory(self._directory)
        return self._name

    def discard(self) -> None:
        """Forget it: the message was refused or its commit failed."""
        self._parts.clear()
        if self._file is not None:
            os.close(self._file)
            self._file = None
        name = self._name if self._is_named else os.path.basename(self._temporary())
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self._directory, name))


def sync_directory(path: str) -> None:
    """Make renames in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_content(directory: str, name: str) -> int:
    """A read-only descriptor of a content file; UnreadableContent when it cannot be had."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    path = os.path.join(directory, name)
    try:
        return os.open(path, flags)
    except OSError as error:
        kind = MissingContent if isinstance(error, FileNotFoundError) else UnreadableContent
        raise kind(f"open queue file {path}: {error.strerror}") from error


def read_chunks(descriptor: int) -> Iterator[bytes]:
    """The content in pieces, from the start; does not move the descriptor's offset."""
    offset = 0
    while chunk := os.pread(descriptor, CHUNK, offset):
        offset += len(chunk)
        yield chunk


def remove_orphans(directory: str, is_named: frozenset[str]) -> list[str]:
    """Remove content files that no record names; only at start, under the exclusive lock."""
    removed = []
    for name in os.listdir(directory):
        if name not in is_named:
            os.unlink(os.path.join(directory, name))
            removed.append(name)
    return removed


@contextmanager
def stored_content(
    reader: QueueReader, directory: str, envelope: Envelope
) -> Iterator[Iterable[bytes] | None]:
    """The content of a message in pieces, wherever it lies; None when it is missing."""
    if not envelope.content_file:
        content = reader.content(envelope.queue_id)
        yield None if content is None else (content,)
        return
    try:
        descriptor = open_content(directory, envelope.content_file)
    except MissingContent:
        yield None
        return
    try:
        yield read_chunks(descriptor)
    finally:
        os.close(descriptor)
