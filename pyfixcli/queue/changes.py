"""What administrators do to a message, as postsuper(1) names it: each gives the message after it, or None if nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from pyfixcli.mail.envelope import FLAG_EXPIRED
from pyfixcli.queue import requests as rq
from pyfixcli.queue import schema
from pyfixcli.queue.schema import StoredMessage


def moved(stored: StoredMessage, queue: str, due: float) -> StoredMessage:
    """A message in another queue, where it is due at this time (seconds)."""
    return msgspec.structs.replace(stored, queue=queue, due=due)


def _hold(stored: StoredMessage, now: float) -> StoredMessage | None:
    if stored.queue in (schema.HOLD, schema.MAILDROP):
        return None
    return moved(stored, schema.HOLD, stored.envelope.arrival_time)


def _release(stored: StoredMessage, now: float) -> StoredMessage | None:
    return moved(stored, schema.DEFERRED, now) if stored.queue == schema.HOLD else None


def _requeue(stored: StoredMessage, now: float) -> StoredMessage | None:
    if stored.queue == schema.MAILDROP:
        return None
    return moved(stored, schema.MAILDROP, now)


def _expire(stored: StoredMessage, now: float) -> StoredMessage | None:
    if stored.envelope.flags & FLAG_EXPIRED:
        return None
    flags = stored.envelope.flags | FLAG_EXPIRED
    envelope = msgspec.structs.replace(stored.envelope, flags=flags)
    return msgspec.structs.replace(stored, envelope=envelope)


def _expire_release(stored: StoredMessage, now: float) -> StoredMessage | None:
    expired = _expire(stored, now)
    return _release(expired or stored, now) or expired


# operation -> message, now (seconds) -> message
CHANGES: Mapping[str, Callable[[StoredMessage, float], StoredMessage | None]] = MappingProxyType(
    {
        rq.HOLD: _hold,
        rq.RELEASE: _release,
        rq.REQUEUE: _requeue,
        rq.EXPIRE: _expire,
        rq.EXPIRE_RELEASE: _expire_release,
    }
)
