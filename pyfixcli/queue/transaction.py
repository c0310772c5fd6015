"""Operations on the queue inside one write transaction.

The only code that changes the environment. The store process calls it for everyone, a
command only while the daemon is stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from pyfixcli.mail.envelope import FLAG_LOGGED
from pyfixcli.mail.recipient import DONE, Recipient
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.changes import CHANGES, moved
from pyfixcli.queue.env import QueueEnvironment
from pyfixcli.queue.queue_id import BLOCK
from pyfixcli.queue.schema import StoredMessage
from pyfixcli.queue.serials import Serials, serial_or_zero


class Duplicate(Exception):
    """The queue id of a new message is taken."""


class OutOfTurn(Exception):
    """An earlier entry of the journal has not come."""


class Transaction:
    """One write transaction: apply() operations, then read what is to do after the commit.

    ``unlink`` are content files that no record names any more, ``announced`` and ``changed``
    are for the scheduler. With ``has_plenty`` senders that have a journal are told that there is much room.
    """

    def __init__(
        self, environment: QueueEnvironment, txn: Any, serials: Serials, has_plenty: bool = False
    ) -> None:
        self._db = environment.db
        self._txn = txn
        self._serials = serials
        self._has_plenty = has_plenty
        self.unlink: list[str] = []
        self.announced: dict[str, list[str]] = {}
        self.changed: list[rq.Changed] = []

    def apply(self, request: rq.Request) -> tuple[rq.Result, ...]:
        """Apply a request, unless it is of a journal and was applied before.

        Before anything was changed: Duplicate if an id is taken, OutOfTurn if an earlier entry is missing.
        """
        if request.journal:
            return (self._apply_entry(request),)
        for operation in request.operations:
            if isinstance(operation, rq.Insert):
                self._check_free(operation.queue_id)
        return tuple(_APPLY[type(op)](self, op) for op in request.operations)

    # -- journals --------------------------------------------------------------------

    def _apply_entry(self, request: rq.Request) -> rq.Result:
        """A new message that is in a journal, unless it was applied before."""
        key = schema.journal_key(request.journal)
        last = read_note(key, self._txn.get(key, db=self._db.meta))
        if request.previous > last:
            raise OutOfTurn(f"{request.journal}: {request.entry} after {last}")
        if request.entry > last:
            (operation,) = request.operations
            assert isinstance(operation, rq.Insert)
            if not self._has(operation):
                self._check_free(operation.queue_id)
                self._insert(operation)
            self._txn.put(key, make_note(key, request.entry), db=self._db.meta)
        return rq.Result(has_plenty=self._has_plenty)

    def _has(self, operation: rq.Insert) -> bool:
        """Whether this very message is there."""
        key = schema.message_key(operation.queue_id)
        stored = self._load_if_sound(key)
        if stored is None:
            return False
        new = codec.decode_record(key, operation.record, schema.message_decoder).envelope
        old = stored.envelope
        return (old.arrival_time, old.sender, old.stored) == (
            new.arrival_time,
            new.sender,
            new.stored,
        )

    def _own_journal(self, op: rq.OwnJournal) -> rq.Result:
        key = schema.journal_key(op.journal)
        last = read_note(key, self._txn.get(key, db=self._db.meta))
        return rq.Result(last_entry=last, has_plenty=self._has_plenty)

    # -- reading ---------------------------------------------------------------------

    def _check_free(self, queue_id: str) -> None:
        if self._txn.get(schema.message_key(queue_id), db=self._db.envelope) is not None:
            raise Duplicate(queue_id)

    def _load(self, key: bytes) -> StoredMessage | None:
        record = self._txn.get(key, db=self._db.envelope)
        if record is None:
            return None
        return codec.decode_record(key, record, schema.message_decoder)

    def _load_if_sound(self, key: bytes) -> StoredMessage | None:
        try:
            return self._load(key)
        except codec.CorruptRecord:
            return None

    # -- writing ---------------------------------------------------------------------

    def _store(self, key: bytes, before: StoredMessage | None, after: StoredMessage) -> None:
        put = self._txn.put
        if before is None or (before.queue, before.due) != (after.queue, after.due):
            if before is not None:
                old = schema.index_key(before.queue, before.due, key)
                self._txn.delete(old, db=self._db.index)
            put(schema.index_key(after.queue, after.due, key), b"", db=self._db.index)
        put(key, codec.encode_record(key, after), db=self._db.envelope)

    def _drop_prefix(self, database: Any, prefix: bytes) -> None:
        cursor = self._txn.cursor(db=database)
        found = cursor.set_range(prefix)
        while found and cursor.key().startswith(prefix):
            found = cursor.delete()
        cursor.close()

    def _insert(self, op: rq.Insert) -> rq.Result:
        key = schema.message_key(op.queue_id)
        put = self._txn.put
        put(key, op.record, db=self._db.envelope)
        put(schema.index_key(op.queue, op.due, key), b"", db=self._db.index)
        if op.content:
            put(key, op.content, db=self._db.content)
        for number, piece in enumerate(op.pieces, 1):
            put(schema.piece_key(key, number), piece, db=self._db.pieces)
        if op.maildrop:
            put(schema.maildrop_key(op.maildrop), b"", db=self._db.meta)
        for entry in op.entries:
            name = schema.log_key(key, entry.kind, entry.index, entry.part)
            put(name, entry.record, db=self._db.log)
        self._serials.added(serial_or_zero(op.queue_id))
        self.announced.setdefault(op.queue, []).append(op.queue_id)
        return rq.Result()

    def _forget_maildrop(self, op: rq.ForgetMaildrop) -> rq.Result:
        for identity in op.files:
            self._txn.delete(schema.maildrop_key(identity), db=self._db.meta)
        return rq.Result()

    def _remove(self, op: rq.Remove) -> rq.Result:
        key = schema.message_key(op.queue_id)
        stored = self._load_if_sound(key)
        if stored is not None:
            self._erase(key, stored)
        return rq.Result()

    def _erase(self, key: bytes, stored: StoredMessage) -> None:
        txn = self._txn
        txn.delete(schema.index_key(stored.queue, stored.due, key), db=self._db.index)
        txn.delete(key, db=self._db.envelope)
        if stored.envelope.content_file:
            self.unlink.append(stored.envelope.content_file)
        else:
            txn.delete(key, db=self._db.content)
        if stored.envelope.pieces:
            self._drop_prefix(self._db.pieces, key + b"\0")
        if stored.attempt or stored.envelope.flags & FLAG_LOGGED:
            self._drop_prefix(self._db.log, key + b"\0")
            self._drop_sites(key)
        self._serials.removed(serial_or_zero(key.decode("ascii")))

    def _set_aside(self, op: rq.SetAside) -> rq.Result:
        key = schema.message_key(op.queue_id)
        if self._txn.get(key, db=self._db.envelope) is None:
            return rq.Result()
        stored = self._load_if_sound(key)
        if stored is not None:
            self._store(key, stored, moved(stored, schema.CORRUPT, 0.0))
            return rq.Result()
        if op.index_key:
            self._txn.delete(op.index_key, db=self._db.index)
        self._txn.put(schema.index_key(schema.CORRUPT, 0.0, key), b"", db=self._db.index)
        return rq.Result()

    def _erase_damaged(self, key: bytes) -> bool:
        """Remove a message whose record does not decode; its content file becomes an orphan."""
        if not self._txn.delete(key, db=self._db.envelope):
            return False
        self._txn.delete(schema.index_key(schema.CORRUPT, 0.0, key), db=self._db.index)
        self._txn.delete(key, db=self._db.content)
        for database in (self._db.pieces, self._db.log):
            self._drop_prefix(database, key + b"\0")
        self._drop_sites(key)
        self._serials.removed(serial_or_zero(key.decode("ascii", "replace")))
        return True

    def _drop_sites(self, key: bytes) -> None:
        """Forget the destinations of a message; its log key range names them."""
        cursor = self._txn.cursor(db=self._db.site)
        found = cursor.set_range(b"\0" + key + b"\0")
        sites = []
        while found and cursor.key().startswith(b"\0" + key + b"\0"):
            sites.append(cursor.key()[len(key) + 2 :])
            found = cursor.delete()
        cursor.close()
        for site in sites:
            self._txn.delete(b"%b\0%b" % (site, key), db=self._db.site)

    def _note_sites(self, key: bytes, sites: tuple[str, ...]) -> None:
        """Both directions: by destination for ETRN and postqueue -s, by message for removal."""
        for name in sites:
            site = name.encode("utf-8", "surrogateescape")[:200]
            self._txn.put(b"%b\0%b" % (site, key), b"", db=self._db.site)
            self._txn.put(b"\0%b\0%b" % (key, site), b"", db=self._db.site)

    def _update(self, op: rq.Update) -> rq.Result:
        key = schema.message_key(op.queue_id)
        stored = self._load_if_sound(key)
        if stored is None:
            return rq.Result()
        for kind in op.forget:
            self._drop_prefix(self._db.log, key + b"\0" + kind)
        for index in op.done:
            self._drop_prefix(self._db.log, schema.log_prefix(key, schema.DEFER_LOG, index))
        for kind, index in {(entry.kind, entry.index) for entry in op.entries}:
            self._drop_prefix(self._db.log, schema.log_prefix(key, kind, index))
        for entry in op.entries:
            name = schema.log_key(key, entry.kind, entry.index, entry.part)
            self._txn.put(name, entry.record, db=self._db.log)
        if op.sites:
            self._note_sites(key, op.sites)
        envelope, finished = self._mark_done(key, stored, op.done)
        flags = (envelope.flags | op.set_flags) & ~op.clear_flags
        if flags != envelope.flags:
            envelope = msgspec.structs.replace(envelope, flags=flags)
        moves = op.queue and stored.queue not in (schema.HOLD, schema.MAILDROP)
        after = StoredMessage(
            queue=op.queue if moves else stored.queue,
            due=op.due if moves else stored.due,
            attempt=max(stored.attempt, op.attempt),
            tried=max(stored.tried, op.tried),
            pending=stored.pending - finished,
            envelope=envelope,
        )
        self._store(key, stored, after)
        return rq.Result()

    def _mark_done(
        self, key: bytes, stored: StoredMessage, done: tuple[int, ...]
    ) -> tuple[Any, int]:
        """The envelope with these recipients finished, and how many were not before."""
        envelope, finished = stored.envelope, 0
        by_piece: dict[int, list[int]] = {}
        for index in done:
            number, place = divmod(index, schema.RECIPIENTS_A_PIECE)
            by_piece.setdefault(number, []).append(place)
        for number, places in by_piece.items():
            if number == 0:
                recipients, count = _finish(envelope.recipients, places)
                envelope = msgspec.structs.replace(envelope, recipients=recipients)
            else:
                count = self._finish_piece(key, number, places)
            finished += count
        return envelope, finished

    def _finish_piece(self, key: bytes, number: int, places: list[int]) -> int:
        name = schema.piece_key(key, number)
        record = self._txn.get(name, db=self._db.pieces)
        if record is None:
            return 0
        piece = codec.decode_record(name, record, schema.piece_decoder)
        recipients, count = _finish(piece, places)
        self._txn.put(name, codec.encode_record(name, recipients), db=self._db.pieces)
        return count

    # -- administration --------------------------------------------------------------

    def _change(self, op: rq.Change) -> rq.Result:
        touched = []
        for queue_id in op.queue_ids:
            key = schema.message_key(queue_id)
            stored = self._load_if_sound(key)
            if stored is None and op.operation == rq.DELETE and schema.CORRUPT in op.queues:
                if self._erase_damaged(key):
                    touched.append(queue_id)
                continue
            if stored is None or stored.queue not in op.queues:
                continue
            if self._change_one(op.operation, queue_id, stored, op.now):
                touched.append(queue_id)
        return self._changed(op.operation, touched, b"")

    def _change_all(self, op: rq.ChangeAll) -> rq.Result:
        touched, after = [], b""
        for queue, key in self._slice_index(op):
            after = key
            message_key = schema.split_index_key(key)[2]
            stored = self._load_if_sound(message_key)
            if stored is None or stored.queue != queue:
                continue
            queue_id = message_key.decode("ascii")
            if self._change_one(op.operation, queue_id, stored, op.now):
                touched.append(queue_id)
        return self._changed(op.operation, touched, after)

    def _slice_index(self, op: rq.ChangeAll) -> list[tuple[str, bytes]]:
        """At most ``limit`` (queue, index key) of the queues, after the key where we were."""
        found: list[tuple[str, bytes]] = []
        for queue in sorted(op.queues):
            prefix = queue.encode("ascii")
            if op.after and prefix < op.after[:1]:
                continue
            start = op.after + b"\0" if op.after.startswith(prefix) else prefix
            for key in _keys(self._txn, self._db.index, start, prefix):
                found.append((queue, key))
                if len(found) == op.limit:
                    return found
        return found

    def _changed(self, operation: str, touched: list[str], after: bytes) -> rq.Result:
        if touched:
            self.changed.append(rq.Changed(operation, tuple(touched)))
        return rq.Result(queue_ids=tuple(touched), after=after)

    def _change_one(self, operation: str, queue_id: str, stored: StoredMessage, now: float) -> bool:
        key = schema.message_key(queue_id)
        if operation == rq.DELETE:
            self._erase(key, stored)
            return True
        after = CHANGES[operation](stored, now)
        if after is None:
            return False
        self._store(key, stored, after)
        return True

    def _lease(self, op: rq.Lease) -> rq.Result:
        start = self._serials.next_block()
        pointer = self._serials.pointer.to_bytes(8, "big")
        self._txn.put(b"serial", pointer, db=self._db.meta)
        return rq.Result(start=start, count=BLOCK)

    # -- repair ----------------------------------------------------------------------

    def _repair(self, op: rq.Repair) -> rq.Result:
        return self._repair_envelopes(op) if op.phase == 1 else self._repair_index(op)

    def _repair_envelopes(self, op: rq.Repair) -> rq.Result:
        notes, after = [], b""
        keys = _keys(self._txn, self._db.envelope, op.after + b"\0" if op.after else b"", b"")
        for key in _first(keys, op.limit):
            after = key
            queue_id = key.decode("ascii", "replace")
            try:
                stored = self._load(key)
            except codec.CorruptRecord as error:
                notes.append(f"{queue_id}: damaged record: {error}")
                continue
            assert stored is not None
            name = schema.index_key(stored.queue, stored.due, key)
            if self._txn.get(name, db=self._db.index) is None:
                self._txn.put(name, b"", db=self._db.index)
                notes.append(f"{queue_id}: put back into the index")
            if not self._has_content(key, stored):
                notes.append(f"{queue_id}: content is missing")
        return rq.Result(after=after, notes=tuple(notes))

    def _has_content(self, key: bytes, stored: StoredMessage) -> bool:
        if stored.envelope.content_file:
            return True
        return self._txn.get(key, db=self._db.content) is not None

    def _repair_index(self, op: rq.Repair) -> rq.Result:
        notes, after = [], b""
        keys = _keys(self._txn, self._db.index, op.after + b"\0" if op.after else b"", b"")
        for name in _first(keys, op.limit):
            after = name
            queue, due, key = schema.split_index_key(name)
            stored = self._load_if_sound(key)
            if stored is not None and schema.index_key(stored.queue, stored.due, key) == name:
                continue
            if stored is None and self._txn.get(key, db=self._db.envelope) is not None:
                continue
            self._txn.delete(name, db=self._db.index)
            notes.append(f"{key.decode('ascii', 'replace')}: dropped from the index")
        return rq.Result(after=after, notes=tuple(notes))

    def _subscribe(self, op: rq.Subscribe) -> rq.Result:
        return rq.Result()


def _keys(txn: Any, database: Any, start: bytes, prefix: bytes) -> Iterator[bytes]:
    """Keys from ``start`` on while they begin with ``prefix``."""
    cursor = txn.cursor(db=database)
    found = cursor.set_range(start) if start else cursor.first()
    while found and cursor.key().startswith(prefix):
        yield cursor.key()
        found = cursor.next()


def _first(items: Iterator[bytes], limit: int) -> list[bytes]:
    out = []
    for item in items:
        out.append(item)
        if len(out) == limit:
            break
    return out


def _finish(recipients: tuple[Recipient, ...], places: list[int]) -> tuple[Any, int]:
    changed, count = list(recipients), 0
    for place in places:
        if place < len(changed) and changed[place].status != DONE:
            changed[place] = msgspec.structs.replace(changed[place], status=DONE)
            count += 1
    return tuple(changed), count


_APPLY: dict[type, Callable[[Transaction, Any], rq.Result]] = {
    rq.Insert: Transaction._insert,
    rq.Remove: Transaction._remove,
    rq.Update: Transaction._update,
    rq.Change: Transaction._change,
    rq.ChangeAll: Transaction._change_all,
    rq.Lease: Transaction._lease,
    rq.Repair: Transaction._repair,
    rq.Subscribe: Transaction._subscribe,
    rq.SetAside: Transaction._set_aside,
    rq.ForgetMaildrop: Transaction._forget_maildrop,
    rq.OwnJournal: Transaction._own_journal,
}


def make_note(key: bytes, entry: int) -> bytes:
    """The number of the last entry of a journal, as it is stored."""
    return codec.seal(key, b"\x01" + entry.to_bytes(8, "big"))


def read_note(key: bytes, record: bytes | None) -> int:
    """The number of the last entry that the environment has; 0 if there is no note, or a damaged one."""
    if record is None:
        return 0
    try:
        return int.from_bytes(codec.unseal(key, record)[1:], "big")
    except codec.CorruptRecord:
        return 0


def journal_entries(environment: QueueEnvironment) -> dict[str, int]:
    """The last entry that the environment has of each journal."""
    with environment.reading() as txn:
        cursor = txn.cursor(db=environment.db.meta)
        found = cursor.set_range(schema.JOURNAL)
        last: dict[str, int] = {}
        while found and cursor.key().startswith(schema.JOURNAL):
            key = cursor.key()
            last[key[len(schema.JOURNAL) :].decode("ascii")] = read_note(key, cursor.value())
            found = cursor.next()
    return last
