"""What the environment holds: its databases, keys and records.

=========== ======================================== =====================================
database    key                                      value
=========== ======================================== =====================================
envelope    queue id                                 StoredMessage
content     queue id                                 the content, when it is small
pieces      queue id, NUL, piece number (4 octets)   further recipients, RECIPIENTS_A_PIECE
index       queue letter, time (8 octets), queue id  empty
site        destination, NUL, queue id               empty
log         queue id, NUL, kind, index (4 octets),   LogEntry
            part (4 octets)
meta        name                                     format version, next serial number, files
                                                     of maildrop/ that are in the queue, and
                                                     the last entry of each journal that is
=========== ======================================== =====================================

``active`` is not stored: it is what the scheduler holds in memory, and after a crash such
a message is again what it was before. ``deferred`` is ordered by the time of the next
attempt, the other queues by time of arrival.
"""

from __future__ import annotations

import msgspec

from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.recipient import Recipient

FORMAT = b"pyfix-queue-1"

ENVELOPE = b"envelope"
CONTENT = b"content"
PIECES = b"pieces"
INDEX = b"index"
SITE = b"site"
LOG = b"log"
META = b"meta"
DATABASES = (ENVELOPE, CONTENT, PIECES, INDEX, SITE, LOG, META)

INCOMING = "i"
DEFERRED = "d"
HOLD = "h"
CORRUPT = "c"
MAILDROP = "m"  # requeued: pickup takes it through cleanup again
QUEUE_NAMES = {
    MAILDROP: "maildrop",
    INCOMING: "incoming",
    DEFERRED: "deferred",
    HOLD: "hold",
    CORRUPT: "corrupt",
}
QUEUE_LETTERS = {name: letter for letter, name in QUEUE_NAMES.items()}

RECIPIENTS_A_PIECE = 500

MAILDROP_FILE = b"maildrop\0"
JOURNAL = b"journal\0"

# kinds of the delivery log
BOUNCE_LOG = b"b"
DEFER_LOG = b"d"
TRACE_LOG = b"t"


class StoredMessage(msgspec.Struct, frozen=True, array_like=True):
    """A message in the queue: where it stands, and its envelope.

    ``queue`` is a letter, ``due`` the time that orders the index (seconds), ``attempt``
    counts delivery attempts, ``tried`` is when the last one began (0: never). ``pending`` counts
    recipients without a final result.
    """

    queue: str
    due: float
    attempt: int
    tried: float
    pending: int
    envelope: Envelope


class LogEntry(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A line of a message's bounce, defer or trace log (bounce(8)).

    ``time`` is in seconds. The other fields are those of DeliveryResult and Recipient; ``part`` counts the entries of
    one recipient, which has several when it is an alias.
    """

    address: str
    original: str = ""
    notify: int = 0
    orcpt: str = ""
    dsn: str
    status: int
    action: str = ""
    text: str
    relay: str = ""
    remote_mta: str = ""
    diagnostic_type: str = ""
    diagnostic: str = ""
    time: float = 0.0
    index: int = 0
    part: int = 0
    owner: str = ""
    hides_original: bool = False


message_decoder = msgspec.msgpack.Decoder(StoredMessage)
entry_decoder = msgspec.msgpack.Decoder(LogEntry)
piece_decoder = msgspec.msgpack.Decoder(tuple[Recipient, ...])


def message_key(queue_id: str) -> bytes:
    """The key of a message in ``envelope`` and ``content``."""
    return queue_id.encode("ascii")


def index_key(queue: str, due: float, key: bytes) -> bytes:
    """The key of a message in ``index``."""
    return queue.encode("ascii") + int(due * 1_000_000).to_bytes(8, "big") + key


def split_index_key(key: bytes) -> tuple[str, float, bytes]:
    """(queue letter, time in seconds, message key) of an index key."""
    return chr(key[0]), int.from_bytes(key[1:9], "big") / 1_000_000, key[9:]


def piece_key(key: bytes, number: int) -> bytes:
    """The key of a piece of recipients; ``number`` starts with 1."""
    return b"%b\0%b" % (key, number.to_bytes(4, "big"))


def maildrop_key(identity: str) -> bytes:
    """The key in ``meta`` of a file of maildrop/ that is in the queue."""
    return MAILDROP_FILE + identity.encode("ascii")


def journal_key(name: str) -> bytes:
    """The key in ``meta`` of the last entry of a journal that is in the environment (sealed; eight octets, big-endian)."""
    return JOURNAL + name.encode("ascii")


def log_prefix(key: bytes, kind: bytes, index: int) -> bytes:
    """What the keys of all delivery log entries of the recipient with this index begin with."""
    return b"%b\0%b%b" % (key, kind, index.to_bytes(4, "big"))


def log_key(key: bytes, kind: bytes, index: int, part: int = 0) -> bytes:
    """The key of a delivery log entry of the recipient with this index."""
    return log_prefix(key, kind, index) + part.to_bytes(4, "big")
