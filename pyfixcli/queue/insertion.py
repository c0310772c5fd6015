"""From an accepted message to the operation that stores it."""

from __future__ import annotations

import msgspec

from pyfixcli.mail.envelope import FLAG_HOLD, Envelope
from pyfixcli.queue import codec, schema
from pyfixcli.queue.requests import Insert


def make_insert(envelope: Envelope, content: bytes, content_file: str, stored: int) -> Insert:
    """The operation that stores a new message of ``stored`` octets of content.

    ``content`` is the content itself, or empty when ``content_file`` names the file.
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
    )
    queue = schema.HOLD if envelope.flags & FLAG_HOLD else schema.INCOMING
    record = schema.StoredMessage(queue, envelope.arrival_time, 0, 0.0, len(everybody), envelope)
    return Insert(
        envelope.queue_id,
        queue,
        envelope.arrival_time,
        codec.encode_record(key, record),
        codec.seal_content(key, content) if not content_file else b"",
        pieces,
    )
