"""From the envelope items of a submission (mail/submission.py) to an Origin."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.base.sysexits import EX_DATAERR
from pyfixcli.cleanup.outcome import Refused
from pyfixcli.cleanup.sender import parse_sender
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.mail.tok822 import parse_addresses

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
        if not 0 < arrival < FAR_FUTURE:
            raise ValueError("time")
    except ValueError:
        return Refused(EX_DATAERR, "5.6.0", "malformed envelope item")
    recipients = []
    for name, value in items:
        if name == "recipient":
            addresses = parse_addresses(value) or ([""] if not value.strip() else [])
            recipients += [Recipient(address, "", notify) for address in addresses]
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
