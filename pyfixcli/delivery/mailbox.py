"""Appending to a mailbox file in mbox format (local(8), virtual(8)).

Diagnostics: problems are Outcomes with the reference's texts. The file, and its directory when the file is new, are
synced before success is reported; the file is cut back to its old length when anything fails.

Bugs: what a delivery has written when it is killed stays in the file, as in the reference; the message is delivered
again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyfixcli.base.locking import (
    LockFailure,
    LockPolicy,
    drop_dotlock,
    lock_descriptor,
    take_dotlock,
)
from pyfixcli.base.privilege import Rights, acting_as
from pyfixcli.delivery.agent import ContentReader, Outcome, bounced, deferred, sent
from pyfixcli.mail.address import quote_address

FULL = (errno.EFBIG, errno.EDQUOT)
SHORTAGES = (errno.ENOSPC, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
BUSY = (errno.EEXIST, errno.EAGAIN, errno.ESTALE)
NOT_OWNED = 'specify "strict_mailbox_ownership = no" to ignore mailbox ownership mismatch'
PIECE = 4 * 65536  # octets that are gathered for one write
FROM = b"From "
SHARED = stat.S_IWGRP | stat.S_IWOTH
OPEN = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CREATE = OPEN | os.O_CREAT | os.O_EXCL


def _ignore(text: str) -> None:
    """Nobody reads the warnings."""


class MailboxProblem(Exception):
    """The mailbox cannot be used; ``error`` is the errno that decides what becomes of the mail."""

    def __init__(self, text: str, error: int = 0, busy: bool = False) -> None:
        super().__init__(text)
        self.error = error
        self.busy = busy or error in BUSY


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox file of a user. ``in_spool`` ones are created and locked with our own rights.

    ``complaint`` goes before what is wrong with it, ``failure`` is the enhanced status code of a problem that has none of
    its own: one of class 4 is tried again. ``warn`` takes what an administrator should see. An ``is_external`` file is one
    that an alias or a .forward file names: it may be a device, and in a directory where no lock file can be made.
    """

    path: str
    user: str
    rights: Rights
    in_spool: bool
    size_limit: int
    locks: LockPolicy
    strict_owner: bool
    may_be_root: bool = False
    complaint: str = ""
    failure: str = "5.2.0"
    is_external: bool = False
    warn: Callable[[str], None] = _ignore


@dataclass(frozen=True, slots=True)
class Prepended:
    """What goes before the content: envelope sender and the recipient as given and as resolved.

    Without ``original`` or ``delivered`` there is no such header.
    """

    sender: str
    original: str
    delivered: str

    def headers(self) -> bytes:
        """Return-Path, X-Original-To and Delivered-To."""
        text = f"Return-Path: <{quote_address(self.sender)}>\n"
        if self.original:
            text += f"X-Original-To: {quote_address(self.original)}\n"
        if self.delivered:
            text += f"Delivered-To: {quote_address(self.delivered)}\n"
        return text.encode("utf-8", "surrogateescape")

    def from_line(self, now: float) -> bytes:
        """The line that separates messages."""
        sender = quote_address(self.sender) or "MAILER-DAEMON"
        return format_from_line(sender, now)


def format_from_line(sender: str, now: float) -> bytes:
    """The line before a message in mbox format; ``sender`` in external form."""
    line = f"From {sender}  {time.asctime(time.localtime(now))}\n"
    return line.encode("utf-8", "surrogateescape")


def append_message(
    mailbox: Mailbox, prepended: Prepended, content: ContentReader, now: float
) -> Outcome:
    """Append a message; the outcome for the recipient. Raises RightsRefused."""
    try:
        with _dotlock(mailbox):
            descriptor, is_new = _open(mailbox)
            try:
                if mailbox.is_external and not _is_regular(descriptor):
                    _write(descriptor, prepended, content, now)
                    return sent("delivered to mailbox")
                _check(mailbox, descriptor)
                _lock(mailbox, descriptor)
                _append(mailbox, descriptor, prepended, content, now)
            finally:
                os.close(descriptor)
            if is_new:
                _sync_directory(mailbox)
    except MailboxProblem as problem:
        return _refused(mailbox, problem)
    return sent("delivered to mailbox")


def failure_dsn(error: int, busy: bool, default: str) -> str:
    """The enhanced status code of an error of the file system."""
    if error in FULL:
        return "5.2.2"
    if busy:
        return "4.2.0"
    return "4.3.0" if error in SHORTAGES else default


def as_outcome(dsn: str, text: str) -> Outcome:
    """Deferred or bounced, as the class of the enhanced status code says."""
    return deferred(dsn, text) if dsn.startswith("4") else bounced(dsn, text)


def _refused(mailbox: Mailbox, problem: MailboxProblem) -> Outcome:
    complaint = (
        mailbox.complaint or f"cannot update mailbox {mailbox.path} for user {mailbox.user}. "
    )
    dsn = failure_dsn(problem.error, problem.busy, mailbox.failure)
    return as_outcome(dsn, f"{complaint}{problem}")


# -- locks ---------------------------------------------------------------------------


@contextmanager
def _dotlock(mailbox: Mailbox) -> Iterator[None]:
    if "dotlock" not in mailbox.locks.methods or not _take_dotlock(mailbox):
        yield
        return
    try:
        yield
    finally:
        with _lock_rights(mailbox):
            drop_dotlock(mailbox.path)


def _take_dotlock(mailbox: Mailbox) -> bool:
    """Whether the lock was taken; an external file may do without one."""
    if mailbox.is_external and _is_device(mailbox):
        return False
    try:
        with _lock_rights(mailbox):
            take_dotlock(mailbox.path, mailbox.locks)
        return True
    except LockFailure as failure:
        if mailbox.is_external and failure.error not in BUSY:
            mailbox.warn(str(failure))
            return False
        raise MailboxProblem(str(failure), failure.error) from failure


def _is_device(mailbox: Mailbox) -> bool:
    try:
        with acting_as(mailbox.rights, mailbox.may_be_root):
            return not stat.S_ISREG(os.stat(mailbox.path).st_mode)
    except OSError:
        return False


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


@contextmanager
def _lock_rights(mailbox: Mailbox) -> Iterator[None]:
    if mailbox.in_spool:
        yield
    else:
        with acting_as(mailbox.rights, mailbox.may_be_root):
            yield


def _lock(mailbox: Mailbox, descriptor: int) -> None:
    try:
        lock_descriptor(descriptor, mailbox.locks)
    except LockFailure as failure:
        text = f"unable to lock for exclusive access: {failure}"
        raise MailboxProblem(text, failure.error) from failure


# -- the file ------------------------------------------------------------------------


def _open(mailbox: Mailbox) -> tuple[int, bool]:
    """(descriptor, whether the file is new)."""
    try:
        return _open_existing(mailbox), False
    except FileNotFoundError:
        pass
    except OSError as error:
        raise MailboxProblem(_describe(mailbox, error), error.errno or 0) from error
    try:
        return _create(mailbox), True
    except OSError as error:
        text = f"cannot create file exclusively: {error.strerror}"
        raise MailboxProblem(text, error.errno or 0) from error


def _describe(mailbox: Mailbox, error: OSError) -> str:
    if error.errno == errno.ELOOP and os.path.exists(mailbox.path):
        return "file is a symbolic link"
    problem = os.strerror(errno.ENOENT) if error.errno == errno.ELOOP else error.strerror
    return f"cannot open file: {problem}"


def _open_existing(mailbox: Mailbox) -> int:
    """With the user's rights; with ours if nobody else can have put the file there."""
    try:
        with acting_as(mailbox.rights, mailbox.may_be_root):
            return os.open(mailbox.path, OPEN)
    except PermissionError:
        if not mailbox.in_spool or not _is_ours_alone(os.stat(os.path.dirname(mailbox.path))):
            raise
        return os.open(mailbox.path, OPEN)


def _is_ours_alone(directory: os.stat_result) -> bool:
    return directory.st_uid == os.geteuid() and not directory.st_mode & SHARED


def _create(mailbox: Mailbox) -> int:
    """A new file: with the user's rights, or in the spool with ours, and then given away."""
    if not mailbox.in_spool:
        with acting_as(mailbox.rights, mailbox.may_be_root):
            return os.open(mailbox.path, CREATE, 0o600)
    descriptor = os.open(mailbox.path, CREATE, 0o600)
    if os.geteuid() == 0:
        group = _spool_group(os.stat(os.path.dirname(mailbox.path)))
        os.fchown(descriptor, mailbox.rights.uid, mailbox.rights.gid if group is None else group)
    return descriptor


def _spool_group(directory: os.stat_result) -> int | None:
    """The group of new mailboxes in a spool directory that mail programs share; None: the user's."""
    mode = directory.st_mode
    if mode & stat.S_IWOTH:
        return directory.st_gid if mode & stat.S_ISGID else None
    return directory.st_gid if mode & stat.S_IWGRP else None


def _check(mailbox: Mailbox, descriptor: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise MailboxProblem(f"destination {mailbox.path} is not a regular file")
    if status.st_nlink > 1:
        raise MailboxProblem(f"file has {status.st_nlink} hard links")
    if mailbox.strict_owner and status.st_uid != mailbox.rights.uid:
        mailbox.warn(NOT_OWNED)
        raise MailboxProblem(f"destination {mailbox.path} is not owned by recipient", busy=True)


def _append(
    mailbox: Mailbox, descriptor: int, prepended: Prepended, content: ContentReader, now: float
) -> None:
    end = os.lseek(descriptor, 0, os.SEEK_END)
    written = end
    try:
        for piece in _format(prepended, content, now):
            written += len(piece)
            if mailbox.size_limit and written > mailbox.size_limit:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            while piece:
                piece = piece[os.write(descriptor, piece) :]
        os.fsync(descriptor)
    except OSError as error:
        os.ftruncate(descriptor, end)
        text = f"error writing message: {error.strerror}"
        raise MailboxProblem(text, error.errno or 0) from error


def _write(descriptor: int, prepended: Prepended, content: ContentReader, now: float) -> None:
    """To a device: nothing to lock, to cut back or to sync."""
    try:
        for piece in _format(prepended, content, now):
            while piece:
                piece = piece[os.write(descriptor, piece) :]
    except OSError as error:
        text = f"error writing message: {error.strerror}"
        raise MailboxProblem(text, error.errno or 0) from error


def _sync_directory(mailbox: Mailbox) -> None:
    """Make the name of a new file durable; a directory that may not be read cannot be synced."""
    with contextlib.suppress(PermissionError), _lock_rights(mailbox):
        sync_directory(os.path.dirname(mailbox.path))


def sync_directory(path: str) -> None:
    """Write the names in a directory to the disk. Raises OSError."""
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _format(prepended: Prepended, content: ContentReader, now: float) -> Iterator[bytes]:
    """The message as it stands in the file, small ones in one piece and so in one write."""
    gathered = prepended.from_line(now) + prepended.headers()
    for chunk in _quote(content.chunks()):
        if len(gathered) + len(chunk) > PIECE:
            yield gathered
            gathered = b""
        gathered += chunk
    yield gathered + (b"\n" if gathered.endswith(b"\n") else b"\n\n")


def _quote(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks with ``From `` lines quoted, also those that begin in one chunk and end in the next."""
    held, at_line_start = b"", True
    for chunk in chunks:
        text = held + chunk
        line = text.rfind(b"\n") + 1
        is_open = FROM.startswith(text[line:]) and (line > 0 or at_line_start)
        held = text[line:] if is_open else b""
        if text := text[: len(text) - len(held)]:
            yield quote_from_lines(text, at_line_start)
            at_line_start = text.endswith(b"\n")
    if held:
        yield held


def quote_from_lines(chunk: bytes, at_line_start: bool) -> bytes:
    """``From `` at the start of a line with ``>`` before it."""
    if b"From " not in chunk:
        return chunk
    quoted = chunk.replace(b"\nFrom ", b"\n>From ")
    return b">" + quoted if at_line_start and chunk.startswith(b"From ") else quoted
