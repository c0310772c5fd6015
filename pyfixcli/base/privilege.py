"""Rights: giving them up for good, and taking those of a recipient for a while.

Every change is verified. A process that cannot get its own rights back ends at once, since it would
go on with somebody else's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyfixcli.base.errors import PyfixError


@dataclass(frozen=True, slots=True)
class Rights:
    """A uid, its gid and its supplementary groups."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


class RightsRefused(Exception):
    """Nobody may act with these rights here (uid or gid 0, or not ours to take)."""


def is_privileged() -> bool:
    """Whether this process may take other users' rights."""
    return os.getuid() == 0


def drop_for_good(uid: int, gid: int, groups: list[int]) -> None:
    """Become this user irrevocably; PyfixError when that does not hold afterwards."""
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (gid, gid, gid):
        raise PyfixError(f"could not become uid {uid} gid {gid}")


@contextmanager
def acting_as(rights: Rights, may_be_root: bool = False) -> Iterator[None]:
    """Act with a recipient's rights inside the block.

    Raises RightsRefused in a process without privilege for anybody but its own user, and for
    uid or gid 0 unless ``may_be_root`` (the mailbox of root itself, never a uid from a table).
    """
    if not is_privileged():
        if rights.uid != os.geteuid():
            raise RightsRefused(f"uid {rights.uid} is not the user of this instance")
        yield
        return
    if may_be_root and rights.uid == 0:
        yield
        return
    if rights.uid == 0 or rights.gid == 0:
        raise RightsRefused(f"refusing to act with uid {rights.uid} gid {rights.gid}")
    try:
        _take(rights)
        yield
    finally:
        _give_back()


def _take(rights: Rights) -> None:
    os.setgroups(list(rights.groups))
    os.setegid(rights.gid)
    os.seteuid(rights.uid)
    if os.geteuid() != rights.uid or os.getegid() != rights.gid:
        os._exit(71)


def _give_back() -> None:
    try:
        os.seteuid(0)
        os.setegid(os.getgid())
        os.setgroups([])
    except OSError:
        os._exit(71)
    if os.geteuid() != 0:
        os._exit(71)
