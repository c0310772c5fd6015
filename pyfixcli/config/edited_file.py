"""Replacing a configuration file by an edited one, as a crash and a second editor allow.

The new text is written to ``FILE.tmp``, synced, and renamed over the file. The temporary file is the lock, too:
whoever holds it has the only edit between read and rename. postconf(1) of Postfix locks the same file in the same
way (flock), so the two keep out of each other's way. One that a crash left behind is taken over.

Mode, owner and extended attributes (access lists) of the old file stay, as far as the caller may set them. A
symbolic link is replaced by a file, as Postfix does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat

from pyfixcli.base.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[list[str]], list[str]]


def edit_file(path: str, change: Change) -> None:
    """Replace the file by what ``change`` makes of its lines (without their ends).

    A last line without an end gets one. Raises ConfigError with Postfix's words when the file cannot be read or
    written; what ``change`` raises goes through, and the file is the old one.
    """
    temporary = path + ".tmp"
    descriptor = _open_locked(temporary)
    try:
        try:
            text, old = _read(path)
            lines = change(_split(text))
            _write(descriptor, temporary, "".join(line + "\n" for line in lines))
            _take_rights(descriptor, path, old)
            _put_in_place(descriptor, temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    finally:
        os.close(descriptor)


def _open_locked(temporary: str) -> int:
    """A descriptor of the temporary file, empty and locked."""
    try:
        while True:
            descriptor = _open(temporary)
            if descriptor is None:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if _is_current(descriptor, temporary):
                    os.ftruncate(descriptor, 0)  # what an editor left that did not come to its end
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # the editor that we waited for has renamed it
    except OSError as error:
        raise ConfigError(f"open {temporary}: {error.strerror}") from error


def _open(temporary: str) -> int | None:
    """The temporary file, or None after something else of that name was removed."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    with contextlib.suppress(FileNotFoundError):
        found = os.lstat(temporary)
        if not stat.S_ISDIR(found.st_mode) and (
            not stat.S_ISREG(found.st_mode) or found.st_nlink != 1
        ):
            os.unlink(temporary)  # to write through a link would change another file
            return None
    # Not readable by others before it has the rights of the old file: that may hold passwords.
    return os.open(temporary, flags, 0o600)


def _is_current(descriptor: int, temporary: str) -> bool:
    try:
        there = os.lstat(temporary)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _read(path: str) -> tuple[str, os.stat_result]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            return file.read(), os.fstat(file.fileno())
    except OSError as error:
        raise ConfigError(f"open {path} for reading: {error.strerror}") from error


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _write(descriptor: int, temporary: str, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError as error:
        raise ConfigError(f"write {temporary}: {error.strerror}") from error


def _take_rights(descriptor: int, path: str, old: os.stat_result) -> None:
    """Give the new file the owner, attributes and mode of the old one; the mode last, since chown clears bits."""
    for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, owner, group)
    with contextlib.suppress(
        OSError
    ):  # file systems without them, attributes that only root may set
        for name in os.listxattr(path):
            os.setxattr(descriptor, name, os.getxattr(path, name))
    with contextlib.suppress(PermissionError):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _put_in_place(descriptor: int, temporary: str, path: str) -> None:
    try:
        os.fsync(descriptor)
        os.rename(temporary, path)
        _sync_directory(os.path.dirname(path) or ".")
    except OSError as error:
        raise ConfigError(f"rename {temporary} to {path}: {error.strerror}") from error


def _sync_directory(path: str) -> None:
    """Make the names in it durable."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
