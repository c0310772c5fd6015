"""postfix check: directories, owners, modes, and parameters that have no effect here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.master_cf import read_services
from pyfixcli.config.snapshot import Config
from pyfixcli.config.without_effect import without_effect
from pyfixcli.delivery.local.context import default_user
from pyfixcli.queue.layout import ensure_layout, group_id, owner_ids

# Commands of services that are there, or that nobody misses: the work of scache, tlsmgr and verify is done elsewhere or
# not asked for.
COMMANDS = (
    " anvil bounce cleanup discard error flush lmtp local pickup pipe postlogd proxymap qmgr scache showq smtp smtpd"
    " tlsmgr trivial-rewrite verify virtual "
)
# Directories beneath queue_directory, which belong to mail_owner.
OWNED = (paths.PUBLIC, paths.PRIVATE, "pid", paths.CONTENT, paths.ENVIRONMENT, paths.MAILDROP)


def check(config: Config) -> list[str]:
    """Make what is missing; the warnings. PyfixError when there is no master.cf that can be read."""
    if not os.path.exists(f"{config.config_directory}/master.cf"):
        raise PyfixError(f"no {config.config_directory}/master.cf file found")
    problems = list(permission_problems(config))
    ensure_layout(config)
    problems += services_in_vain(config)
    for name in set_in_vain(config):
        problems.append(f"parameter {name} has no effect in this implementation")
    return problems


def services_in_vain(config: Config) -> list[str]:
    """Services of master.cf whose command is not there: nobody listens for them."""
    return [
        f"service {service.name}/{service.type}: there is no {service.command} in this implementation"
        for service in read_services(config.config_directory)
        if f" {service.command} " not in COMMANDS
    ]


def set_in_vain(config: Config) -> list[str]:
    """Parameters in main.cf that change nothing here; with an empty value or ``no`` nothing is missed."""
    names = sorted(without_effect().keys() & config.settings.keys())
    return [name for name in names if config.settings[name].strip() not in ("", "no")]


def refuse_privileged_owner(config: Config) -> None:
    """PyfixError when mail_owner is root, unless this is root's own instance, in which nobody else has a part."""
    if owner_ids(config)[0] == 0 and not config.daemon_autostart:
        text = f"user {config.mail_owner} has privileged user ID"
        raise PyfixError(f"file {config.config_directory}/main.cf: parameter mail_owner: {text}")


def check_system(config: Config) -> None:
    """PyfixError for what keeps a system's instance from working at all: accounts and the queue directory.

    The instance of one user (also root's, with root as mail_owner) needs no accounts, and its directories are made.
    """
    if os.geteuid() != 0:
        return
    uid, _ = owner_ids(config)
    group_id(config)
    if uid == 0:
        return
    default_user(config)
    try:
        os.stat(f"{config.queue_directory}/.")
    except OSError as error:
        raise PyfixError(f"chdir({config.queue_directory}): {error.strerror}") from error


def warn_of_unused(config: Config) -> None:
    """Have postconf tell which parameters nobody knows; its listing is dropped."""
    from pyfixcli.commands import postconf
    from pyfixcli.commands._run import run

    output = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        run(postconf.main, ["postconf", "-c", config.config_directory, "-n"], 1)
    finally:
        os.dup2(output, 1)
        os.close(output)
        os.close(null)


def permission_problems(config: Config) -> Iterator[str]:
    """What others may write to, and what belongs to somebody else than it should."""
    root, owner = _Owner(0, "root"), _Owner(*_mail_owner(config))
    if os.geteuid() != 0:
        root = owner
    queue = config.queue_directory
    for path in _tree(config.config_directory):
        yield from _writable(path)
        yield from root.problems(path)
        if os.path.islink(path) and not _stays(path, config.config_directory):
            yield f"symlink leaves directory: {path}"
    for path in _tree(config.data_directory):
        yield from _writable(path)
        yield from owner.problems(path)
    yield from _writable(f"{queue}/.")
    yield from _writable(f"{queue}/pid")
    yield from root.problems(f"{queue}/.")
    for name in OWNED:
        yield from owner.problems(os.path.join(queue, name))
    yield from _group_problems(config, os.path.join(queue, paths.MAILDROP))


def _mail_owner(config: Config) -> tuple[int, str]:
    uid = owner_ids(config)[0]
    return uid, config.mail_owner


class _Owner(NamedTuple):
    """Whose something should be."""

    uid: int
    name: str

    def problems(self, path: str) -> Iterator[str]:
        status = _status(path)
        if status is not None and status.st_uid != self.uid:
            yield f"not owned by {self.name}: {path}"


def _group_problems(config: Config, path: str) -> Iterator[str]:
    status = _status(path)
    if os.geteuid() == 0 and status is not None and status.st_gid != group_id(config):
        yield f"not owned by group {config.setgid_group}: {path}"


def _tree(directory: str) -> Iterator[str]:
    """The directory and everything in it; links are not followed."""
    if os.path.isdir(directory):
        yield f"{directory}/."
    for place, directories, files in os.walk(directory):
        for name in sorted((*directories, *files)):
            yield os.path.join(place, name)


def _writable(path: str) -> Iterator[str]:
    status = _status(path)
    if status is not None and status.st_mode & 0o022:
        yield f"group or other writable: {path}"


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=False)
    except OSError:
        return None


def _stays(link: str, directory: str) -> bool:
    """Whether a link leads to a place in the same tree."""
    return os.path.realpath(link).startswith(os.path.realpath(directory) + "/")
