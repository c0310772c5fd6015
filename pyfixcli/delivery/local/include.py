""":include: files (aliases(5)): opened with the rights of whom they serve, and checked before they are believed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from typing import TextIO

from pyfixcli.base.privilege import RightsRefused, acting_as
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.context import User, find_owner

INCLUDE = ":include:"


@dataclass(frozen=True, slots=True)
class OpenInclude:
    """An open file, and the target that its contents are for."""

    stream: TextIO
    target: Target


def open_include(attempt: Attempt, target: Target, path: str) -> OpenInclude | None:
    """The file, or None when it must not or cannot be read; the log says why.

    It is read with the rights of the user who named it (a .forward file, an alias in a user's table), else with those of its owner, or
    default_privs for root's.
    """
    if not path.startswith("/"):
        attempt.warn(f":include:{path} uses a relative path")
        return None
    problem, uid = _examine(target, path)
    if problem:
        attempt.warn(problem)
        return None
    user = target.user or find_owner(uid)
    if uid and user is None:
        attempt.warn(f"cannot find owner of :include: file {path}")
        return None
    user = None if user is not None and user.rights.uid == 0 else user
    stream = _open(attempt, user or attempt.context.default_user, path)
    if stream is None:
        return None
    return OpenInclude(
        stream, replace(target, level=target.level + 1, kind="include", is_resent=True, user=user)
    )


def _examine(target: Target, path: str) -> tuple[str, int]:
    """(what is wrong with the file, the uid of its owner)."""
    try:
        if target.user is not None:
            with acting_as(target.user.rights):
                status = os.stat(path)
        else:
            status = os.stat(path)
    except (OSError, RightsRefused) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"unable to lookup :include: file {path}: {reason}", 0
    if not stat.S_ISREG(status.st_mode):
        return f":include: file {path} is not a regular file", 0
    if status.st_mode & stat.S_IWOTH:
        return f":include: file {path} is world writable", 0
    return "", status.st_uid


def _open(attempt: Attempt, user: User, path: str) -> TextIO | None:
    try:
        with acting_as(user.rights):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, RightsRefused) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        attempt.warn(f"cannot open include file {path}: {reason}")
        return None
    return open(descriptor, encoding="utf-8", errors="surrogateescape", newline="\n")
