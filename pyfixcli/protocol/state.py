"""Where an SMTP session stands: its phase, its mail transaction, what it did so far."""

from __future__ import annotations

import enum

import msgspec

from pyfixcli.mail.address import quote_address
from pyfixcli.protocol.events import Mail, Rcpt
from pyfixcli.protocol.forwarding import Forwarded
from pyfixcli.protocol.settings import ServerSettings


class Phase(enum.Enum):
    """What the next octets of the client are."""

    GREETING = "greeting"
    COMMAND = "command"
    FILTER = "filter"  # a command that the session may replace
    DATA = "data"
    CHUNK = "chunk"
    DRAIN = "drain"  # a chunk that is refused
    CLOSED = "closed"

    __hash__ = object.__hash__  # Enum's own is Python code, and each event looks its phase up


class Chunking(enum.Enum):
    """BDAT in the present transaction (RFC 3030)."""

    NONE = "none"
    STARTED = "started"
    FAILED = "failed"  # sticky until RSET, EHLO or the last chunk


class Transaction(msgspec.Struct, frozen=True):
    """A mail transaction: replaced as a whole at each step, never changed.

    The empty one (no ``mail``) is where every message, reset and failure leads back to.
    """

    mail: Mail | None = None
    recipients: tuple[Rcpt, ...] = ()
    refused: int = 0  # recipients beyond the limit
    chunking: Chunking = Chunking.NONE

    @property
    def is_open(self) -> bool:
        """MAIL was accepted."""
        return self.mail is not None


NO_TRANSACTION = Transaction()

# The order of the counters in the last log line of a session.
COUNTED = (
    "helo",
    "ehlo",
    "xclient",
    "xforward",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "bdat",
    "rset",
    "noop",
    "vrfy",
    "etrn",
    "quit",
    "unknown",
)


class CommandCounts:
    """How often each command came, and how often it succeeded."""

    __slots__ = ("_good", "_total")

    def __init__(self) -> None:
        self._total: dict[str, int] = {}
        self._good: dict[str, int] = {}

    def begin(self, name: str) -> None:
        """A command came."""
        self._total[name] = self._total.get(name, 0) + 1

    def succeed(self, name: str) -> None:
        """It was granted."""
        self._good[name] = self._good.get(name, 0) + 1

    def __str__(self) -> str:
        """``ehlo=1 mail=0/1 quit=1 commands=2/3``."""
        words = [
            f"{name}={_ratio(self._good.get(name, 0), self._total[name])}"
            for name in COUNTED
            if name in self._total
        ]
        total = sum(self._total.values())
        good = sum(self._good.values())
        words.append(f"commands={_ratio(good, total) if total else '0/0'}")
        return " ".join(words)


def _ratio(good: int, total: int) -> str:
    return str(total) if good == total else f"{good}/{total}"


class SessionState:
    """One session: what commands are judged by."""

    __slots__ = (
        "client",
        "counts",
        "errors",
        "forwarded",
        "helo_name",
        "is_esmtp",
        "is_refused",
        "junk",
        "last",
        "settings",
        "transaction",
    )

    def __init__(self, settings: ServerSettings, client: str) -> None:
        self.settings = settings
        self.client = client  # name[address], for the log
        self.transaction = NO_TRANSACTION
        self.forwarded: Forwarded | None = None  # by XFORWARD, for the next transaction
        self.helo_name = ""
        self.is_esmtp = False
        self.is_refused = False  # the greeting was negative
        self.errors = 0
        self.junk = 0
        self.counts = CommandCounts()
        self.last = "CONNECT"  # the last command, for the log

    @property
    def protocol(self) -> str:
        """``proto=``: SMTP or ESMTP."""
        return "ESMTP" if self.is_esmtp else "SMTP"

    def details(self) -> str:
        """The end of a reject line: ``from=<> to=<> proto=SMTP helo=<>``, as far as known."""
        parts = []
        if self.transaction.mail is not None:
            parts.append(f"from=<{quote_address(self.transaction.mail.sender)}>")
        if len(self.transaction.recipients) == 1:
            parts.append(f"to=<{quote_address(self.transaction.recipients[0].recipient)}>")
        parts.append(f"proto={self.protocol}")
        if self.helo_name:
            parts.append(f"helo=<{self.helo_name}>")
        return " ".join(parts)
