"""A queue full of messages, made while the daemon is down."""

from __future__ import annotations

from pyfixcli.mail.envelope import FLAG_HOLD, Envelope
from pyfixcli.mail.recipient import Recipient
from pyfixcli.queue import requests as rq
from pyfixcli.queue.insertion import make_insert
from pyfixcli.queue.store import Store
from tests.support.instance import Instance

BATCH = 300


def fill_queue(instance: Instance, count: int, flags: int = FLAG_HOLD) -> None:
    """So many small messages from sender0@example.test on, held unless ``flags`` say otherwise."""
    store = Store(str(instance.queue / "mail"), 64 << 30, 0, str(instance.queue / "content"))
    for start in range(0, count, BATCH):
        store.commit(
            [_insertion(number, flags) for number in range(start, min(start + BATCH, count))]
        )
    store.close()


def _insertion(number: int, flags: int) -> rq.Request:
    content = f"Subject: f{number:06d}\n\n".encode() + b"x" * 480 + b"\n"
    envelope = Envelope(
        queue_id=f"{number % 0xFFFFF:05X}{0x1000 + number:04X}",
        sender=f"sender{number}@example.test",
        recipients=(Recipient(f"recipient{number}@example.test"),),
        arrival_time=1795493378.0 + number / 100,
        size=len(content),
        flags=flags,
    )
    return rq.Request(number, (make_insert(envelope, content, "", len(content)),))
