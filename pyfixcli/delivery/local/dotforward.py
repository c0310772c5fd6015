"""Users' .forward files (local(8), postconf(5) forward_path): read with the user's rights, and only when they are the user's."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from typing import NamedTuple, TextIO

from pyfixcli.base.privilege import RightsRefused, acting_as
from pyfixcli.config.expand import ExpansionError
from pyfixcli.delivery.agent import deferred
from pyfixcli.delivery.local.address_file import UnusableFile, open_addresses
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.context import User
from pyfixcli.delivery.local.expansion import attributes, expand_parameter
from pyfixcli.delivery.local.token import deliver_lines

# what says that the user has no such file, or that nobody may look
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG)


async def deliver_dotforward(attempt: Attempt, target: Target) -> bool:
    """Deliver to what the user's .forward file names; False when there is none, or none with anything in it."""
    name, _ = target.names(attempt.config)
    user = attempt.find_user(name)
    if user is None or user.rights.uid == 0:
        return False
    try:
        found = _find_file(attempt, target, user)
    except OSError as error:  # the file server does not answer, say: there may be a file
        reason = f"cannot look for {error.filename}: {error.strerror}"
        attempt.report(target, deferred("4.3.0", reason))
        return True
    if found is None:
        return False
    was_used = attempt.seen.forward_files.get(found.path)
    if was_used is not None:
        return was_used  # who is in a file that is being expanded is at the end of it
    attempt.seen.forward_files[found.path] = False
    stream = _open(attempt, user, found.path, found.status)
    if stream is None:
        return False
    inside = replace(
        attempt.reached(target),
        kind="forward",
        forwarder=name,
        owner="",
        is_resent=True,
        user=user,
        unmatched="" if found.is_for_extension else target.lacking(name),
    )
    with stream as lines:
        is_used = await deliver_lines(attempt, inside, lines)
    attempt.seen.forward_files[found.path] = is_used
    if is_used:
        attempt.note_expansion(is_list=False)
    return is_used


class Found(NamedTuple):
    """A file that is there. ``is_for_extension``: the extension is a part of its name."""

    path: str
    status: os.stat_result
    is_for_extension: bool


def _find_file(attempt: Attempt, target: Target, user: User) -> Found | None:
    """The first of the files in forward_path that is there. OSError when that cannot be known."""
    config = attempt.config
    known = attributes(attempt, replace(target, user=user))
    other = {**known, "extension": known["extension"] + "x"}  # ${extension?text} does not name it
    allowed = config.forward_expansion_filter
    tried = set()
    for pattern in (config.raw("forward_path") or "").replace(",", " ").split():
        try:
            path = expand_parameter(pattern, known, allowed)
            if path in tried:
                continue  # they differ by the extension, and there is none
            tried.add(path)
            has_extension = bool(known["extension"])
            is_for_extension = has_extension and path != expand_parameter(pattern, other, allowed)
        except ExpansionError as error:
            attempt.warn(f"forward_path: {error}")
            continue
        status = _examine(user, path)
        if status is not None:
            return Found(path, status, is_for_extension)
    return None


def _examine(user: User, path: str) -> os.stat_result | None:
    try:
        with acting_as(user.rights):
            return os.lstat(path)
    except RightsRefused:
        return None
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise


def _open(attempt: Attempt, user: User, path: str, status: os.stat_result) -> TextIO | None:
    """A file that exists ends the search, whether it may be used or not. A symbolic link is not followed."""
    problem = _problem(user, path, status)
    if not problem:
        try:
            return open_addresses(
                path, user.rights, lambda opened: _problem(user, path, opened), os.O_NOFOLLOW
            )
        except UnusableFile as unusable:
            problem = str(unusable)
    attempt.warn(problem)
    return None


def _problem(user: User, path: str, status: os.stat_result) -> str:
    """What is wrong with the file."""
    if not stat.S_ISREG(status.st_mode):
        return f"file {path} is not a regular file"
    if status.st_uid not in (0, user.rights.uid):
        return f"file {path} has bad owner uid {status.st_uid}"
    return f"file {path} is world writable" if status.st_mode & stat.S_IWOTH else ""
