"""A queue full of messages, made while the daemon is down."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from pyfixcli.mail.delivery import Status
from pyfixcli.mail.envelope import FLAG_HOLD, Envelope
from pyfixcli.mail.recipient import Recipient
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.content import ContentWriter
from pyfixcli.queue.insertion import make_insert
from pyfixcli.queue.store import Store

BATCH = 300
INLINE = 16384  # octets of content that lie in the environment
ARRIVAL = 1795493378.0


def fill_queue(queue: Path, count: int, flags: int = FLAG_HOLD) -> None:
    """So many small messages from sender0@example.test on, held unless ``flags`` say otherwise."""
    _commit_all(queue, [(number, 480, flags) for number in range(count)], due=0.0)


def fill_deferred(queue: Path, count: int, due: float, sizes: Sequence[int]) -> None:
    """So many deferred messages, due at ``due`` (seconds since the epoch), with content of these sizes in turn."""
    _commit_all(queue, [(n, sizes[n % len(sizes)], 0) for n in range(count)], due)


def thin_queue(queue: Path, count: int, share: float, chance: random.Random) -> None:
    """Remove a share of the messages that fill_queue or fill_deferred made, at random."""
    doomed = [number for number in range(count) if chance.random() < share]
    chance.shuffle(doomed)
    store = _open(queue)
    for start in range(0, len(doomed), BATCH):
        operations = tuple(rq.Remove(_queue_id(n)) for n in doomed[start : start + BATCH])
        store.commit([rq.Request(start, operations)])
    store.close()


def _open(queue: Path) -> Store:
    return Store(str(queue / "mail"), 64 << 30, 0, str(queue / "content"))


def _commit_all(queue: Path, messages: list[tuple[int, int, int]], due: float) -> None:
    store = _open(queue)
    for start in range(0, len(messages), BATCH):
        store.commit(
            [
                rq.Request(number, _operations(queue, number, size, flags, due))
                for number, size, flags in messages[start : start + BATCH]
            ]
        )
    store.close()


def _queue_id(number: int) -> str:
    return f"{number % 0xFFFFF:05X}{0x1000 + number:04X}"


def _operations(
    queue: Path, number: int, size: int, flags: int, due: float
) -> tuple[rq.Operation, ...]:
    queue_id = _queue_id(number)
    address = f"recipient{number}@site{number % 500}.test"
    writer = ContentWriter(str(queue / "content"), queue_id, INLINE)
    writer.write(f"Subject: f{number:06d}\n\n".encode() + b"x" * size + b"\n")
    name = writer.store() if writer.is_file else ""
    envelope = Envelope(
        queue_id=queue_id,
        sender=f"sender{number}@example.test",
        recipients=(Recipient(address),),
        arrival_time=ARRIVAL + number / 100,
        size=writer.size,
        flags=flags,
    )
    insert = make_insert(envelope, b"" if name else writer.inline(), name, writer.size)
    return (insert, _deferral(queue_id, address, due)) if due else (insert,)


def _deferral(queue_id: str, address: str, due: float) -> rq.Update:
    """What the scheduler writes after an attempt that failed."""
    key = schema.log_key(schema.message_key(queue_id), schema.DEFER_LOG, 0)
    entry = schema.LogEntry(
        address=address, dsn="4.4.1", status=int(Status.DEFERRED), text="not now", relay="none"
    )
    record = codec.encode_record(key, entry)
    return rq.Update(
        queue_id,
        1,
        ARRIVAL,
        entries=(rq.Entry(schema.DEFER_LOG, 0, record),),
        queue=schema.DEFERRED,
        due=due,
        sites=(address.rpartition("@")[2],),
    )
