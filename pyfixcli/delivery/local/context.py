"""What local(8) is given: its view of the configuration with the parsed parameters, and the world."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass

from pyfixcli.base.errors import ConfigError
from pyfixcli.base.privilege import Rights, is_privileged
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import AgentContext
from pyfixcli.delivery.local.user_maps import UserMaps
from pyfixcli.maps.lookup import MapList
from pyfixcli.queue.layout import owner_ids
from pyfixcli.rewrite.resolve import Resolver
from pyfixcli.rewrite.rewrite import Rewriter

KINDS = ("alias", "forward", "include")


@dataclass(frozen=True, slots=True)
class User:
    """Whose rights a delivery has; ``home`` and ``shell`` are empty where there is no such user."""

    name: str
    rights: Rights
    home: str = ""
    shell: str = ""


@dataclass(frozen=True, slots=True)
class LocalContext:
    """For one service of master.cf.

    ``command_kinds`` and ``file_kinds`` are the expansions that may name commands and files, ``propagating_kinds`` those
    through which unmatched extensions go on. ``default_user`` acts where
    nobody else can. ``new_queue_id`` gives the id of a message to send on, empty when none can be had.
    """

    agent: AgentContext
    rewriter: Rewriter
    resolver: Resolver
    new_queue_id: Callable[[], str]
    command_kinds: frozenset[str]
    file_kinds: frozenset[str]
    default_user: User
    status_filter: MapList
    user_maps: UserMaps
    propagating_kinds: frozenset[str] = frozenset()


def check_size_limits(config: Config) -> None:
    """ConfigError unless what was accepted fits into an empty mailbox: it would be returned, not wait."""
    mailbox, message = config.mailbox_size_limit, config.message_size_limit
    if mailbox and not message:
        text = "mailbox_size_limit is limited but message_size_limit is unlimited"
        raise ConfigError(f"configuration error: {text}")
    if mailbox and mailbox < message:
        text = "mailbox_size_limit is smaller than message_size_limit"
        raise ConfigError(f"configuration error: {text}")


def make_local_context(
    agent: AgentContext, rewriter: Rewriter, resolver: Resolver, new_queue_id: Callable[[], str]
) -> LocalContext:
    """Parse what local(8) needs; ConfigError with the reference's words.

    Whoever chooses a recipient's name must not choose a command: alias tables take nothing of it over.
    """
    for table in agent.aliases.tables:
        table.refuse_substitution()
        table.refuse_daemon()
    check_size_limits(agent.config)
    return LocalContext(
        agent,
        rewriter,
        resolver,
        new_queue_id,
        _kinds(agent.config, "allow_mail_to_commands"),
        _kinds(agent.config, "allow_mail_to_files"),
        default_user(agent.config),
        MapList(
            agent.config,
            agent.config.local_delivery_status_filter,
            "local_delivery_status_filter",
            fold=False,
        ),
        UserMaps(agent.config),
        frozenset(agent.config.propagate_unmatched_extensions.replace(",", " ").split()),
    )


def _kinds(config: Config, name: str) -> frozenset[str]:
    text = config.text(name)
    words = text.replace(",", " ").split()
    for word in words:
        if word.lower() not in KINDS:
            raise ConfigError(f'unknown {name} value "{word}" in "{text}"')
    return frozenset(word.lower() for word in words)


def default_user(config: Config) -> User:
    """default_privs; in an instance without root it is the user of the instance.

    ConfigError for a user that is unknown, root, or mail_owner, to whom the queue belongs.
    """
    if not is_privileged():
        return User(config.mail_owner, Rights(os.getuid(), os.getgid()))
    name = config.default_privs
    where = f"file {config.config_directory.rstrip('/')}/main.cf: parameter"
    try:
        entry = pwd.getpwnam(name) if not name.isdigit() else pwd.getpwuid(int(name))
    except KeyError:
        raise ConfigError(f"{where} default_privs: unknown user name value: {name}") from None
    if entry.pw_uid == 0:
        raise ConfigError(f"{where} default_privs: user {name} has privileged user ID")
    if entry.pw_uid == owner_ids(config)[0]:
        raise ConfigError(f"{where}s default_privs and mail_owner specify the same user {name}")
    return User(name, Rights(entry.pw_uid, entry.pw_gid))


def find_user(name: str) -> User | None:
    """A user of this machine."""
    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError, UnicodeEncodeError):
        return None
    return _user(entry)


def find_owner(uid: int) -> User | None:
    """The user with this uid."""
    try:
        return _user(pwd.getpwuid(uid))
    except KeyError:
        return None


def _user(entry: pwd.struct_passwd) -> User:
    return User(entry.pw_name, Rights(entry.pw_uid, entry.pw_gid), entry.pw_dir, entry.pw_shell)
