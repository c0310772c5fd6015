"""Delivery into a Maildir (local(8), virtual(8))."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from pyfixcli.base.privilege import Rights, acting_as
from pyfixcli.delivery.agent import ContentReader, Outcome, bounced, deferred, sent
from pyfixcli.delivery.mailbox import DISK_ERRORS, Prepended


def deliver_maildir(
    path: str,
    rights: Rights,
    prepended: Prepended,
    content: ContentReader,
    hostname: str,
    warn: Callable[[str], None],
    may_be_root: bool = False,
) -> Outcome:
    """Deliver to the Maildir at ``path`` (with its final slash); made when it is absent."""
    try:
        with acting_as(rights, may_be_root):
            _deliver(path, prepended, content, hostname)
    except OSError as error:
        problem = f"{error.args[1]}"
        if error.errno == errno.EACCES:
            ids = f"UID/GID={rights.uid}/{rights.gid}"
            warn(f"maildir access problem for {ids}: {problem}")
            warn("perhaps you need to create the maildirs in advance")
        text = f"maildir delivery failed: {problem}"
        return deferred("4.2.0", text) if error.errno in DISK_ERRORS else bounced("5.2.0", text)
    return sent("delivered to maildir")


def _deliver(path: str, prepended: Prepended, content: ContentReader, hostname: str) -> None:
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    temporary = f"{path}tmp/{seconds}.P{os.getpid()}.{hostname}"
    descriptor = _create(path, temporary)
    try:
        os.write(descriptor, prepended.headers())
        for chunk in content.chunks():
            while chunk:
                chunk = chunk[os.write(descriptor, chunk) :]
        os.fsync(descriptor)
        status = os.fstat(descriptor)
        identity = f"V{status.st_dev:x}I{status.st_ino:x}M{microseconds}"
        final = f"{path}new/{seconds}.{identity}.{hostname}"
        os.rename(temporary, final)
        _sync(f"{path}new")
    except OSError as error:
        _unlink(temporary)
        raise OSError(error.errno, f"write {temporary}: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _create(path: str, temporary: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        try:
            return os.open(temporary, flags, 0o600)
        except FileNotFoundError:
            for name in ("tmp", "new", "cur"):
                os.makedirs(path + name, mode=0o700, exist_ok=True)
            return os.open(temporary, flags, 0o600)
        except FileExistsError:
            os.unlink(temporary)  # left by a process with our pid that was killed
            return os.open(temporary, flags, 0o600)
    except OSError as error:
        raise OSError(error.errno, f"create maildir file {temporary}: {error.strerror}") from error


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
