"""postcat(1): the content of a queued message."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import Diagnostics, open_config
from pyfixcli.commands._direct import may_read_queue, open_queue
from pyfixcli.commands._run import parse_options, run
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.recipient import Recipient
from pyfixcli.mail.tok822 import parse_addresses
from pyfixcli.present.postcat_text import (
    EVERYTHING,
    Message,
    Options,
    envelope_records,
    extracted_records,
    maildrop_records,
    print_message,
    recipient_records,
)
from pyfixcli.queue import maildrop, schema
from pyfixcli.queue.content import open_content, read_chunks
from pyfixcli.queue.layout import become_mail_owner
from pyfixcli.queue.queue_id import may_be_queue_id
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.schema import StoredMessage

OPTIONS = (
    ("b", None, "show the body"),
    ("c", "config_dir", "configuration directory"),
    ("d", None, "show the types of records in decimal"),
    ("e", None, "show the envelope"),
    ("h", None, "show the header"),
    ("o", None, "show the offsets that records have in a queue file of Postfix"),
    ("q", None, "the operands are queue ids"),
    ("r", None, "ignored: the order of records"),
    ("s", "offset", "begin with the record at this offset"),
    ("v", None, "name the records of the content too"),
)
USAGE = (
    "usage: postcat [-b (body text)] [-c config_dir] [-d (decimal record type)] "
    "[-e (envelope records)] [-h (header text)] [-q (access queue)] [-v] [file(s)...]"
)
QUEUES = (*schema.QUEUE_LETTERS, "active")


def main(argv: list[str]) -> int:
    """Run postcat."""
    found, operands = parse_options(argv, OPTIONS, USAGE)
    values = dict(found)
    start = values.get("s", "0")
    if not start.isdecimal():
        raise PyfixError(f"bad offset: {start}")
    letters = frozenset(values)
    options = Options(
        (letters & EVERYTHING) or EVERYTHING,
        "o" in letters,
        "d" in letters,
        "v" in letters,
        int(start),
    )
    config = open_config(values.get("c"))
    diagnostics = Diagnostics(config, argv[0])
    queue = _Queue(config, diagnostics)
    try:
        for name in operands if operands or "q" in letters else ["stdin"]:
            message = queue.message(name) if "q" in letters else queue.file(name)
            if message is not None:
                _copy(print_message(message, options))
    except PyfixError as error:
        diagnostics.log_fatal(str(error))
        raise
    return EX_OK


def _copy(pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        while piece:
            piece = piece[os.write(1, piece) :]


class _Queue:
    """The queue, opened when the first message is looked for."""

    def __init__(self, config: Config, diagnostics: Diagnostics) -> None:
        self._config = config
        self._diagnostics = diagnostics
        self._reader: QueueReader | None = None
        self._is_open = False

    def message(self, queue_id: str) -> Message:
        """The message with this queue id."""
        if not may_be_queue_id(queue_id):
            raise PyfixError(f"bad mail queue ID: {queue_id}")
        if not may_read_queue(self._config):
            raise PyfixError(f"open queue file {queue_id}: Permission denied")
        message = self._find(queue_id)
        if message is None:
            raise PyfixError(f"open queue file {queue_id}: No such file or directory")
        return message

    def file(self, name: str) -> Message | None:
        """The message that would be in this file of the reference's queue; any other file is none."""
        place = os.path.relpath(os.path.abspath(name), self._config.queue_directory).split("/")
        if name != "stdin" and place[0] in QUEUES and may_be_queue_id(place[-1]):
            if not may_read_queue(self._config):
                raise PyfixError(f"open {name}: Permission denied")
            message = self._find(place[-1], place[0])
            if message is None:
                raise PyfixError(f"open {name}: No such file or directory")
            return message._replace(name=name)
        if name != "stdin":
            try:
                os.close(os.open(name, os.O_RDONLY))
            except OSError as error:
                raise PyfixError(f"open {name}: {error.strerror}") from error
        self._diagnostics.warning(f"{name}: input is not a valid queue file")
        return None

    def _find(self, queue_id: str, queue: str = "") -> Message | None:
        """A message in the queue, or in maildrop; with ``queue`` only there."""
        reader = self._open()
        stored = reader.message(queue_id) if reader is not None else None
        if reader is not None and stored is not None and (not queue or queue in _names(stored)):
            return _stored_message(self._config, reader, stored)
        return _dropped_message(self._config, queue_id) if queue in ("", "maildrop") else None

    def _open(self) -> QueueReader | None:
        if not self._is_open:
            become_mail_owner(self._config)
            environment = open_queue(self._config)
            self._reader = None if environment is None else QueueReader(environment)
            self._is_open = True
        return self._reader


def _names(stored: StoredMessage) -> tuple[str, ...]:
    """The queues in which a message may be thought to be: what is delivered is active."""
    return (schema.QUEUE_NAMES[stored.queue], "active")


def _stored_message(config: Config, reader: QueueReader, stored: StoredMessage) -> Message:
    return Message(
        _file_name(config, schema.QUEUE_NAMES[stored.queue], stored.envelope.queue_id),
        envelope_records(stored, reader.recipients(stored)),
        _content(config, reader, stored),
        extracted_records(stored.envelope.encoding, stored.envelope.redirect),
    )


def _file_name(config: Config, queue: str, queue_id: str) -> str:
    """Where the reference keeps such a message (hash_queue_names, hash_queue_depth)."""
    if queue not in config.hash_queue_names.replace(",", " ").split():
        return f"{queue}/{queue_id}"
    parts = list(queue_id[: config.hash_queue_depth])
    return "/".join([queue, *parts, queue_id])


def _content(config: Config, reader: QueueReader, stored: StoredMessage) -> Iterator[bytes]:
    envelope = stored.envelope
    if not envelope.content_file:
        yield reader.content(envelope.queue_id) or b""
        return
    directory = os.path.join(config.queue_directory, paths.CONTENT)
    descriptor = open_content(directory, envelope.content_file)
    try:
        yield from read_chunks(descriptor)
    finally:
        os.close(descriptor)


def _dropped_message(config: Config, name: str) -> Message | None:
    try:
        entry = maildrop.Entry(os.path.join(config.queue_directory, paths.MAILDROP), name)
    except (maildrop.MaildropError, OSError):
        return None
    values = dict(entry.items)
    notify = int(values.get("notify") or 0)
    recipients = [
        record
        for key, value in entry.items
        if key == "recipient"
        for address in parse_addresses(value) or [value]
        for record in recipient_records(Recipient(address, "", notify), False)
    ]
    envelope = maildrop_records(entry.items, entry.time)
    extracts = values.get("extract") == "1"
    before, after = (envelope, recipients) if extracts else ([*envelope, *recipients], [])
    return Message(f"maildrop/{name}", before, entry.chunks(), after)


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
