"""What the SMTP server's engine tells the session. See protocol.server for their order.

Events with ``accept`` ask for a decision: the session answers with ``engine.send(reply)``,
``accept`` itself when it has no objection. All others need no answer.
"""

from __future__ import annotations

import enum

import msgspec

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.forwarding import Forwarded
from pyfixcli.protocol.xclient import Claimed


class Level(enum.Enum):
    """How a note is logged."""

    INFO = "info"
    WARNING = "warning"


class Note(msgspec.Struct, frozen=True):
    """A line for the log; with ``has_queue_id`` it stands behind ``QUEUEID: `` or ``NOQUEUE: ``."""

    text: str
    level: Level = Level.INFO
    has_queue_id: bool = False


class NeedData(enum.Enum):
    """There is nothing to do until ``receive_data``."""

    NEED_DATA = "need data"


NEED_DATA = NeedData.NEED_DATA


class Connected(msgspec.Struct, frozen=True):
    """A client is there and waits for the greeting."""

    accept: Reply


class CommandLine(msgspec.Struct, frozen=True):
    """A command as it came, which is executed when the session gives it back, or another one (SmtpServer.execute)."""

    text: str


class Helo(msgspec.Struct, frozen=True):
    """HELO or EHLO; accepting it ends a mail transaction."""

    verb: str
    name: str
    accept: Reply


class Mail(msgspec.Struct, frozen=True):
    """MAIL FROM. ``sender`` is in internal form, empty for the null sender.

    ``size`` is 0 when none was given; ``body`` is ``7bit``, ``8bit`` or empty; ``ret`` FULL, HDRS or
    empty; ``envid`` is decoded.
    """

    sender: str
    accept: Reply
    size: int = 0
    body: str = ""
    is_smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    verp_delimiters: str = ""
    auth: str = ""


class Rcpt(msgspec.Struct, frozen=True):
    """RCPT TO. ``notify`` are the bits of mail.recipient, ``orcpt`` is ``type;address`` decoded."""

    recipient: str
    accept: Reply
    notify: int = 0
    orcpt: str = ""


class DataStart(msgspec.Struct, frozen=True):
    """DATA, or the first BDAT: content follows when it is accepted."""

    accept: Reply
    is_chunked: bool = False


class DataChunk(msgspec.Struct, frozen=True):
    """A piece of content, with ``\\n`` line ends."""

    content: bytes


class DataEnd(msgspec.Struct, frozen=True):
    """The whole message is there. ``size`` is its size on the wire, with CRLF line ends.

    The reply is sent only after the queue has the message: a duplicate after a crash is better than
    a loss. ``accept`` lacks the queue id: the session says ``event.queued(queue_id)``.
    """

    accept: Reply
    size: int
    is_chunked: bool = False

    def queued(self, queue_id: str) -> Reply:
        """The positive reply."""
        what = f"{self.size} bytes queued" if self.is_chunked else "queued"
        return Reply(250, "2.0.0", f"Ok: {what} as {queue_id}")


class Verify(msgspec.Struct, frozen=True):
    """VRFY. ``word`` is as the client wrote it."""

    address: str
    word: str
    accept: Reply


class Etrn(msgspec.Struct, frozen=True):
    """ETRN for a domain, without ``@`` or ``#``."""

    domain: str
    accept: Reply


class Forward(msgspec.Struct, frozen=True):
    """XFORWARD: whose mail a content filter gives back, in the next transaction."""

    forwarded: Forwarded
    accept: Reply


class Claim(msgspec.Struct, frozen=True):
    """XCLIENT: whom the client stands for. The session begins anew, with new settings (SmtpServer.introduce)."""

    claimed: Claimed
    accept: Reply


class Unknown(msgspec.Struct, frozen=True):
    """A word that is no command; ``accept`` refuses it."""

    word: str
    accept: Reply


class Dropped(msgspec.Struct, frozen=True):
    """The mail transaction ended without a message: forget its recipients and content."""


class Answered(msgspec.Struct, frozen=True):
    """The engine answered by itself: write ``octets``, log ``notes``.

    ``rejected`` names the stage when the refusal is to be logged as ``reject: STAGE from ...``, with
    ``sender`` when there was one. With ``is_last`` the connection is to be closed afterwards.
    """

    reply: Reply
    octets: bytes
    notes: tuple[Note, ...] = ()
    rejected: str = ""
    sender: str | None = None
    is_last: bool = False


class Logged(msgspec.Struct, frozen=True):
    """Lines for the log, and nothing else."""

    notes: tuple[Note, ...]


class Closed(msgspec.Struct, frozen=True):
    """The session is over. ``reason`` is ``lost connection after X`` or the like, or empty.

    Log ``{reason} from {client}``, then ``disconnect from {client}{engine.counts}``.
    """

    reason: str = ""


Event = (
    Connected
    | CommandLine
    | Helo
    | Mail
    | Rcpt
    | DataStart
    | DataChunk
    | DataEnd
    | Verify
    | Etrn
    | Forward
    | Claim
    | Unknown
    | Dropped
    | Answered
    | Logged
    | Closed
)
Question = (
    Connected | Helo | Mail | Rcpt | DataStart | DataEnd | Verify | Etrn | Forward | Claim | Unknown
)
