"""What the scheduler and the delivery agents say to each other.

An agent keeps the results of a delivery until the scheduler has confirmed that they are committed. When
the scheduler was restarted, the agent's greeting says what it still does and what was not confirmed, so
that nothing is delivered a second time.
"""

from __future__ import annotations

import msgspec

from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult


class Assign(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Scheduler to agent: deliver this. ``ticket`` names the delivery."""

    ticket: int
    request: DeliveryRequest


class Confirm(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Scheduler to agent: the results of these deliveries are committed."""

    tickets: tuple[int, ...]


class Finished(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Agent to scheduler: a delivery ended; one result for each recipient."""

    ticket: int
    request: DeliveryRequest
    results: tuple[DeliveryResult, ...]


class Hello(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Agent to scheduler, first: who it is, how much it takes, what is open from before."""

    role: str
    pid: int
    slots: int
    running: tuple[Assign, ...] = ()
    unconfirmed: tuple[Finished, ...] = ()


class Leaving(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Agent to scheduler: it ends once it has done what it was assigned; it is to be given no more."""


class Released(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Scheduler to agent: the answer to Leaving. No assignment comes after it."""


class Landed(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Agent to scheduler: the mail is where it goes; its destination and the agent are free again.

    The results follow once the mail is durable there.
    """

    ticket: int


ToAgent = Assign | Confirm | Released
FromAgent = Finished | Hello | Landed | Leaving

to_agent_decoder = msgspec.msgpack.Decoder(ToAgent)
from_agent_decoder = msgspec.msgpack.Decoder(FromAgent)
