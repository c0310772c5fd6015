"""Reading the queue: messages, content, recipients, logs, and slices of an index.

Every method is one short read transaction. A damaged record raises CorruptRecord, a damaged
page one of env.DAMAGE.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import lmdb

from pyfixcli.mail.recipient import PENDING, Recipient
from pyfixcli.queue import codec, schema
from pyfixcli.queue.env import READ_SLICE, QueueEnvironment
from pyfixcli.queue.schema import LogEntry, StoredMessage


class IndexEntry(NamedTuple):
    """A place in the index: queue letter, time in seconds, queue id, and the key itself."""

    queue: str
    due: float
    queue_id: str
    key: bytes


class PendingRecipient(NamedTuple):
    """A recipient that is still to be delivered to, and its place in the message."""

    place: int
    recipient: Recipient


def read_log(cursor: lmdb.Cursor[bytes], message_key: bytes, kind: bytes) -> Iterator[LogEntry]:
    """The entries of a message's log, from a cursor over all logs."""
    prefix = message_key + b"\0" + kind
    found = cursor.set_range(prefix)
    while found:
        key, value = cursor.item()
        if not key.startswith(prefix):
            return
        yield codec.decode_record(key, value, schema.entry_decoder)
        found = cursor.next()


class QueueReader:
    """Reads an open environment."""

    def __init__(self, environment: QueueEnvironment) -> None:
        self._environment = environment
        self._db = environment.db

    def message(self, queue_id: str) -> StoredMessage | None:
        """The record of a message, or None when there is none."""
        key = schema.message_key(queue_id)
        with self._environment.reading() as txn:
            record = txn.get(key, db=self._db.envelope)
        if record is None:
            return None
        return codec.decode_record(key, record, schema.message_decoder)

    def content(self, queue_id: str) -> bytes | None:
        """Content that lies in the environment, or None when it is missing."""
        key = schema.message_key(queue_id)
        with self._environment.reading() as txn:
            record = txn.get(key, db=self._db.content)
        return None if record is None else codec.unseal_content(key, record)

    def pending(self, stored: StoredMessage) -> Iterator[list[PendingRecipient]]:
        """Recipients without a final result, a piece at a time."""
        yield _pending(0, stored.envelope.recipients)
        for number in range(1, stored.envelope.pieces + 1):
            yield _pending(number, self._piece(stored.envelope.queue_id, number))

    def recipients(self, stored: StoredMessage) -> Iterator[Recipient]:
        """All recipients of a message."""
        yield from stored.envelope.recipients
        for number in range(1, stored.envelope.pieces + 1):
            yield from self._piece(stored.envelope.queue_id, number)

    def _piece(self, queue_id: str, number: int) -> tuple[Recipient, ...]:
        key = schema.piece_key(schema.message_key(queue_id), number)
        with self._environment.reading() as txn:
            record = txn.get(key, db=self._db.pieces)
        if record is None:
            raise codec.CorruptRecord(f"piece {number} of the recipients is missing")
        return codec.decode_record(key, record, schema.piece_decoder)

    def log(self, queue_id: str, kind: bytes) -> list[LogEntry]:
        """The delivery log of a message (schema.BOUNCE_LOG, DEFER_LOG, TRACE_LOG)."""
        with self._environment.reading() as txn:
            cursor = txn.cursor(db=self._db.log)
            return list(read_log(cursor, schema.message_key(queue_id), kind))

    def slice(
        self, queue: str, after: bytes = b"", until: float | None = None, limit: int = READ_SLICE
    ) -> list[IndexEntry]:
        """At most ``limit`` entries of a queue in order of time, up to the time ``until``."""
        prefix = queue.encode("ascii")
        entries: list[IndexEntry] = []
        with self._environment.reading() as txn:
            cursor = txn.cursor(db=self._db.index)
            found = cursor.set_range(after + b"\0" if after else prefix)
            while found and len(entries) < limit:
                key = cursor.key()
                if not key.startswith(prefix):
                    break
                letter, due, name = schema.split_index_key(key)
                if until is not None and due > until:
                    break
                entries.append(IndexEntry(letter, due, name.decode("ascii", "replace"), key))
                found = cursor.next()
        return entries

    def site(self, name: str) -> list[str]:
        """Queue ids of deferred messages for a destination."""
        prefix = name.encode("utf-8", "surrogateescape")[:200] + b"\0"
        found_ids = []
        with self._environment.reading() as txn:
            cursor = txn.cursor(db=self._db.site)
            found = cursor.set_range(prefix)
            while found and cursor.key().startswith(prefix):
                found_ids.append(cursor.key()[len(prefix) :].decode("ascii"))
                found = cursor.next()
        return found_ids

    def maildrop_files(self) -> list[str]:
        """Identities of the files of maildrop/ that are in the queue (requests.Insert)."""
        found_files = []
        with self._environment.reading() as txn:
            cursor = txn.cursor(db=self._db.meta)
            found = cursor.set_range(schema.MAILDROP_FILE)
            while found and cursor.key().startswith(schema.MAILDROP_FILE):
                found_files.append(cursor.key()[len(schema.MAILDROP_FILE) :].decode("ascii"))
                found = cursor.next()
        return found_files

    def content_files(self) -> frozenset[str]:
        """Names of the content files that a record names (at start, under the lock)."""
        names = set()
        with self._environment.reading() as txn:
            for key, value in txn.cursor(db=self._db.envelope):
                try:
                    stored = codec.decode_record(key, value, schema.message_decoder)
                except codec.CorruptRecord:
                    names.add(key.decode("ascii", "replace"))
                    continue
                if stored.envelope.content_file:
                    names.add(stored.envelope.content_file)
        return frozenset(names)


def _pending(number: int, recipients: tuple[Recipient, ...]) -> list[PendingRecipient]:
    first = number * schema.RECIPIENTS_A_PIECE
    return [
        PendingRecipient(first + place, recipient)
        for place, recipient in enumerate(recipients)
        if recipient.status == PENDING
    ]
