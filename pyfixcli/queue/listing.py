"""The queue as a list, for mailq and postqueue (showq(8)), read in short slices.

A message is listed under the queue where it is stored; the scheduler knows which ones are
active and says so through ``active``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import lmdb

from pyfixcli.mail.envelope import FLAG_EXPIRED
from pyfixcli.mail.recipient import PENDING
from pyfixcli.queue import codec, schema
from pyfixcli.queue.env import QueueEnvironment
from pyfixcli.queue.reader import QueueReader, read_log
from pyfixcli.queue.schema import LogEntry, StoredMessage

SLICE = 250
FEW = (
    3  # reasons that are read with their message, so that a transaction reads 1,000 records at most
)
_BLANKS = {ord("\n"): " ", ord("\t"): " "}  # a command's output has several lines

# the order in which queues are listed, as showq(8) goes through them
LISTED = (
    schema.MAILDROP,
    schema.INCOMING,
    schema.DEFERRED,
    schema.HOLD,
)


class ListedMessage(NamedTuple):
    """A message in a listing; ``arrival_time`` in seconds, ``message_size`` in octets.

    ``recipients`` are the unfinished ones: (address, reason of the delay or empty). Those that an alias stands for come
    before it.
    """

    queue_name: str
    queue_id: str
    arrival_time: float
    message_size: int
    forced_expire: bool
    sender: str
    recipients: tuple[tuple[str, str], ...]


def list_slices(
    environment: QueueEnvironment, active: Collection[str] = ()
) -> Iterator[list[ListedMessage]]:
    """All messages, at most SLICE at a time; between slices no transaction is open."""
    reader = QueueReader(environment)
    for queue in LISTED:
        after = b""
        while entries := reader.slice(queue, after, limit=SLICE):
            after = entries[-1].key
            yield _read_slice(environment, reader, queue, [e.queue_id for e in entries], active)


def _read_slice(
    environment: QueueEnvironment,
    reader: QueueReader,
    queue: str,
    queue_ids: list[str],
    active: Collection[str],
) -> list[ListedMessage]:
    found = []
    with environment.reading() as txn:
        cursor = txn.cursor(db=environment.db.log)
        for queue_id in queue_ids:
            key = schema.message_key(queue_id)
            record = txn.get(key, db=environment.db.envelope)
            if record is None:
                continue
            try:
                stored = codec.decode_record(key, record, schema.message_decoder)
                found.append((stored, _read_short_log(cursor, key) if stored.attempt else []))
            except codec.CorruptRecord:
                continue
    listed = []
    for stored, log in found:
        try:
            listed.append(_list_message(reader, stored, log, active))
        except codec.CorruptRecord:
            continue
    return listed


def _read_short_log(cursor: lmdb.Cursor[bytes], key: bytes) -> list[LogEntry] | None:
    """The reasons for the delay of a message with few of them, else None."""
    log = list(islice(read_log(cursor, key, schema.DEFER_LOG), FEW + 1))
    return log if len(log) <= FEW else None


def _list_message(
    reader: QueueReader,
    stored: StoredMessage,
    log: list[LogEntry] | None,
    active: Collection[str],
) -> ListedMessage:
    """One message as a listing shows it: recipients that were tried come first, in that order."""
    envelope = stored.envelope
    name = schema.QUEUE_NAMES[stored.queue]
    if envelope.queue_id in active and stored.queue != schema.HOLD:
        name = "active"
    pending = {
        index: recipient.address
        for index, recipient in enumerate(
            envelope.recipients if not envelope.pieces else reader.recipients(stored)
        )
        if recipient.status == PENDING or envelope.redirect
    }
    if log is None:
        log = reader.log(envelope.queue_id, schema.DEFER_LOG)
    return ListedMessage(
        name,
        envelope.queue_id,
        envelope.arrival_time,
        envelope.size,
        bool(envelope.flags & FLAG_EXPIRED),
        envelope.sender,
        tuple(_list_recipients(pending, log)),
    )


def _list_recipients(pending: dict[int, str], log: list[LogEntry]) -> list[tuple[str, str]]:
    """Address and reason of those in ``pending`` (index to address), the ones of the log first."""
    if len(log) == 1 and pending == {log[0].index: log[0].address}:
        return [(log[0].address, _one_line(log[0].text))]
    log.sort(key=lambda entry: (entry.time, entry.address.lower()))
    recipients = [(entry.address, _one_line(entry.text)) for entry in log if entry.index in pending]
    named = {address for address, _ in recipients}
    told = {entry.index for entry in log}
    recipients += [
        (address, "")
        for index, address in pending.items()
        if index not in told or address not in named
    ]
    return recipients


@lru_cache(maxsize=256)
def _one_line(reason: str) -> str:
    return reason.translate(_BLANKS).rstrip()
