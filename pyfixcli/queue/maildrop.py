"""The maildrop directory: messages that postdrop left while the daemon was down.

Each file is a submission stream (mail/submission.py) that some user wrote: hostile input. A file
is complete once its mode says so (0744; nobody else can enter the directory), is a regular file with one link, belongs to
its submitter, and ends with the end frame.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator

from pyfixcli.mail import submission
from pyfixcli.mail.envelope import FLAG_TRACE, FLAG_VERIFY_ONLY
from pyfixcli.queue.maildrop_file import COMPLETE, DISCARDED

CHUNK = 65536
MAX_ENVELOPE = submission.MAX_ENVELOPE + 64  # octets; with the submitter, whom the daemon names
NO_FILE = (errno.ELOOP, errno.ENXIO)  # what opening a link or a socket says
ABANDONED = 7 * 86400.0  # seconds, as long as the reference waits

# Envelope.flags that a user may set; probes and notices come from the daemon only.
ALLOWED_FLAGS = FLAG_TRACE | FLAG_VERIFY_ONLY


class MaildropError(Exception):
    """The file is no message; the text says why."""


class Entry:
    """A complete file. ``uid`` is its owner, ``items`` the envelope.

    ``identity`` names this very file: a later one of the same name, or in the same inode, has another.
    MaildropError for what is no message; OSError when that cannot be told now: the file must stay.
    """

    def __init__(self, directory: str, name: str) -> None:
        self.name = name
        self._path = os.path.join(directory, name)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            self._descriptor = os.open(self._path, flags)
        except OSError as error:
            if error.errno not in NO_FILE:
                raise
            raise MaildropError(error.strerror or "cannot open") from error
        try:
            status = os.fstat(self._descriptor)
            self._check(status)
            self.identity = f"{status.st_ino:x}.{status.st_ctime_ns:x}"
            self.uid = status.st_uid
            self.time = status.st_mtime
            self.size = status.st_size
            self._frames = submission.FrameReader(MAX_ENVELOPE)
            kind, payload = self._next()
            if kind != submission.ENVELOPE:
                raise MaildropError("no envelope")
            self.items = submission.unpack_envelope(payload)
        except (MaildropError, ValueError) as error:
            self.close()
            raise MaildropError(str(error)) from error
        except OSError:
            self.close()
            raise

    def submitter(self, mail_owner: int) -> int:
        """Whose message it is: the owner of the file, or whom mail_owner names in its own; MaildropError if others do."""
        named = dict(self.items).get(submission.SUBMITTER)
        if named is None:
            return self.uid
        if self.uid != mail_owner or not (named.isascii() and named.isdigit()):
            raise MaildropError("bad envelope item")
        return int(named)

    def _check(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise MaildropError("not a regular file")
        if status.st_nlink != 1:
            raise MaildropError(f"file has {status.st_nlink} hard links")
        if stat.S_IMODE(status.st_mode) != COMPLETE:
            raise MaildropError("not complete")

    def _next(self) -> tuple[int, bytes]:
        while (found := self._frames.next_frame()) is None:
            data = os.read(self._descriptor, CHUNK)
            if not data:
                raise MaildropError("truncated")
            self._frames.receive(data)
        return found

    def chunks(self) -> Iterator[bytes]:
        """The content as the submitter sent it; MaildropError when it is malformed."""
        self._frames.limit = submission.MAX_FRAME
        try:
            while True:
                kind, payload = self._next()
                if kind == submission.END:
                    return
                if kind != submission.CONTENT:
                    raise MaildropError("unexpected frame")
                yield payload
        except ValueError as error:
            raise MaildropError(str(error)) from error

    def remove(self) -> None:
        """Remove the file: the message is in the queue. Somebody may have done it already (postsuper -d)."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def purge(directory: str, now: float) -> int:
    """Remove what no writer will complete; how many entries went.

    That is a file that its writer gave up, and anything incomplete that is ABANDONED seconds old, left by a crash
    (postsuper -p). ``now`` is seconds since the epoch.
    """
    removed = 0
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                removed += _purge_entry(entry, now)
    except FileNotFoundError:
        return 0
    return removed


def _purge_entry(entry: os.DirEntry[str], now: float) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
        mode = stat.S_IMODE(status.st_mode)
        old = status.st_mtime < now - ABANDONED
        if stat.S_ISDIR(status.st_mode):
            if old:
                os.rmdir(entry.path)
            return old
        if mode == DISCARDED or (old and (not mode & stat.S_IXUSR or entry.is_symlink())):
            os.unlink(entry.path)
            return True
    except OSError:
        return False
    return False


def scan(directory: str) -> list[str]:
    """Names of the files that look complete, oldest first."""
    found = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # it was taken since
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_IMODE(status.st_mode) == COMPLETE:
                        found.append((status.st_mtime_ns, entry.name))
    except FileNotFoundError:
        return []
    return [name for _, name in sorted(found)]


def delete(directory: str, names: list[str]) -> list[str]:
    """Remove complete files (postsuper -d); the names of those that were there."""
    complete = set(scan(directory)) if names else set()
    deleted = []
    for name in names:
        if name in complete:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(directory, name))
                deleted.append(name)
    return deleted
