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
        return f"{self}:{self.port}"


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

    async def reply(self, timeout: float) -> ServerReply:
        """The next reply, within so many seconds; PeerLost or PeerTimeout."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Network(Protocol):
    """Connections and names; all waiting is in here."""

    async def connect(self, endpoint: Endpoint, timeout: float, source: str) -> Peer:
        """Connect, from the address ``source`` if not empty; OSError with the reason, TimeoutError."""
        ...

    async def mail_exchanges(self, domain: str) -> tuple[tuple[int, str], ...] | str | None:
        """(preference, host) of MX records; None when there are none; a text when it cannot be told."""
        ...

    async def addresses(self, host: str, families: str) -> tuple[str, ...] | HostProblem:
        """Addresses of a host, of the families ``4``, ``6`` or ``46``."""
        ...


@dataclass(frozen=True, slots=True)
class HostProblem:
    """Why a host or domain has no addresses; ``is_permanent``: asking again is of no use."""

    text: str
    is_permanent: bool
