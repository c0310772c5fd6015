"""Delivery into a Maildir (local(8), virtual(8)).

A message is written beneath ``tmp`` and linked into ``new`` once it is on the disk. No name is ever used twice: both are
made so that an existing file is an error, and then another name is taken.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from pyfixcli.base.privilege import Rights, acting_as
from pyfixcli.delivery.agent import ContentReader, Outcome, sent
from pyfixcli.delivery.durable import NOW, Durable
from pyfixcli.delivery.mailbox import (
    BUSY,
    Prepended,
    as_outcome,
    failure_dsn,
    sync_directory,
)

PARTS = ("tmp", "new", "cur")
ATTEMPTS = 100  # names that are tried
CANNOT_LINK = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)  # file systems without links
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class MaildirProblem(Exception):
    """The message cannot be stored; ``error`` is the errno."""

    def __init__(self, text: str, error: OSError) -> None:
        super().__init__(f"{text}: {error.strerror}")
        self.error = error.errno or 0


async def deliver_maildir(
    path: str,
    rights: Rights,
    prepended: Prepended,
    content: ContentReader,
    hostname: str,
    warn: Callable[[str], None],
    may_be_root: bool = False,
    size_limit: int = 0,
    failure: str = "5.2.0",
    durable: Durable = NOW,
) -> Outcome:
    """Deliver to the Maildir at ``path`` (with its final slash); made when it is absent.

    ``size_limit`` is for the file, in octets, 0 for none; ``failure`` is the enhanced status code of a problem that has
    none of its own. ``durable`` writes the message and its name to the disk. Raises RightsRefused.
    """
    try:
        await _Delivery(path, rights, may_be_root, hostname).make(
            prepended, content, size_limit, durable
        )
    except MaildirProblem as problem:
        if problem.error == errno.EACCES:
            warn(f"maildir access problem for UID/GID={rights.uid}/{rights.gid}: {problem}")
            warn("perhaps you need to create the maildirs in advance")
        dsn = failure_dsn(problem.error, problem.error in BUSY, failure)
        return as_outcome(dsn, f"maildir delivery failed: {problem}")
    return sent("delivered to maildir")


class _Delivery:
    """The steps of one delivery, with the recipient's rights only while it does something: others may act between them."""

    def __init__(self, path: str, rights: Rights, may_be_root: bool, hostname: str) -> None:
        self._path = path
        self._rights, self._may_be_root = rights, may_be_root
        self._hostname = hostname
        self._seconds, self._microseconds = divmod(time.time_ns() // 1000, 1_000_000)
        self._descriptor = self._directory = -1  # of the file, and of ``new``
        self._temporary = ""  # the file beneath ``tmp`` while it is there

    async def make(
        self, prepended: Prepended, content: ContentReader, size_limit: int, durable: Durable
    ) -> None:
        """Write the message beneath ``tmp``, and give it its name once it is on the disk."""
        try:
            with self._acting():
                stem = f"{self._seconds}.P{os.getpid()}"
                self._descriptor, self._temporary = _create(self._path, stem, self._hostname)
                _write(self._descriptor, prepended, content, size_limit)
            await _sync(durable, self._descriptor, "error writing message")
            with self._acting():
                self._publish(f"{self._path}new/")
            if self._directory >= 0:
                await _sync(durable, self._directory, f"error writing {self._path}new")
        finally:
            self._clean_up()

    def _acting(self) -> AbstractContextManager[None]:
        return acting_as(self._rights, self._may_be_root)

    def _publish(self, new: str) -> None:
        status = os.fstat(self._descriptor)
        identity = f"V{status.st_dev:x}I{status.st_ino:x}M{self._microseconds}"
        _publish(self._temporary, new, f"{self._seconds}.{identity}", self._hostname)
        self._remove()
        try:
            self._directory = os.open(new, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            pass  # writable, but not readable
        except OSError as error:
            raise MaildirProblem(f"open maildir directory {new}", error) from error

    def _remove(self) -> None:
        temporary, self._temporary = self._temporary, ""
        with contextlib.suppress(OSError):
            os.unlink(temporary)

    def _clean_up(self) -> None:
        for descriptor in (self._descriptor, self._directory):
            if descriptor >= 0:
                os.close(descriptor)
        if self._temporary:
            with self._acting():
                self._remove()


async def _sync(durable: Durable, descriptor: int, complaint: str) -> None:
    try:
        await durable.sync(descriptor)
    except OSError as error:
        raise MaildirProblem(complaint, error) from error


def _names(stem: str, hostname: str) -> Iterator[str]:
    """The reference's name, and then others for those who find it taken."""
    yield f"{stem}.{hostname}"
    for number in range(1, ATTEMPTS):
        yield f"{stem}Q{number}.{hostname}"


# -- tmp -----------------------------------------------------------------------------


def _create(path: str, stem: str, hostname: str) -> tuple[int, str]:
    """(descriptor, path) of a new file beneath ``tmp``."""
    names = _names(stem, hostname)
    temporary = f"{path}tmp/{next(names)}"
    while True:
        try:
            return _open_new(path, temporary), temporary
        except FileExistsError as error:
            name = next(names, None)  # another process writes it, or was killed while it did
            if name is None:
                raise MaildirProblem(f"create maildir file {temporary}", error) from error
            temporary = f"{path}tmp/{name}"
        except OSError as error:
            raise MaildirProblem(f"create maildir file {temporary}", error) from error


def _open_new(path: str, temporary: str) -> int:
    try:
        return os.open(temporary, CREATE, 0o600)
    except FileNotFoundError:
        _make_directories(path)
        return os.open(temporary, CREATE, 0o600)


def _make_directories(path: str) -> None:
    """The Maildir and what lies above it, for its owner only."""
    for part in PARTS:
        _make_directory(path + part)


def _make_directory(directory: str) -> None:
    above = os.path.dirname(directory)
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        if not os.path.isdir(directory):
            raise
        return
    except FileNotFoundError:
        _make_directory(above)
        os.mkdir(directory, 0o700)
    with contextlib.suppress(PermissionError):  # writable, but not readable
        sync_directory(above)


def _write(descriptor: int, prepended: Prepended, content: ContentReader, size_limit: int) -> None:
    written = 0
    try:
        for piece in _pieces(prepended, content):
            written += len(piece)
            if size_limit and written > size_limit:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            while piece:
                piece = piece[os.write(descriptor, piece) :]
    except OSError as error:
        raise MaildirProblem("error writing message", error) from error


def _pieces(prepended: Prepended, content: ContentReader) -> Iterator[bytes]:
    yield prepended.headers()
    yield from content.chunks()


# -- new -----------------------------------------------------------------------------


def _publish(temporary: str, new: str, stem: str, hostname: str) -> None:
    """Give the message its name beneath ``new``."""
    final = new
    try:
        for name in _names(stem, hostname):
            final = new + name
            try:
                _link(temporary, new, final)
                break
            except FileExistsError:
                continue
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    except OSError as error:
        raise MaildirProblem(f"create maildir file {final}", error) from error


def _link(temporary: str, new: str, final: str) -> None:
    try:
        os.link(temporary, final)
    except FileNotFoundError:
        if not os.path.lexists(temporary):  # somebody cleans up: the next attempt writes it again
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE)) from None
        _make_directory(new.rstrip("/"))
        os.link(temporary, final)
    except OSError as error:
        if error.errno not in CANNOT_LINK:
            raise
        if os.path.lexists(final):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.rename(temporary, final)
