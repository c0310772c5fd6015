"""What the SMTP client awaits: a connection to a server, and how to get one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyfixcli.protocol.server_reply import ServerReply


class PeerLost(Exception):
    """The connection ended, or the server did not speak SMTP."""


class PeerTimeout(Exception):
    """No reply came in time."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server to speak to. ``name`` as in the log; for a local socket ``address`` is its path and port 0."""

    name: str
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.name}[{self.address}]"

    @property
    def relay(self) -> str:
        """The ``relay=`` value."""
        return f"{self}:{self.port}" if self.port else str(self)


class Peer(Protocol):
    """A connection to a server."""

    @property
    def is_open(self) -> bool:
        """Whether it can still be spoken to."""
        ...

    def write(self, octets: bytes) -> None:
        """Send; what cannot be sent is told by the next reply()."""
        ...

    async def drain(self, timeout: float) -> None:
        """Wait while much is unsent; PeerLost or PeerTimeout."""
        ...

    async def reply(self, timeout: float, is_total: bool = False) -> ServerReply:
        """The next reply; PeerLost or PeerTimeout.

        ``timeout`` seconds without an octet are too long; with ``is_total`` so many for all of it.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Wait, with everything sent that was written."""
        ...

    def close(self, linger: float = 0.0) -> None:
        """Hang up after what was written; with ``linger`` once the server answered, or so many seconds later."""
        ...


class Network(Protocol):
    """Connections and names; all waiting is in here."""

    async def connect(self, endpoint: Endpoint, timeout: float, source: str) -> Peer:
        """Connect, from the address ``source`` if not empty.

        SourceProblem when there is no such address here, OSError with another reason, TimeoutError.
        """
        ...

    async def mail_exchanges(self, domain: str) -> tuple[tuple[int, str], ...] | str | None:
        """(preference, host) of MX records; None when there are none; a text when it cannot be told."""
        ...

    async def addresses(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        """Addresses of a host, of the families ``4``, ``6`` or ``46``."""
        ...


class SourceProblem(Exception):
    """The source address cannot be used (smtp_bind_address)."""


@dataclass(frozen=True, slots=True)
class HostProblem:
    """Why a host or domain has no addresses; ``dsn`` begins with 5 when asking again is of no use."""

    text: str
    dsn: str

    @property
    def is_permanent(self) -> bool:
        """Whether asking again is of no use."""
        return self.dsn.startswith("5")
