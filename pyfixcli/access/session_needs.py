"""What an SMTP session needs from around it: queue, policy, limits, the wire.

The daemon wires its own parts to these, sendmail -bs others.
"""

from __future__ import annotations

from typing import Protocol

from pyfixcli.access.command_filter import CommandFilter
from pyfixcli.access.facts import Case, Client
from pyfixcli.access.footer import RejectFooter
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import Asked, Origin
from pyfixcli.mail.reply import Reply
from pyfixcli.milter.session import MilterSession
from pyfixcli.protocol.events import Mail, Rcpt
from pyfixcli.protocol.settings import ServerSettings


class Outcome(Protocol):
    """What became of a message: an exit status, and why not."""

    @property
    def status(self) -> int: ...
    @property
    def dsn(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def code(self) -> int: ...  # of the reply if one was chosen, else 0


class Incoming(Protocol):
    """A message on its way into the queue."""

    async def feed(self, data: bytes) -> None:
        """Content with newline line ends; OSError when it cannot be written."""
        ...

    def ask(self, asked: Asked) -> None:
        """What restrictions want done with it; before finish()."""
        ...

    def show_to(self, milters: MilterSession) -> None:
        """The client's milters look at it at its end; before finish()."""
        ...

    async def finish(self) -> Outcome:
        """All of it is there: EX_OK only after the commit."""
        ...

    def discard(self) -> None:
        """Nothing of it stays."""
        ...


class Filter(Protocol):
    """A before-queue filter, for one transaction: it has the messages in the queue's place (smtpd_proxy_filter)."""

    async def rcpt(self, rcpt: Rcpt) -> Reply:
        """What it says of a recipient."""
        ...

    async def begin(self, origin: Origin) -> Reply | None:
        """The content comes now; why it is not wanted, or None."""
        ...

    async def feed(self, data: bytes) -> None:
        """Content with newline line ends."""
        ...

    async def finish(self) -> Reply:
        """All of it is there: what the filter says, which has the message now if that is positive."""
        ...

    def close(self) -> None:
        """The transaction is over."""
        ...


class Filters(Protocol):
    """Where filters come from."""

    def begin(self, mail: Mail, case: Case) -> Filter:
        """For a transaction that begins with this MAIL command."""
        ...


class Queue(Protocol):
    """Where messages go."""

    async def queue_id(self, arrival: float) -> str:
        """A new queue id; empty when there is none to be had."""
        ...

    def begin(self, origin: Origin, queue_id: str) -> Incoming:
        """Take a message."""
        ...

    def lacks_room(self) -> str:
        """What to warn about when there is no room for more mail; else empty."""
        ...

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    async def flush_site(self, domain: str) -> None:
        """Try now to deliver what waits for a domain (ETRN)."""
        ...


class Policy(Protocol):
    """Decides for each command; None: go on. See Access."""

    async def connect(self, case: Case) -> Reply | None: ...
    async def helo(self, case: Case) -> Reply | None: ...
    async def mail(self, case: Case) -> Reply | None: ...
    async def rcpt(self, case: Case) -> Reply | None: ...
    async def data(self, case: Case) -> Reply | None: ...
    async def end_of_data(self, case: Case) -> Reply | None: ...
    async def verify(self, case: Case) -> Reply | None: ...
    async def etrn(self, case: Case) -> Reply | None: ...
    async def rewrite_context(self, case: Case) -> str: ...


class Wire(Protocol):
    """The connection to the client."""

    def write(self, octets: bytes) -> None:
        """Send octets, sooner or later."""
        ...

    async def pause(self, seconds: float) -> None:
        """Send what was written, then wait."""
        ...


class Limits(Protocol):
    """How much a client may bring; None: go on."""

    def takes_mail(self, client: Client) -> Reply | None: ...
    def takes_recipient(self, client: Client) -> Reply | None: ...


class Introduction(Protocol):
    """Says what a client may do that another one claims to stand for (XCLIENT)."""

    async def introduce(self, client: Client) -> tuple[ServerSettings, MilterSession | None]:
        """Its settings, and a new session of the milters."""
        ...


class Service(Protocol):
    """What the sessions of a service share."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> MailLog: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def queue(self) -> Queue: ...
    @property
    def commands(self) -> CommandFilter: ...
    @property
    def footer(self) -> RejectFooter: ...
