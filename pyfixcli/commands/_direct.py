"""The queue as a command sees it that reads the environment itself, as mail_owner."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK, EX_UNAVAILABLE
from pyfixcli.commands._run import complain
from pyfixcli.config.snapshot import Config
from pyfixcli.present.showq_json import format_json
from pyfixcli.present.showq_text import TextListing
from pyfixcli.queue.codec import CorruptRecord
from pyfixcli.queue.env import LmdbError, QueueEnvironment, open_environment
from pyfixcli.queue.layout import become_mail_owner
from pyfixcli.queue.listing import ListedMessage, list_slices
from pyfixcli.queue.maildrop_listing import list_maildrop
from pyfixcli.queue.soundness import ADVICE, SIGNALS


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


def show_directly(config: Config, as_json: bool) -> int:
    """Write the listing to standard output; the exit status.

    A child reads: there is damage that LMDB answers with a signal. PyfixError when there is any.
    """
    place = os.path.join(config.queue_directory, paths.ENVIRONMENT)
    child = os.fork()
    if child == 0:
        os._exit(_show_in_child(config, as_json))
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in SIGNALS:
        raise PyfixError(f"queue {place} is damaged: {ADVICE}")
    return os.waitstatus_to_exitcode(status)


def _show_in_child(config: Config, as_json: bool) -> int:
    try:
        for text in list_directly(config, as_json):
            data = text.encode("utf-8", "surrogateescape")
            while data:
                data = data[os.write(1, data) :]
    except (PyfixError, LmdbError, CorruptRecord) as error:
        complain(f"postqueue: fatal: {error}")
        return EX_UNAVAILABLE
    except BrokenPipeError:
        return EX_UNAVAILABLE
    return EX_OK


def list_directly(config: Config, as_json: bool) -> Iterator[str]:
    """Pieces of the listing."""
    become_mail_owner(config)
    text = TextListing(config.enable_long_queue_ids)
    for messages in _slices(config):
        yield "".join(map(format_json, messages)) if as_json else text.add(messages)
    if not as_json:
        yield text.end()


def _slices(config: Config) -> Iterator[list[ListedMessage]]:
    yield list_maildrop(os.path.join(config.queue_directory, paths.MAILDROP))
    environment = open_queue(config)
    if environment is not None:
        yield from list_slices(environment)
