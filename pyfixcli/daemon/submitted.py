"""What a submitter sends, kept until it is known whether cleanup takes it.

A message that cleanup cannot take now, since a table fails, waits as a file in the maildrop directory, as if it had been
left there while the daemon was down: pickup tries again. The file is mail_owner's, and names the submitter.
"""

from __future__ import annotations

import contextlib
import os

from pyfixcli.mail import submission
from pyfixcli.queue import maildrop_file
from pyfixcli.queue.content import sync_directory

KEPT = 65536  # octets in memory; what is longer goes into a file that is not complete


class Submitted:
    """One submission of ``uid``: ``items`` are its envelope. Call keep() or discard() at the end.

    ``limit`` is message_size_limit (0: none).
    """

    def __init__(self, directory: str, items: list[tuple[str, str]], uid: int, limit: int) -> None:
        envelope = submission.pack_envelope([*items, (submission.SUBMITTER, str(uid))])
        self._parts = [submission.pack_frame(submission.ENVELOPE, envelope)]
        self._waiting = len(self._parts[0])
        self._directory = directory
        self._limit = limit
        self._size = 0
        self._descriptor = -1
        self._path = ""
        self._failure: OSError | None = None

    @property
    def is_too_big(self) -> bool:
        """Whether the content is beyond the limit: no more of it is kept."""
        return bool(self._limit) and self._size > self._limit

    def add(self, content: bytes) -> None:
        """A piece of the content, at most MAX_FRAME octets. A file that cannot be written is keep()'s to tell."""
        self._size += len(content)
        if self.is_too_big or self._failure is not None:
            return
        self._parts.append(submission.pack_frame(submission.CONTENT, content))
        self._waiting += len(content)
        if self._waiting > KEPT:
            try:
                self._write()
            except OSError as error:
                self._failure = error

    def _write(self) -> None:
        if self._descriptor < 0:
            self._descriptor, self._path = maildrop_file.create(self._directory)
        view = memoryview(b"".join(self._parts))
        self._parts.clear()
        self._waiting = 0
        while view:
            view = view[os.write(self._descriptor, view) :]

    def keep(self) -> None:
        """Make a complete file of it: it is durable when this returns. OSError when that cannot be; it blocks."""
        if self._failure is not None:
            raise self._failure
        self._parts.append(submission.pack_frame(submission.END, b""))
        self._write()
        maildrop_file.complete(self._descriptor)
        sync_directory(self._directory)
        os.close(self._descriptor)
        self._descriptor = -1

    def discard(self) -> None:
        """Nothing of it stays, unless it was kept."""
        self._parts.clear()
        if self._descriptor < 0:
            return
        maildrop_file.discard(self._descriptor, self._path)
        with contextlib.suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1


def has_files(directory: str) -> bool:
    """Whether anything is in the maildrop directory."""
    try:
        with os.scandir(directory) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
