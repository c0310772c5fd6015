"""Saving messages out of a damaged environment, page by page and read-only.

Nothing of LMDB touches the damaged file: leaf pages are recognised by their header, and every record
in them whose checksum holds is taken. Of several versions of a record, the one in the page
that was written last counts.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pyfixcli.base.errors import PyfixError
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.env import open_environment
from pyfixcli.queue.journal import ASIDE, insertion, journal_names, read_journal
from pyfixcli.queue.queue_id import is_queue_id

PAGE = 4096
HEADER = 16
P_LEAF, P_OVERFLOW = 0x02, 0x04
F_BIGDATA = 0x01
MAP_SIZE = 64 << 30


@dataclass(frozen=True, slots=True)
class Saved:
    """How many messages were written, and how many records were passed over."""

    messages: int
    damaged: int


def leaf_nodes(page: bytes, data: memoryview) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of the nodes of a leaf page; offsets that make no sense are passed over."""
    lower = struct.unpack_from("<H", page, 12)[0]
    if lower < HEADER or lower > PAGE:
        return
    for place in range((lower - HEADER) // 2):
        offset = struct.unpack_from("<H", page, HEADER + 2 * place)[0]
        if offset < lower or offset + 8 > PAGE:
            continue
        low, high, flags, key_size = struct.unpack_from("<HHHH", page, offset)
        size = low | high << 16
        start = offset + 8
        key = page[start : start + key_size]
        if flags & F_BIGDATA:
            value = _overflow(page[start + key_size : start + key_size + 8], size, data)
        else:
            value = page[start + key_size : start + key_size + size]
        if len(key) == key_size and len(value) == size:
            yield key, value


def _overflow(number: bytes, size: int, data: memoryview) -> bytes:
    """The value that lies on overflow pages of its own."""
    if len(number) < 8:
        return b""
    start = struct.unpack("<Q", number)[0] * PAGE + HEADER
    return bytes(data[start : start + size]) if start + size <= len(data) else b""


class Harvest:
    """Records whose checksum holds, by database."""

    def __init__(self) -> None:
        self.messages: dict[bytes, bytes] = {}
        self.contents: dict[bytes, bytes] = {}
        self.pieces: dict[bytes, bytes] = {}
        self.damaged = 0

    def take(self, key: bytes, value: bytes) -> None:
        """Sort a record by what it is; everything else is passed over."""
        name = key.partition(b"\0")[0].decode("ascii", "replace")
        if not is_queue_id(name):
            return
        try:
            payload = codec.unseal(key, value)
        except codec.CorruptRecord:
            if len(value) > codec.HEADER and b"\0" not in key:
                self.damaged += 1
            return
        if b"\0" in key:
            self._take_piece(key, value, payload)
        elif self._is_message(payload):
            self._keep_newest(key, value, payload)
        else:
            self.contents[key] = value

    def _take_piece(self, key: bytes, value: bytes, payload: bytes) -> None:
        try:
            codec.unpack(payload, schema.piece_decoder)
        except codec.CorruptRecord:
            return
        self.pieces[key] = value

    def _is_message(self, payload: bytes) -> bool:
        try:
            codec.unpack(payload, schema.message_decoder)
        except codec.CorruptRecord:
            return False
        return True

    def _keep_newest(self, key: bytes, value: bytes, payload: bytes) -> None:
        """A free page may hold an older state; more attempts or fewer recipients is newer."""
        old = self.messages.get(key)
        if old is not None:
            before = codec.decode_record(key, old, schema.message_decoder)
            after = codec.unpack(payload, schema.message_decoder)
            if (before.attempt, -before.pending) > (after.attempt, -after.pending):
                return
        self.messages[key] = value


def harvest(path: str) -> Harvest:
    """Read every leaf page of a data file."""
    found = Harvest()
    with open(path, "rb") as stream:
        data = memoryview(stream.read())
    for start in range(2 * PAGE, len(data) - PAGE + 1, PAGE):
        page = bytes(data[start : start + PAGE])
        flags = struct.unpack_from("<H", page, 10)[0]
        if flags & P_LEAF and not flags & ~0x12:
            for key, value in leaf_nodes(page, data):
                found.take(key, value)
    return found


def take_journals(directory: str, found: Harvest) -> None:
    """Messages that were accepted, whether they had come into the environment or not (journal.py)."""
    for name in journal_names(directory, aside=True):
        try:
            entries = read_journal(directory, name)
        except OSError:
            found.damaged += 1
            continue
        for entry in entries:
            try:
                (operation,) = insertion(entry, name.removeprefix(ASIDE)).operations
            except codec.CorruptRecord:
                found.damaged += 1
                continue
            assert isinstance(operation, rq.Insert)
            _take_insert(operation, found)


def _take_insert(operation: rq.Insert, found: Harvest) -> None:
    key = schema.message_key(operation.queue_id)
    found.take(key, operation.record)
    found.take(key, operation.content)
    for number, piece in enumerate(operation.pieces, 1):
        found.take(schema.piece_key(key, number), piece)


def salvage_environment(source: str, target: str) -> Saved:
    """Write each undamaged message of ``source`` into a new environment in ``target``.

    Messages that were removed may come back from pages that were free but not yet used again: a
    duplicate is better than a loss. PyfixError when a directory cannot be used.
    """
    try:
        found = harvest(os.path.join(source, "data.mdb"))
        take_journals(source, found)
        os.mkdir(target, 0o700)
    except OSError as error:
        raise PyfixError(f"{error.filename}: {error.strerror}") from error
    environment = open_environment(target, MAP_SIZE)
    saved = 0
    with environment.lmdb.begin(write=True) as txn:
        for key, record in found.messages.items():
            stored = codec.decode_record(key, record, schema.message_decoder)
            content = found.contents.get(key)
            if content is None and not stored.envelope.content_file:
                found.damaged += 1
                continue
            txn.put(key, record, db=environment.db.envelope)
            if content is not None:
                txn.put(key, content, db=environment.db.content)
            index = schema.index_key(stored.queue, stored.due, key)
            txn.put(index, b"", db=environment.db.index)
            saved += 1
        for key, record in found.pieces.items():
            txn.put(key, record, db=environment.db.pieces)
    environment.close()
    return Saved(saved, found.damaged)
