"""The submission stream: how sendmail hands over a message (socket, postdrop, maildrop file).

The same octets go through the submit socket, through the pipe to postdrop and into a file beneath
``maildrop/``. They are frames: one type octet, four octets of length (network order), then the
payload.

======  ===========================================================================
``E``   the envelope, first: ``name=value`` items, each ended by NUL
``C``   a piece of the message as read from standard input, at most MAX_FRAME octets
``Z``   the end, empty; without it the message is incomplete and is dropped
``G``   (daemon to client) first, empty: the daemon is there and takes the message
``R``   (daemon to client) the answer: exit status in decimal, NUL, queue id, NUL, text
======  ===========================================================================

Items of the envelope: ``sender``, ``recipient`` (repeated), ``full_name``, ``extract`` (1: take
recipients from the header, sendmail -t), ``flags`` (decimal), ``encoding``, ``ret``, ``envid``, ``notify``
(decimal bits for all recipients), ``verp``, ``time`` (seconds since the epoch, decimal), ``uid`` (of the submitter, decimal;
it counts in files of mail_owner only). An item with NUL, CR or LF is refused where it is made and where it is read; an
unknown name is refused.
Imported by sendmail, so it imports nothing that costs start-up time.
"""

from __future__ import annotations

ENVELOPE = 0x45  # E
CONTENT = 0x43  # C
END = 0x5A  # Z
GREETING = 0x47  # G
REPLY = 0x52  # R

SUBMITTER = "uid"  # what the daemon itself says of a message that it leaves in the maildrop

MAX_FRAME = 65536
MAX_ENVELOPE = 16 * 1024 * 1024  # many recipients on one command line

NAMES = frozenset(
    (
        "sender",
        "recipient",
        "full_name",
        "extract",
        "flags",
        "encoding",
        "ret",
        "envid",
        "notify",
        "verp",
        "time",
        SUBMITTER,
    )
)

FORBIDDEN = "\0\r\n"


def pack_frame(kind: int, payload: bytes) -> bytes:
    """One frame, ready for the wire."""
    return b"%c%b%b" % (kind, len(payload).to_bytes(4, "big"), payload)


def pack_envelope(items: list[tuple[str, str]]) -> bytes:
    """The payload of an ``E`` frame from (name, value) pairs.

    Raises ValueError for a value with NUL, CR or LF, and for an unknown name.
    """
    parts = []
    for name, value in items:
        if name not in NAMES or any(bad in value for bad in FORBIDDEN):
            raise ValueError(f"bad envelope item: {name}")
        parts.append(f"{name}={value}\0")
    return "".join(parts).encode("utf-8", "surrogateescape")


def unpack_envelope(payload: bytes) -> list[tuple[str, str]]:
    """The (name, value) pairs of an ``E`` frame; ValueError when it is malformed."""
    text = payload.decode("utf-8", "surrogateescape")
    if not text.endswith("\0"):
        raise ValueError("envelope does not end with NUL")
    items = []
    for item in text[:-1].split("\0"):
        name, equals, value = item.partition("=")
        if not equals or name not in NAMES or "\r" in value or "\n" in value:
            raise ValueError("bad envelope item")
        items.append((name, value))
    return items


def pack_reply(status: int, queue_id: str, text: str) -> bytes:
    """The payload of an ``R`` frame."""
    return f"{status}\0{queue_id}\0{text}".encode("utf-8", "surrogateescape")


def unpack_reply(payload: bytes) -> tuple[int, str, str]:
    """(exit status, queue id, text) of an ``R`` frame; ValueError when it is malformed."""
    status, queue_id, text = payload.decode("utf-8", "surrogateescape").split("\0", 2)
    return int(status), queue_id, text


class FrameReader:
    """Cuts frames out of octets that come in any pieces.

    ``limit`` is the largest payload taken; a longer one raises ValueError.
    """

    __slots__ = ("_buffer", "limit")

    def __init__(self, limit: int = MAX_ENVELOPE) -> None:
        self._buffer = bytearray()
        self.limit = limit

    def receive(self, data: bytes) -> None:
        """Take octets from the peer."""
        self._buffer += data

    def next_frame(self) -> tuple[int, bytes] | None:
        """The next whole frame (kind, payload), or None until more octets come."""
        buffer = self._buffer
        if len(buffer) < 5:
            return None
        length = int.from_bytes(buffer[1:5], "big")
        if length > self.limit:
            raise ValueError(f"frame of {length} octets")
        if len(buffer) < 5 + length:
            return None
        kind, payload = buffer[0], bytes(buffer[5 : 5 + length])
        del buffer[: 5 + length]
        return kind, payload
