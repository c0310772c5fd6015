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

from pyfixcli.base.privilege import Rights, acting_as
from pyfixcli.delivery.agent import ContentReader, Outcome, sent
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


def deliver_maildir(
    path: str,
    rights: Rights,
    prepended: Prepended,
    content: ContentReader,
    hostname: str,
    warn: Callable[[str], None],
    may_be_root: bool = False,
    size_limit: int = 0,
    failure: str = "5.2.0",
    landed: Callable[[str], bool] | None = None,
) -> Outcome:
    """Deliver to the Maildir at ``path`` (with its final slash); made when it is absent.

    ``size_limit`` is for the file, in octets, 0 for none; ``failure`` is the enhanced status code of a problem that has
    none of its own. ``landed`` is called with the directory once the message is on the disk
    and has its name, which is not; it says whether that is made durable later. Raises RightsRefused.
    """
    try:
        with acting_as(rights, may_be_root):
            _deliver(path, prepended, content, hostname, size_limit)
            if landed is None or not landed(f"{path}new/"):
                _make_durable(f"{path}new/")
    except MaildirProblem as problem:
        if problem.error == errno.EACCES:
            warn(f"maildir access problem for UID/GID={rights.uid}/{rights.gid}: {problem}")
            warn("perhaps you need to create the maildirs in advance")
        dsn = failure_dsn(problem.error, problem.error in BUSY, failure)
        return as_outcome(dsn, f"maildir delivery failed: {problem}")
    return sent("delivered to maildir")


def _deliver(
    path: str, prepended: Prepended, content: ContentReader, hostname: str, size_limit: int
) -> None:
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    descriptor, temporary = _create(path, f"{seconds}.P{os.getpid()}", hostname)
    try:
        _write(descriptor, prepended, content, size_limit)
        status = os.fstat(descriptor)
        identity = f"V{status.st_dev:x}I{status.st_ino:x}M{microseconds}"
        _publish(temporary, f"{path}new/", f"{seconds}.{identity}", hostname)
    finally:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.unlink(temporary)


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
        os.fsync(descriptor)
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


def _make_durable(new: str) -> None:
    try:
        sync_directory(new)
    except PermissionError:
        pass  # writable, but not readable
    except OSError as error:
        raise MaildirProblem(f"create maildir file in {new}", error) from error


def _link(temporary: str, new: str, final: str) -> None:
    try:
        os.link(temporary, final)
    except FileNotFoundError:
        _make_directory(new.rstrip("/"))
        os.link(temporary, final)
    except OSError as error:
        if error.errno not in CANNOT_LINK:
            raise
        if os.path.lexists(final):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.rename(temporary, final)
