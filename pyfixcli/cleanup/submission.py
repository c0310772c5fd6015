"""From the envelope items of a submission (mail/submission.py) to an Origin."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.base.sysexits import EX_DATAERR
from pyfixcli.cleanup.outcome import Refused
from pyfixcli.cleanup.sender import parse_sender
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.recipient import (
    NOTIFY_DELAY,
    NOTIFY_FAILURE,
    NOTIFY_NEVER,
    NOTIFY_SUCCESS,
    Recipient,
)
from pyfixcli.mail.tok822 import parse_recipients

ANY_NOTIFY = NOTIFY_NEVER | NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY
FAR_FUTURE = 1e11  # seconds; what a user says is bounded here, and by the clock below


def build_origin(
    items: list[tuple[str, str]],
    uid: int,
    now: float,
    warn: Callable[[str, str], None],
) -> Origin | Refused:
    """The Origin of a local submission by ``uid``; Refused when an item makes no sense."""
    values = dict(items)
    try:
        flags, notify = int(values.get("flags", "0")), int(values.get("notify", "0"))
        arrival = float(values.get("time", "0")) or now
        if not 0 < arrival < FAR_FUTURE or not _makes_sense(values, notify):
            raise ValueError("envelope item")
    except ValueError:
        return Refused(EX_DATAERR, "5.6.0", "malformed envelope item")
    recipients = []
    for name, value in items:
        if name == "recipient":
            recipients += _recipients(value, notify)
    sender, proper = parse_sender(values.get("sender", ""))
    if not proper:
        warn("sendmail", f"-f option specified malformed sender: {values.get('sender', '')}")
    return Origin(
        service="pickup",
        sender=sender,
        recipients=tuple(recipients),
        arrival_time=min(arrival, now),
        extract_recipients=values.get("extract") == "1",
        full_name=values.get("full_name", ""),
        received_uid=uid,
        encoding=values.get("encoding", ""),
        ret=values.get("ret", ""),
        envid=values.get("envid", ""),
        verp_delimiters=values.get("verp", ""),
        flags=flags,
        notify=notify,
    )


def _recipients(value: str, notify: int) -> list[Recipient]:
    """Those of an argument; one without an address means the null address, of which no notices are wanted."""
    found = [Recipient(address, "", notify) for address in parse_recipients(value)]
    return found or [Recipient("", "", 0)]


def _makes_sense(values: dict[str, str], notify: int) -> bool:
    """Whether sendmail could have given these: whoever can write to maildrop/ or the socket may claim anything."""
    envid, verp = values.get("envid", ""), values.get("verp", "")
    return (
        not notify & ~ANY_NOTIFY
        and values.get("ret", "") in ("", "FULL", "HDRS")
        and values.get("encoding", "") in ("", "7bit", "8bit")
        and envid.isascii()
        and all(character.isprintable() for character in envid + verp)
        and len(verp) in (0, 2)
    )
