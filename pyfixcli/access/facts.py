"""What restrictions judge by: the client, the mail transaction, and what can be found out.

What waits (tables, DNS) is injected; ``Dns`` is declared here and wired by the daemon.
"""

from __future__ import annotations

import enum
from typing import Protocol

import msgspec

from pyfixcli.mail.address import quote_address
from pyfixcli.mail.reply import Reply

UNKNOWN = "unknown"


class NameStatus(enum.Enum):
    """What came of looking up a client's name."""

    OK = "ok"
    TEMPORARY = "temporary"  # a name server did not answer
    PERMANENT = "permanent"  # there is no name
    FORGED = "forged"  # the name does not lead back to the address


class Client(msgspec.Struct, frozen=True):
    """Who is at the other end. ``name`` is verified and else ``unknown``, ``reverse_name`` is not."""

    name: str
    address: str
    port: str = ""
    reverse_name: str = UNKNOWN
    status: NameStatus = NameStatus.OK
    reverse_status: NameStatus = NameStatus.OK
    logs_port: bool = False  # smtpd_client_port_logging

    def __str__(self) -> str:
        """``name[address]`` or ``name[address]:port``, as the log has it."""
        port = f":{self.port or UNKNOWN}" if self.logs_port else ""
        return f"{self.name}[{self.address}]{port}"


class DnsStatus(enum.Enum):
    """How a DNS question ended."""

    FOUND = "found"
    NO_DATA = "no data"  # the name exists, this type does not
    NO_NAME = "no name"
    FAILED = "failed"  # try again


class DnsAnswer(msgspec.Struct, frozen=True):
    """Records as (preference or 0, name or address), names without the final dot."""

    status: DnsStatus
    records: tuple[tuple[int, str], ...] = ()


class Dns(Protocol):
    """Asks the DNS; never raises."""

    async def lookup(self, name: str, kind: str) -> DnsAnswer:
        """The records of a ``kind`` such as ``MX``."""
        ...


class Subject(enum.Enum):
    """What a restriction is about; the words are those of refusals."""

    CLIENT = "Client host"
    REVERSE_NAME = "Unverified Client host"
    HELO = "Helo command"
    SENDER = "Sender address"
    RECIPIENT = "Recipient address"
    DATA = "Data command"
    END_OF_DATA = "End-of-data"
    ETRN = "Etrn command"


_FIXED_NAMES = {Subject.DATA: "DATA", Subject.END_OF_DATA: "END-OF-MESSAGE"}


class Case:
    """The present state of one session, as restrictions see it; ``verb`` is the command at hand.

    ``sender`` and ``recipient`` are None while there is none. ``deferral`` is what to answer if nothing
    refuses the command, ``softening`` what to answer instead of a permanent refusal.
    """

    __slots__ = (
        "accepted",
        "client",
        "deferral",
        "depth",
        "effects",
        "helo",
        "is_pipelined",
        "is_trusted",
        "protocol",
        "queue_id",
        "recipient",
        "recipient_count",
        "sender",
        "size",
        "softening",
        "subject",
        "verb",
        "warns",
    )

    def __init__(self, client: Client) -> None:
        self.client = client
        self.helo = ""
        self.protocol = "SMTP"
        self.verb = "CONNECT"
        self.queue_id = ""
        self.sender: str | None = None
        self.recipient: str | None = None
        self.accepted = ""  # the first recipient that was
        self.recipient_count = 0
        self.size = 0
        self.subject = Subject.CLIENT
        self.deferral: Reply | None = None
        self.softening: Reply | None = None
        self.depth = 0  # restriction classes within each other
        self.warns = False
        self.is_pipelined = False  # the client did not wait for replies
        self.is_trusted: bool | None = None  # the client is in mynetworks; None: not known yet
        self.effects: list[tuple[str, str]] = []

    @property
    def name(self) -> str:
        """The name of what is judged, without angle brackets."""
        if self.subject is Subject.CLIENT:
            return str(self.client)
        if self.subject is Subject.REVERSE_NAME:
            return self.client.reverse_name
        if self.subject is Subject.HELO:
            return self.helo
        if self.subject is Subject.SENDER:
            return self.sender or ""
        return _FIXED_NAMES.get(self.subject) or self.recipient or ""

    def details(self) -> str:
        """The end of a log line: ``from=<> to=<> proto=SMTP helo=<>``, as far as known."""
        parts = []
        if self.sender is not None:
            parts.append(f"from=<{quote_address(self.sender)}>")
        if self.recipient is not None and self.verb != "ETRN":
            parts.append(f"to=<{quote_address(self.recipient)}>")
        parts.append(f"proto={self.protocol}")
        if self.helo:
            parts.append(f"helo=<{self.helo}>")
        return " ".join(parts)
