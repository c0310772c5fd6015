"""A queued message as text, as postcat(1) prints it.

There are no queue files here, so the records that the reference would have written are made up from the envelope:
their types, their order and their length, from which offsets follow.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from pyfixcli.mail.envelope import FLAG_NOTICE, FLAG_SMTPUTF8, FLAG_TRACE, Envelope
from pyfixcli.mail.recipient import DONE, PENDING, Recipient
from pyfixcli.queue.schema import StoredMessage

HEADER, BODY, ENVELOPE = "h", "b", "e"
EVERYTHING = frozenset((HEADER, BODY, ENVELOPE))

_RET = {"FULL": 1, "HDRS": 2}
_TRACE_FLAG = 1024  # the reference's bit for sendmail -v
_LINE = 2048  # octets of a record of content, at most


class Record(NamedTuple):
    """A record: the letter of its type, how its text begins on paper, the text, and its length if it is another."""

    kind: str
    label: str
    text: str
    length: int = -1

    @property
    def size(self) -> int:
        """Octets in a queue file: the type, the length in units of seven bits, the text."""
        length = self.length
        if length < 0:
            length = len(self.text.encode("utf-8", "surrogateescape"))
        return 1 + max(1, -(-length.bit_length() // 7)) + length


@dataclass(frozen=True, slots=True)
class Options:
    """What is shown (HEADER, BODY, ENVELOPE), and how (postcat -o, -d, -v); from the offset ``start`` on."""

    shown: frozenset[str] = EVERYTHING
    offsets: bool = False
    decimal_types: bool = False
    verbose: bool = False
    start: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether content is copied as it is."""
        return not (self.offsets or self.decimal_types or self.verbose or self.start)


class Message(NamedTuple):
    """A message to print: its name, the records around its content, and the content."""

    name: str
    envelope: list[Record]
    content: Iterable[bytes]
    extracted: list[Record]


def print_message(message: Message, options: Options) -> Iterator[bytes]:
    """Pieces of the text."""
    writer = _Writer(options)
    shows_envelope = ENVELOPE in options.shown
    writer.mark(f"*** ENVELOPE RECORDS {message.name} ***", Record("", "", ""))
    for record in message.envelope:
        writer.add(record, shows_envelope)
    writer.mark(f"*** MESSAGE CONTENTS {message.name} ***", Record("M", "", ""))
    yield writer.take()
    parts = options.shown & {HEADER, BODY}
    if parts and options.is_plain:
        yield from split_content(message.content, HEADER in parts, BODY in parts)
    elif parts or options.offsets:
        yield from writer.content(message.content, HEADER in parts, BODY in parts)
    writer.mark(f"*** HEADER EXTRACTED {message.name} ***", Record("X", "", ""))
    for record in message.extracted:
        writer.add(record, shows_envelope)
    writer.mark(f"*** MESSAGE FILE END {message.name} ***", Record("E", "", ""))
    yield writer.take()


class _Writer:
    """Lines, with the offsets of their records."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._offset = 0
        self._lines: list[bytes] = []

    def take(self) -> bytes:
        """What was written so far."""
        text, self._lines = b"".join(self._lines), []
        return text

    def mark(self, text: str, record: Record) -> None:
        """A line between parts, which is the record of a type of its own (but for the first)."""
        if ENVELOPE in self._options.shown and self._offset >= self._options.start:
            self._write(self._prefix(record.kind) if record.kind else b"", text.encode())
        if record.kind:
            self._offset += record.size

    def add(self, record: Record, is_shown: bool) -> None:
        """A record of the envelope."""
        if is_shown and self._offset >= self._options.start:
            text = f"{record.label}: {record.text}".encode("utf-8", "surrogateescape")
            self._write(self._prefix(record.kind), text)
        self._offset += record.size

    def content(self, chunks: Iterable[bytes], header: bool, body: bool) -> Iterator[bytes]:
        """The content line by line."""
        label = b"regular_text: " if self._options.verbose else b""
        in_header = True
        for line in _lines(chunks):
            in_header = in_header and bool(line)
            while len(line) > _LINE:
                self._line(b"L", label, line[:_LINE], header if in_header else body)
                line = line[_LINE:]
            self._line(b"N", label, line, header if in_header else body)
            yield self.take()

    def _line(self, kind: bytes, label: bytes, line: bytes, is_shown: bool) -> None:
        letter = kind.decode()
        if is_shown and self._offset >= self._options.start:
            self._write(self._prefix(letter), label + line, b"\n" if letter == "N" else b"")
        self._offset += Record(letter, "", "", len(line)).size

    def _prefix(self, kind: str) -> bytes:
        offset = f"{self._offset:9d} " if self._options.offsets else ""
        letter = f"{ord(kind):3d} " if self._options.decimal_types else ""
        return f"{offset}{letter}".encode()

    def _write(self, prefix: bytes, text: bytes, end: bytes = b"\n") -> None:
        self._lines.append(prefix + text + end)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their ends."""
    held = b""
    for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        yield from whole
    if held:
        yield held


def _attribute(name: str, value: object) -> Record:
    text = f"{name}={value}"
    return Record("A", "named_attribute", text)


def _optional(*items: tuple[str, object]) -> list[Record]:
    return [_attribute(name, value) for name, value in items if value]


def envelope_records(stored: StoredMessage, recipients: Iterable[Recipient]) -> list[Record]:
    """The records before the content of a message in the queue."""
    envelope = stored.envelope
    listed = list(recipients)
    records = _head(envelope)
    if not envelope.flags & FLAG_NOTICE:
        records += _optional(("encoding", envelope.encoding), *_flags(envelope.flags))
    if envelope.verp_delimiters:
        records.append(Record("V", "verp_delimiters", envelope.verp_delimiters))
    records += _client(envelope)
    for recipient in listed:
        if envelope.redirect:  # one of them stands for all, and none is done alone
            recipient = msgspec.structs.replace(recipient, status=PENDING)
        records += recipient_records(recipient, True)
    return [_size(envelope, listed, sum(record.size for record in records)), *records]


def _size(envelope: Envelope, recipients: list[Recipient], octets: int) -> Record:
    """The first record: content, where it begins, recipients, what they ask for, content again, SMTPUTF8."""
    asked = 0
    for recipient in recipients:
        asked |= recipient.notify
    is_utf8 = int(bool(envelope.flags & FLAG_SMTPUTF8))
    fields = (envelope.size, 97 + octets + 2, len(recipients), asked << 1, envelope.size, is_utf8)
    return Record("C", "message_size", " ".join(f"{field:15d}" for field in fields))


def _head(envelope: Envelope) -> list[Record]:
    """Times and sender."""
    moment = int(envelope.arrival_time)
    stamp = format_time(moment)
    records = [
        Record("T", "message_arrival_time", stamp, 17),
        Record("A", "create_time", stamp, len(f"create_time={moment}")),
    ]
    if envelope.client_address:
        records.append(_attribute("log_ident", envelope.queue_id))
    if envelope.flags & FLAG_NOTICE:
        origin = [_attribute("log_message_origin", "local"), _attribute("trace_flags", 0)]
        return [*records, *origin, Record("S", "sender", envelope.sender)]
    delivery = (("envelope_id", envelope.envid), ("ret_flags", _RET.get(envelope.ret)))
    context = ("rewrite_context", envelope.rewrite_context)
    if envelope.client_address:
        records += _optional(context, *delivery)
    else:
        records += _optional(*delivery, context)
    if envelope.full_name:
        records.append(Record("F", "sender_fullname", envelope.full_name))
    records.append(Record("S", "sender", envelope.sender))
    return records


def _flags(flags: int) -> tuple[tuple[str, object], ...]:
    return (("trace_flags", _TRACE_FLAG if flags & FLAG_TRACE else 0),)


def _client(envelope: Envelope) -> list[Record]:
    """Who brought the message."""
    if not envelope.client_address:
        return []
    name, address, port = envelope.client_name, envelope.client_address, envelope.client_port
    protocol = envelope.protocol.replace("UTF8", "E", 1)  # what Received: says is no protocol here
    return _optional(
        ("log_client_name", name),
        ("log_client_address", address),
        ("log_client_port", port),
        ("log_message_origin", f"{name}[{address}]"),
        ("log_helo_name", envelope.helo),
        ("log_protocol_name", protocol),
        ("client_name", name),
        ("reverse_client_name", name),
        ("client_address", address),
        ("client_port", port),
        ("helo_name", envelope.helo),
        ("protocol_name", protocol),
        ("client_address_type", 10 if ":" in address else 2),
    )


def recipient_records(recipient: Recipient, with_original: bool) -> list[Record]:
    """The records of one recipient."""
    original = recipient.original or recipient.address
    records = _optional(("notify_flags", recipient.notify))
    if with_original:
        records.append(_attribute("dsn_orig_rcpt", recipient.orcpt or f"rfc822;{original}"))
        records.append(Record("O", "original_recipient", original))
    is_done = recipient.status == DONE
    kind, label = ("D", "done_recipient") if is_done else ("R", "recipient")
    return [*records, Record(kind, label, recipient.address)]


def extracted_records(encoding: str, redirect: str = "") -> list[Record]:
    """The records after the content of a message in the queue."""
    records = _optional(("encoding", encoding))
    if redirect:
        records.append(Record(">", "redirect_to", redirect))
    return records


def maildrop_records(items: list[tuple[str, str]], moment: float) -> list[Record]:
    """The records before the content of a message in maildrop, from the items of its envelope."""
    values = dict(items)
    flags = int(values.get("flags") or 0)
    records = [Record("T", "message_arrival_time", format_time(int(moment)), 17)]
    records += _optional(
        ("envelope_id", values.get("envid")),
        ("ret_flags", _RET.get(values.get("ret", ""))),
        ("rewrite_context", "local"),
    )
    if values.get("full_name"):
        records.append(Record("F", "sender_fullname", values["full_name"]))
    records.append(Record("S", "sender", values.get("sender", "")))
    records += _optional(("encoding", values.get("encoding")), *_flags(flags))
    if values.get("verp"):
        records.append(Record("V", "verp_delimiters", values["verp"]))
    return records


def format_time(seconds: int) -> str:
    """A time as ctime(3) has it."""
    return time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(seconds))


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
        end = 0 if held.startswith(b"\n") else held.find(b"\n\n") + 1
        if not end and not held.startswith(b"\n"):
            continue
        if header:
            yield held[:end]
            return
        inside = False
        yield held[end:]
    if inside and header:
        yield held
