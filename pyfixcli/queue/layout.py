"""The directories of an instance: which there are, whose they are, who may enter."""

from __future__ import annotations

import grp
import os
import pwd

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.privilege import drop_for_good

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

# name, mode; all belong to mail_owner
DIRECTORIES = (
    (paths.PUBLIC, 0o755),
    (paths.PRIVATE, 0o700),
    ("pid", 0o755),
    (paths.CONTENT, 0o700),
    (paths.ENVIRONMENT, 0o700),
)
MAILDROP_MODE = 0o1730


def owner_ids(config: Config) -> tuple[int, int]:
    """(uid, gid) of mail_owner; PyfixError when there is no such user."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        entry = pwd.getpwnam(config.mail_owner)
    except KeyError as error:
        raise PyfixError(
            f"file {config.config_directory}/main.cf: parameter mail_owner: "
            f"unknown user name value: {config.mail_owner}"
        ) from error
    return entry.pw_uid, entry.pw_gid


def become_mail_owner(config: Config) -> None:
    """Root becomes mail_owner for good; nothing to do in an instance of an ordinary user."""
    if os.geteuid() == 0:
        uid, gid = owner_ids(config)
        drop_for_good(uid, gid, [])


def group_id(config: Config) -> int:
    """The gid of setgid_group; PyfixError when there is no such group."""
    if os.geteuid() != 0:
        return os.getegid()
    try:
        return grp.getgrnam(config.setgid_group).gr_gid
    except KeyError as error:
        raise PyfixError(
            f"file {config.config_directory}/main.cf: parameter setgid_group: "
            f"unknown group name: {config.setgid_group}"
        ) from error


def ensure_layout(config: Config) -> None:
    """Make what is missing, with owners and modes; what exists gets its mode back."""
    uid, gid = owner_ids(config)
    queue = config.queue_directory
    if not os.path.isdir(queue):
        os.makedirs(queue)
        os.chmod(queue, 0o755)  # whatever the umask: mail_owner and submitters enter it
    data = config.data_directory
    os.makedirs(data, mode=0o700, exist_ok=True)
    _give(data, uid, gid, 0o700)
    for name, mode in DIRECTORIES:
        path = os.path.join(queue, name)
        os.makedirs(path, exist_ok=True)
        _give(path, uid, gid, mode)
    maildrop = os.path.join(queue, paths.MAILDROP)
    os.makedirs(maildrop, exist_ok=True)
    if os.geteuid() == 0:
        _give(maildrop, uid, group_id(config), MAILDROP_MODE)
    else:
        _give(maildrop, uid, gid, 0o700)


def _give(path: str, uid: int, gid: int, mode: int) -> None:
    status = os.stat(path, follow_symlinks=False)
    if os.geteuid() == 0 and (status.st_uid, status.st_gid) != (uid, gid):
        os.chown(path, uid, gid, follow_symlinks=False)
    if status.st_mode & 0o7777 != mode:
        os.chmod(path, mode)
