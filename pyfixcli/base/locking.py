"""Locks on mailboxes: fcntl, flock and dotlock (postconf(5): mailbox_delivery_lock)."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

METHODS = ("fcntl", "flock", "dotlock")


class LockFailure(Exception):
    """The lock cannot be had now; the text says why, ``error`` is the errno behind it."""

    def __init__(self, text: str, error: int = 0) -> None:
        super().__init__(text)
        self.error = error


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """How often (``attempts``), how far apart and until what age of a dotlock (seconds)."""

    methods: tuple[str, ...]
    attempts: int
    delay: float
    stale: float
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time


def parse_methods(text: str) -> tuple[str, ...] | str:
    """The methods named in a parameter, or the first word that is none."""
    words = text.replace(",", " ").split()
    unknown = next((word for word in words if word not in METHODS), None)
    return unknown if unknown is not None else tuple(words)


def lock_descriptor(descriptor: int, policy: LockPolicy) -> None:
    """Take the fcntl and flock locks that the policy asks for; LockFailure after the last attempt."""
    for method in policy.methods:
        if method == "dotlock":
            continue
        _repeat(policy, lambda name=method: _try_lock(descriptor, name))  # type: ignore[misc]


def _try_lock(descriptor: int, method: str) -> None:
    take = fcntl.lockf if method == "fcntl" else fcntl.flock
    take(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _repeat(policy: LockPolicy, attempt: Callable[[], None]) -> None:
    for number in range(policy.attempts):
        if number:
            policy.sleep(policy.delay)
        try:
            attempt()
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise LockFailure(error.strerror or "lock", error.errno or 0) from error
    raise LockFailure("Resource temporarily unavailable", errno.EAGAIN)


def take_dotlock(path: str, policy: LockPolicy) -> None:
    """Create ``path.lock``; one older than the policy's age is removed. LockFailure with errno's text."""
    lock = path + ".lock"
    problem, reason = "", 0
    for number in range(policy.attempts):
        if number:
            policy.sleep(policy.delay)
        try:
            flags = os.O_WRONLY | os.O_EXCL | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            os.close(os.open(lock, flags, 0o600))
            return
        except OSError as error:
            problem, reason = error.strerror or "error", error.errno or 0
            if error.errno != errno.EEXIST:
                break
        _remove_stale(lock, policy)
    raise LockFailure(f"unable to create lock file {lock}: {problem}", reason)


def _remove_stale(lock: str, policy: LockPolicy) -> None:
    with contextlib.suppress(OSError):
        if policy.now() > os.stat(lock, follow_symlinks=False).st_ctime + policy.stale:
            os.unlink(lock)


def drop_dotlock(path: str) -> None:
    """Remove ``path.lock``."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path + ".lock")
