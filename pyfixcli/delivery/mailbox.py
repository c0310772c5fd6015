"""Appending to a mailbox file in mbox format (local(8), virtual(8)).

Diagnostics: problems are Outcomes with the reference's texts. The file is synced before success is
reported, and cut back to its old length when anything fails.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
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

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class MailboxProblem(Exception):
    """The mailbox cannot be used; ``error`` is the errno that decides what becomes of the mail."""

    def __init__(self, text: str, error: int = 0, busy: bool = False) -> None:
        super().__init__(text)
        self.error = error
        self.busy = busy


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox file of a user. ``in_spool`` ones are created and locked with our own rights."""

    path: str
    user: str
    rights: Rights
    in_spool: bool
    size_limit: int
    locks: LockPolicy
    strict_owner: bool
    may_be_root: bool = False


@dataclass(frozen=True, slots=True)
class Prepended:
    """What goes before the content: envelope sender and the recipient as given and as resolved."""

    sender: str
    original: str
    delivered: str

    def headers(self) -> bytes:
        """Return-Path, X-Original-To and Delivered-To."""
        text = f"Return-Path: <{quote_address(self.sender)}>\n"
        if self.original:
            text += f"X-Original-To: {quote_address(self.original)}\n"
        text += f"Delivered-To: {quote_address(self.delivered)}\n"
        return text.encode("utf-8", "surrogateescape")

    def from_line(self, now: float) -> bytes:
        """The line that separates messages."""
        sender = quote_address(self.sender) or "MAILER-DAEMON"
        return f"From {sender}  {time.asctime(time.localtime(now))}\n".encode(
            "utf-8", "surrogateescape"
        )


def append_message(
    mailbox: Mailbox, prepended: Prepended, content: ContentReader, now: float
) -> Outcome:
    """Append a message; the outcome for the recipient."""
    try:
        with _dotlock(mailbox):
            descriptor = _open(mailbox)
            try:
                _check(mailbox, descriptor)
                lock_descriptor(descriptor, mailbox.locks)
                _append(mailbox, descriptor, prepended, content, now)
            finally:
                os.close(descriptor)
    except LockFailure as failure:
        return _refused(mailbox, MailboxProblem(str(failure), busy=_is_busy(str(failure))))
    except MailboxProblem as problem:
        return _refused(mailbox, problem)
    return sent("delivered to mailbox")


def _is_busy(text: str) -> bool:
    return text.endswith((os.strerror(errno.EEXIST), os.strerror(errno.EAGAIN)))


def _refused(mailbox: Mailbox, problem: MailboxProblem) -> Outcome:
    text = f"cannot update mailbox {mailbox.path} for user {mailbox.user}. {problem}"
    if problem.error == errno.EFBIG:
        return bounced("5.2.2", text)
    if problem.busy:
        return deferred("4.2.0", text)
    if problem.error in DISK_ERRORS:
        return deferred("4.2.2" if problem.error != errno.EIO else "4.2.0", text)
    return bounced("5.2.0", text)


@contextmanager
def _dotlock(mailbox: Mailbox) -> Iterator[None]:
    if "dotlock" not in mailbox.locks.methods:
        yield
        return
    with _lock_rights(mailbox):
        take_dotlock(mailbox.path, mailbox.locks)
    try:
        yield
    finally:
        with _lock_rights(mailbox):
            drop_dotlock(mailbox.path)


@contextmanager
def _lock_rights(mailbox: Mailbox) -> Iterator[None]:
    if mailbox.in_spool:
        yield
    else:
        with acting_as(mailbox.rights, mailbox.may_be_root):
            yield


def _open(mailbox: Mailbox) -> int:
    """An existing file with the user's rights; a new one in the spool with ours, then given away."""
    flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with acting_as(mailbox.rights, mailbox.may_be_root):
            try:
                return os.open(mailbox.path, flags)
            except FileNotFoundError:
                if not mailbox.in_spool:
                    return os.open(mailbox.path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        descriptor = os.open(mailbox.path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        if os.geteuid() == 0:
            os.fchown(descriptor, mailbox.rights.uid, -1)
        return descriptor
    except OSError as error:
        text = error.strerror or "error"
        if error.errno == errno.ELOOP:
            text = "file is a symbolic link" if os.path.exists(mailbox.path) else os.strerror(2)
        raise MailboxProblem(f"cannot open file: {text}", error.errno or 0) from error


def _check(mailbox: Mailbox, descriptor: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise MailboxProblem("destination is not a regular file")
    if status.st_nlink > 1:
        raise MailboxProblem(f"file has {status.st_nlink} hard links")
    if mailbox.strict_owner and status.st_uid != mailbox.rights.uid:
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


def _format(prepended: Prepended, content: ContentReader, now: float) -> Iterator[bytes]:
    """The message as it stands in the file, small ones in one piece and so in one write."""
    gathered = prepended.from_line(now) + prepended.headers()
    at_line_start = True
    for chunk in content.chunks():
        quoted = quote_from_lines(chunk, at_line_start)
        at_line_start = chunk.endswith(b"\n")
        if len(gathered) + len(quoted) > 4 * 65536:
            yield gathered
            gathered = b""
        gathered += quoted
    yield gathered + (b"\n" if at_line_start else b"\n\n")


def quote_from_lines(chunk: bytes, at_line_start: bool) -> bytes:
    """``From `` at the start of a line with ``>`` before it."""
    if b"From " not in chunk:
        return chunk
    quoted = chunk.replace(b"\nFrom ", b"\n>From ")
    return b">" + quoted if at_line_start and chunk.startswith(b"From ") else quoted
