"""A queued message as text, as postcat(1) prints it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from pyfixcli.mail.recipient import DONE, Recipient
from pyfixcli.queue.schema import StoredMessage


def envelope_text(name: str, stored: StoredMessage, recipients: Iterable[Recipient]) -> str:
    """The envelope records, with the line that names the message."""
    envelope = stored.envelope
    stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(envelope.arrival_time))
    lines = [
        f"*** ENVELOPE RECORDS {name} ***",
        f"message_size: {envelope.size:15d} {envelope.stored:15d} {envelope.total_recipients:15d}",
        f"message_arrival_time: {stamp}",
        f"create_time: {stamp}",
        f"named_attribute: rewrite_context={envelope.rewrite_context}",
    ]
    if envelope.full_name:
        lines.append(f"sender_fullname: {envelope.full_name}")
    lines.append(f"sender: {envelope.sender}")
    return "\n".join([*lines, *_recipient_lines(recipients)]) + "\n"


def _recipient_lines(recipients: Iterable[Recipient]) -> Iterator[str]:
    for recipient in recipients:
        yield f"original_recipient: {recipient.original or recipient.address}"
        kind = "done_recipient" if recipient.status == DONE else "recipient"
        yield f"{kind}: {recipient.address}"


def split_content(chunks: Iterable[bytes], header: bool, body: bool) -> Iterator[bytes]:
    """The header, the body with the empty line before it, or both."""
    if header and body:
        yield from chunks
        return
    held, inside = b"", True
    for chunk in chunks:
        if not inside:
            yield chunk
            continue
        held += chunk
        end = held.find(b"\n\n")
        if end < 0:
            continue
        if header:
            yield held[: end + 1]
            return
        inside = False
        yield held[end + 1 :]
    if inside and header:
        yield held
