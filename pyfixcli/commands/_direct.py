"""The queue as a command sees it that reads the environment itself, as mail_owner."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator

from pyfixcli.base import paths
from pyfixcli.config.snapshot import Config
from pyfixcli.present.showq_json import format_json
from pyfixcli.present.showq_text import TextListing
from pyfixcli.queue.env import QueueEnvironment, open_environment
from pyfixcli.queue.layout import become_mail_owner
from pyfixcli.queue.listing import ListedMessage, list_slices
from pyfixcli.queue.maildrop_listing import list_maildrop


def may_read_queue(config: Config) -> bool:
    """Whether this user is root or mail_owner."""
    uid = os.getuid()
    if uid == 0:
        return True
    try:
        return pwd.getpwnam(config.mail_owner).pw_uid == uid
    except KeyError:
        return False


def open_queue(config: Config) -> QueueEnvironment | None:
    """The environment for reading, or None when none was made yet."""
    directory = os.path.join(config.queue_directory, paths.ENVIRONMENT)
    if not os.path.exists(os.path.join(directory, "data.mdb")):
        return None
    return open_environment(directory, config.queue_map_size, readonly=True)


def list_directly(config: Config, as_json: bool) -> Iterator[str]:
    """Pieces of the listing."""
    become_mail_owner(config)
    text = TextListing()
    for messages in _slices(config):
        yield "".join(map(format_json, messages)) if as_json else text.add(messages)
    if not as_json:
        yield text.end()


def _slices(config: Config) -> Iterator[list[ListedMessage]]:
    yield list_maildrop(os.path.join(config.queue_directory, paths.MAILDROP))
    environment = open_queue(config)
    if environment is not None:
        yield from list_slices(environment)
