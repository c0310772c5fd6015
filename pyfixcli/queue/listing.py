"""The queue as a list, for mailq and postqueue (showq(8)), read in short slices.

A message is listed under the queue where it is stored; the scheduler knows which ones are
active and says so through ``active``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from pyfixcli.mail.envelope import FLAG_EXPIRED
from pyfixcli.mail.recipient import PENDING
from pyfixcli.queue import codec, schema
from pyfixcli.queue.env import QueueEnvironment
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.schema import StoredMessage

SLICE = 250
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
    records = []
    with environment.reading() as txn:
        for queue_id in queue_ids:
            key = schema.message_key(queue_id)
            records.append((key, txn.get(key, db=environment.db.envelope)))
    listed = []
    for key, record in records:
        if record is None:
            continue
        try:
            stored = codec.decode_record(key, record, schema.message_decoder)
            listed.append(list_message(reader, stored, active))
        except codec.CorruptRecord:
            continue
    return listed


def list_message(
    reader: QueueReader, stored: StoredMessage, active: Collection[str] = ()
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
    recipients: list[tuple[str, str]] = []
    if stored.attempt:
        log = reader.log(envelope.queue_id, schema.DEFER_LOG)
        log.sort(key=lambda entry: (entry.time, entry.address.lower()))
        for entry in log:
            if entry.index in pending:
                recipients.append((entry.address, entry.text.translate(_BLANKS).rstrip()))
        named = {address for address, _ in recipients}
        told = {entry.index for entry in log}
        pending = {index: a for index, a in pending.items() if index not in told or a not in named}
    recipients += [(address, "") for address in pending.values()]
    return ListedMessage(
        name,
        envelope.queue_id,
        envelope.arrival_time,
        envelope.size,
        bool(envelope.flags & FLAG_EXPIRED),
        envelope.sender,
        tuple(recipients),
    )
