"""What the store is asked, and what it answers (frames between processes).

A Request is a list of operations that are applied together or not at all. The store answers
each with a Reply after the commit, and tells its one subscriber (the scheduler) what came
in or was changed.
"""

from __future__ import annotations

import msgspec

OK = ""
EXISTS = "exists"  # the queue id is taken
FULL = "full"  # no room for new mail
DAMAGED = "damaged"  # the environment is damaged; nothing is accepted
OUT_OF_TURN = "out of turn"  # an earlier entry of the journal is missing

# Change.operation and ChangeAll.operation (postsuper(1))
DELETE = "delete"
HOLD = "hold"
RELEASE = "release"
REQUEUE = "requeue"
EXPIRE = "expire"
EXPIRE_RELEASE = "expire_release"


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A delivery log entry to write: kind, recipient index, sealed LogEntry, and which of the recipient's it is."""

    kind: bytes
    index: int
    record: bytes
    part: int = 0


class Insert(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A new message. ``record`` and ``pieces`` are sealed records, ``content`` is sealed or empty.

    ``maildrop`` identifies the file in maildrop/ that it came from: it is noted in the same transaction, so that
    a file that outlives a crash is not taken a second time. ``entries`` begin its delivery log.
    """

    queue_id: str
    queue: str
    due: float
    record: bytes
    content: bytes = b""
    pieces: tuple[bytes, ...] = ()
    maildrop: str = ""
    entries: tuple[Entry, ...] = ()


class Remove(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The message is done: remove every trace of it. An unknown id is no error."""

    queue_id: str


class Update(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Results of an attempt. Idempotent; an unknown id is no error.

    ``done`` are indexes of recipients that are finished, ``entries`` log entries to write.
    With ``queue`` the message moves there, due at ``due``. ``sites`` are destinations to note.
    """

    queue_id: str
    attempt: int
    tried: float
    done: tuple[int, ...] = ()
    entries: tuple[Entry, ...] = ()
    queue: str = ""
    due: float = 0.0
    set_flags: int = 0
    sites: tuple[str, ...] = ()
    forget: tuple[bytes, ...] = ()  # kinds of log entries to drop first
    clear_flags: int = 0


class Change(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Change these messages if they are in one of ``queues`` (letters)."""

    operation: str
    queue_ids: tuple[str, ...]
    queues: str
    now: float


class ChangeAll(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Change at most ``limit`` messages of ``queues`` (letters), from index key ``after`` on."""

    operation: str
    queues: str
    now: float
    after: bytes = b""
    limit: int = 300


class Lease(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """A block of serial numbers for queue ids."""


class Repair(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Make the index agree with the envelopes; one slice from ``after`` on.

    ``phase`` 1 goes through the envelopes, 2 through the index.
    """

    phase: int
    after: bytes = b""
    limit: int = 500


class Subscribe(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """Send announcements to this connection from now on."""


class SetAside(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """The record of this message does not decode: list it as corrupt, under no other queue.

    ``index_key`` is where it was found.
    """

    queue_id: str
    index_key: bytes = b""


class ForgetMaildrop(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """These files of maildrop/ are gone: drop the notes that Insert made of them."""

    files: tuple[str, ...]


class OwnJournal(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """The sender has this journal: what it has and the environment lacks is applied, also when the sender is gone.

    The result has ``last_entry`` and ``has_plenty``.
    """

    journal: str


Operation = (
    Insert
    | Remove
    | Update
    | Change
    | ChangeAll
    | Lease
    | Repair
    | Subscribe
    | SetAside
    | ForgetMaildrop
    | OwnJournal
)


class Request(msgspec.Struct, frozen=True, array_like=True):
    """Operations to apply together; ``number`` comes back in the reply.

    ``can_wait``: nobody is kept waiting by it, so it may share the commit of something that is urgent. It is
    durable already if it is entry ``entry`` of ``journal``; such a request is applied once, and not before the entry
    ``previous``. Its one result has ``has_plenty``.
    """

    number: int
    operations: tuple[Operation, ...]
    can_wait: bool = False
    journal: str = ""
    entry: int = 0
    previous: int = 0


class Result(msgspec.Struct, frozen=True, array_like=True):
    """What an operation says: ids that it touched, where to go on, the lease, the state of a journal.

    ``last_entry`` is the last one that the environment has; with ``has_plenty`` there is much room for new mail.
    """

    queue_ids: tuple[str, ...] = ()
    after: bytes = b""
    start: int = 0
    count: int = 0
    notes: tuple[str, ...] = ()
    last_entry: int = 0
    has_plenty: bool = False


class Reply(msgspec.Struct, frozen=True, array_like=True, tag=20):
    """The answer after the commit; ``error`` is OK or one of the words above."""

    number: int
    error: str
    results: tuple[Result, ...] = ()


class Announce(msgspec.Struct, frozen=True, array_like=True, tag=21):
    """New messages in ``queue`` (a letter)."""

    queue: str
    queue_ids: tuple[str, ...]


class Changed(msgspec.Struct, frozen=True, array_like=True, tag=22):
    """Messages were changed by an administrator."""

    operation: str
    queue_ids: tuple[str, ...]


Message = Reply | Announce | Changed

request_decoder = msgspec.msgpack.Decoder(Request)
message_decoder = msgspec.msgpack.Decoder(Message)
