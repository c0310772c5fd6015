"""Files that are either the old ones or the new ones, whatever happens in between."""

from __future__ import annotations

import contextlib
import os


def write_if_absent(path: str, text: str, mode: int = 0o644) -> bool:
    """Create a file with this content unless it exists; never seen half-written."""
    temporary = f"{path}.tmp.{os.getpid()}"
    _write(temporary, text, mode)
    try:
        os.link(temporary, path)
        return True
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)


def replace_file(path: str, text: str) -> None:
    """Replace a file, keeping its mode and, where possible, its owner."""
    old = os.stat(path)
    temporary = f"{path}.tmp.{os.getpid()}"
    _write(temporary, text, old.st_mode & 0o7777)
    with contextlib.suppress(PermissionError):
        os.chown(temporary, old.st_uid, old.st_gid)
    os.rename(temporary, path)
    directory = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _write(path: str, text: str, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, flags, 0o600)
    try:
        data = text.encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(descriptor, data) :]
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
