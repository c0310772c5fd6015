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
    """A recipient of a request; ``index`` is its place among the message's recipients.

    ``part`` is not 0 for a delivery that an agent passed on for that recipient (mailbox_transport): an alias may
    stand for several of them, unless ``is_sole`` says that it is all there is.
    """

    index: int
    address: str
    original: str = ""
    notify: int = 0
    orcpt: str = ""
    part: int = 0
    is_sole: bool = False


class DeliveryRequest(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Deliver one message to some recipients by one service at one next hop.

    ``service`` is the name in master.cf, ``attempt`` grows by one for each attempt of the message.
    Times are seconds since the epoch; ``active_time`` is when the message entered
    the active queue, ``sent_time`` when the request left the scheduler. ``backlog``: much other mail waits for this
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
    backlog: bool = False


class Forward(msgspec.Struct, frozen=True, array_like=True):
    """A copy of the message that a delivery sends on, under a queue id that the log has named already.

    ``recipients`` give address, original, NOTIFY and ORCPT; ``header`` goes before the message's own header.
    """

    queue_id: str
    sender: str
    recipients: tuple[RequestRecipient, ...]
    header: bytes


class Pass(msgspec.Struct, frozen=True, array_like=True):
    """A delivery that the agent leaves to another service of master.cf; ``recipient.part`` names it."""

    service: str
    nexthop: str
    recipient: RequestRecipient


class DeliveryResult(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The outcome for one recipient of a request.

    ``dsn`` is the enhanced status code (RFC 3463), ``text`` the part in parentheses of the log line without them,
    ``relay`` the ``relay=`` value, ``delays`` the four stages in seconds (before qmgr, in
    qmgr, connection set-up, transmission). ``remote_mta``, ``diagnostic_type`` and ``diagnostic`` go into delivery reports.
    ``action`` is the RFC 3464 action when it is not the one that the status implies (relayed, expanded), or PASSED_ON.
    ``is_expansion``: a part that says that the recipient was expanded, which the sender is told of as the success.
    ``destination_failed`` tells the scheduler that the site, not the recipient, was the reason.

    A recipient that stands for others (an alias) has the outcome of each of these in ``parts``, where
    ``address`` and ``original`` say whose it is; its own status is the worst of them. ``forwards`` are to be stored in the transaction
    that records the result, ``passed`` are deliveries whose results are still to come: until then the recipient has none.
    ``owner`` is told of a failure in place of the sender (owner- aliases); ``hides_original``: reports do not say what the
    address was before.
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
    is_expansion: bool = False
    part: int = 0
    address: str = ""
    original: str = ""
    parts: tuple[DeliveryResult, ...] = ()
    forwards: tuple[Forward, ...] = ()
    passed: tuple[Pass, ...] = ()
    owner: str = ""
    hides_original: bool = False

    @property
    def outcomes(self) -> tuple[DeliveryResult, ...]:
        """What is to be reported: the parts, or the result itself."""
        return self.parts or (self,)


_SEVERITY = (
    Status.SENT,
    Status.DELIVERABLE,
    Status.UNDELIVERABLE,
    Status.EXPIRED,
    Status.BOUNCED,
    Status.DEFERRED,
)


def combine_results(
    first: DeliveryResult, parts: tuple[DeliveryResult, ...], **changes: object
) -> DeliveryResult:
    """The result of a recipient that stands for others; ``first`` gives what all have in common."""
    worst = max(parts, key=lambda part: _SEVERITY.index(part.status), default=first)
    fields: dict[str, object] = {
        "part": 0,
        "address": "",
        "original": "",
        "parts": parts,
        "passed": (),
    }
    return msgspec.structs.replace(worst, **{**fields, **changes})
