"""What the scheduler asks of a delivery agent, and what the agent answers."""

from __future__ import annotations

import enum

import msgspec

PASSED_ON = "passed-on"  # an action: the next hop speaks DSN, and reports success itself


class Status(enum.IntEnum):
    """The outcome for one recipient (``status=`` in the log)."""

    SENT = 0
    DEFERRED = 1
    BOUNCED = 2
    EXPIRED = 3
    DELIVERABLE = 4  # probes and sendmail -bv
    UNDELIVERABLE = 5


class RequestRecipient(msgspec.Struct, frozen=True, array_like=True):
    """A recipient of a request; ``index`` is its place among the message's recipients."""

    index: int
    address: str
    original: str = ""
    notify: int = 0
    orcpt: str = ""


class DeliveryRequest(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Deliver one message to some recipients by one service at one next hop.

    ``service`` is the name in master.cf, ``attempt`` grows by one for each attempt of the message.
    Times are seconds since the epoch; ``active_time`` is when the message entered
    the active queue, ``sent_time`` when the request left the scheduler. ``more_waits``: other mail waits for this
    destination, so that it pays to keep a connection.
    """

    queue_id: str
    attempt: int
    service: str
    nexthop: str
    recipients: tuple[RequestRecipient, ...]
    sender: str
    size: int
    stored: int
    arrival_time: float
    active_time: float
    sent_time: float = 0.0
    content_file: str = ""
    flags: int = 0
    encoding: str = ""
    ret: str = ""
    envid: str = ""
    verp_delimiters: str = ""
    client_name: str = ""
    client_address: str = ""
    client_port: str = ""
    helo: str = ""
    protocol: str = ""
    rewrite_context: str = "local"
    more_waits: bool = False


class NewMessage(msgspec.Struct, frozen=True, array_like=True):
    """A message that a delivery makes (a forwarded copy): sender, recipients, content."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class DeliveryResult(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The outcome for one recipient of a request.

    ``dsn`` is the enhanced status code (RFC 3463), ``text`` the part in parentheses of the log line without them,
    ``relay`` the ``relay=`` value, ``delays`` the four stages in seconds (before qmgr, in
    qmgr, connection set-up, transmission). ``remote_mta``, ``diagnostic_type`` and ``diagnostic`` go into delivery reports.
    ``action`` is the RFC 3464 action when it is not the one that the status implies (relayed, expanded), or PASSED_ON.
    ``destination_failed`` tells the scheduler that the site, not the recipient, was the reason.
    """

    queue_id: str
    attempt: int
    index: int
    status: Status
    dsn: str
    text: str
    relay: str = "none"
    delays: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    remote_mta: str = ""
    diagnostic_type: str = ""
    diagnostic: str = ""
    action: str = ""
    destination_failed: bool = False
