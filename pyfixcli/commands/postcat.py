"""postcat(1): the content of a queued message."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import Diagnostics, open_config
from pyfixcli.commands._direct import may_read_queue, open_queue
from pyfixcli.commands._run import getopt, run
from pyfixcli.config.snapshot import Config
from pyfixcli.present.postcat_text import envelope_text, split_content
from pyfixcli.queue.content import open_content, read_chunks
from pyfixcli.queue.layout import become_mail_owner
from pyfixcli.queue.queue_id import may_be_queue_id
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.schema import StoredMessage

OPTIONS = (
    ("b", None, "show the body"),
    ("c", "config_dir", "configuration directory"),
    ("d", None, "ignored: decimal record types"),
    ("e", None, "show the envelope"),
    ("h", None, "show the header"),
    ("o", None, "ignored: record offsets"),
    ("q", None, "the operands are queue ids"),
    ("v", None, "talk"),
)
USAGE = (
    "usage: postcat [-b (body text)] [-c config_dir] [-d (decimal record type)] "
    "[-e (envelope records)] [-h (header text)] [-q (access queue)] [-v] [file(s)...]"
)


def main(argv: list[str]) -> int:
    """Run postcat."""
    try:
        found, operands = getopt(argv[1:], OPTIONS)
    except UsageError as error:
        raise PyfixError(USAGE) from error
    letters = {letter for letter, _ in found}
    config = open_config(dict(found).get("c"))
    diagnostics = Diagnostics(config, argv[0])
    try:
        if "q" not in letters:
            for name in operands:
                _refuse_file(name)
            return EX_OK
        shown = letters & {"b", "e", "h"} or {"b", "e", "h"}
        for queue_id in operands:
            if not may_be_queue_id(queue_id):
                raise PyfixError(f"bad mail queue ID: {queue_id}")
        return _show(config, operands, shown)
    except PyfixError as error:
        diagnostics.log_fatal(str(error))
        raise


def _refuse_file(name: str) -> None:
    """There are no queue files; a name that does not exist is told as such."""
    try:
        os.close(os.open(name, os.O_RDONLY))
    except OSError as error:
        raise PyfixError(f"open {name}: {error.strerror}") from error
    raise PyfixError(f"{name}: not a queue file; use -q with a queue id")


def _show(config: Config, queue_ids: list[str], shown: set[str]) -> int:
    if queue_ids and not may_read_queue(config):
        raise PyfixError(f"open queue file {queue_ids[0]}: Permission denied")
    become_mail_owner(config)
    environment = open_queue(config)
    for queue_id in queue_ids:
        reader = QueueReader(environment) if environment is not None else None
        stored = reader.message(queue_id) if reader is not None else None
        if reader is None or stored is None:
            raise PyfixError(f"open queue file {queue_id}: No such file or directory")
        for piece in _text(config, reader, stored, shown):
            while piece:
                piece = piece[os.write(1, piece) :]
    return EX_OK


def _text(
    config: Config, reader: QueueReader, stored: StoredMessage, shown: set[str]
) -> Iterator[bytes]:
    queue_id = stored.envelope.queue_id
    whole = shown == {"b", "e", "h"}
    if "e" in shown:
        text = envelope_text(queue_id, stored, reader.recipients(stored))
        if not whole:
            text = "\n".join(
                line for line in text.split("\n") if not line.startswith("original_recipient")
            )
        yield text.encode("utf-8", "surrogateescape")
    if shown & {"b", "h"}:
        if whole:
            yield f"*** MESSAGE CONTENTS {queue_id} ***\n".encode()
        yield from split_content(_content(config, reader, stored), "h" in shown, "b" in shown)
    if whole:
        yield f"*** HEADER EXTRACTED {queue_id} ***\n".encode()
        yield f"*** MESSAGE FILE END {queue_id} ***\n".encode()


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


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
