"""Writing a file into the maildrop directory: what sendmail and postdrop do while the daemon is down.

Reading is maildrop.py. Kept apart from it because the commands import this, and it costs nothing.
"""

from __future__ import annotations

import os
import time

INCOMPLETE = 0o600  # being written
COMPLETE = 0o744  # durable; nobody but mail_owner can enter the directory
DISCARDED = 0o000  # given up by its writer, who may not unlink it: pickup does


def create(directory: str) -> tuple[int, str]:
    """A new file for a submission: (descriptor for writing, path). OSError when it cannot be made."""
    while True:
        name = f"{time.time_ns() // 1000 % 1_000_000:05X}{os.urandom(2).hex().upper()}"
        path = os.path.join(directory, name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(path, flags, INCOMPLETE), path
        except FileExistsError:
            continue


def complete(descriptor: int) -> None:
    """Make a submission durable and visible to pickup."""
    os.fsync(descriptor)
    os.fchmod(descriptor, COMPLETE)
    os.fsync(descriptor)


def discard(descriptor: int, path: str) -> None:
    """Give a submission up; without the right to unlink, mark it for pickup to remove."""
    try:
        os.ftruncate(descriptor, 0)
        os.fchmod(descriptor, DISCARDED)
        os.unlink(path)
    except OSError:
        return
