"""From an accepted message to the operation that stores it."""

from __future__ import annotations

import msgspec

from pyfixcli.mail.delivery import Status
from pyfixcli.mail.envelope import FLAG_HOLD, FLAG_LOGGED, Envelope
from pyfixcli.mail.recipient import PENDING, Recipient
from pyfixcli.queue import codec, schema
from pyfixcli.queue.requests import Entry, Insert

EXPANDED = 1 << 24  # indexes from here on belong to no recipient


def make_insert(
    envelope: Envelope,
    content: bytes,
    content_file: str,
    stored: int,
    expanded: tuple[Recipient, ...] = (),
) -> Insert:
    """The operation that stores a new message of ``stored`` octets of content.

    ``content`` is the content itself, or empty when ``content_file`` names the file. ``expanded`` are recipients
    that stand for several: the sender is told so when the message is done.
    """
    key = schema.message_key(envelope.queue_id)
    size = schema.RECIPIENTS_A_PIECE
    everybody = envelope.recipients
    further = [everybody[n : n + size] for n in range(size, len(everybody), size)]
    pieces = tuple(
        codec.encode_record(schema.piece_key(key, number), piece)
        for number, piece in enumerate(further, 1)
    )
    envelope = msgspec.structs.replace(
        envelope,
        recipients=everybody[:size],
        pieces=len(pieces),
        total_recipients=len(everybody),
        content_file=content_file,
        stored=stored,
        flags=envelope.flags | (FLAG_LOGGED if expanded else 0),
    )
    queue = schema.HOLD if envelope.flags & FLAG_HOLD else schema.INCOMING
    pending = sum(recipient.status == PENDING for recipient in everybody)
    record = schema.StoredMessage(queue, envelope.arrival_time, 0, 0.0, pending, envelope)
    return Insert(
        envelope.queue_id,
        queue,
        envelope.arrival_time,
        codec.encode_record(key, record),
        codec.seal_content(key, content) if not content_file else b"",
        pieces,
        entries=tuple(
            _expansion(key, EXPANDED + number, recipient)
            for number, recipient in enumerate(expanded)
        ),
    )


def _expansion(key: bytes, index: int, recipient: Recipient) -> Entry:
    """The line of the trace log about an alias of several (RFC 3461 section 5.2.7.3)."""
    entry = schema.LogEntry(
        address=recipient.address,
        original=recipient.original,
        notify=recipient.notify,
        orcpt=recipient.orcpt,
        dsn="2.0.0",
        status=int(Status.SENT),
        action="expanded",
        text="alias expanded",
        index=index,
    )
    name = schema.log_key(key, schema.TRACE_LOG, index)
    return Entry(schema.TRACE_LOG, index, codec.encode_record(name, entry))
