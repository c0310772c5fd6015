""":include: files (aliases(5)): opened with the rights of whom they serve, and checked before they are believed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from typing import TextIO

from pyfixcli.base.privilege import RightsRefused, acting_as
from pyfixcli.delivery.local.address_file import UnusableFile, describe, open_addresses
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.context import find_owner

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
    try:
        uid = _owner_of(target, path)
        user = target.user or find_owner(uid)
        if uid and user is None:
            raise UnusableFile(f"cannot find owner of :include: file {path}")
        user = None if user is not None and user.rights.uid == 0 else user
        rights = (user or attempt.context.default_user).rights
        stream = open_addresses(
            path, rights, lambda opened: _problem(path, opened, uid), kind="include file"
        )
    except UnusableFile as unusable:
        attempt.warn(str(unusable))
        return None
    return OpenInclude(
        stream, replace(target, level=target.level + 1, kind="include", is_resent=True, user=user)
    )


def _owner_of(target: Target, path: str) -> int:
    """The uid that owns the file. Raises UnusableFile."""
    try:
        if target.user is not None:
            with acting_as(target.user.rights):
                status = os.stat(path)
        else:
            status = os.stat(path)
    except (OSError, RightsRefused) as error:
        text = f"unable to lookup :include: file {path}: {describe(error)}"
        raise UnusableFile(text) from error
    if problem := _problem(path, status, status.st_uid):
        raise UnusableFile(problem)
    return status.st_uid


def _problem(path: str, status: os.stat_result, uid: int) -> str:
    """What is wrong with the file, of which it was said that it is this uid's."""
    if not stat.S_ISREG(status.st_mode):
        return f":include: file {path} is not a regular file"
    if status.st_uid != uid:
        return f":include: file {path} was exchanged"
    return f":include: file {path} is world writable" if status.st_mode & stat.S_IWOTH else ""
