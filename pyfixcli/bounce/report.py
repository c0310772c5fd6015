"""What a notice says about each recipient: for people, and as message/delivery-status (RFC 3464)."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.date import format_date
from pyfixcli.mail.envelope import Envelope

WIDTH = 79


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """A recipient in a notice. ``action`` is RFC 3464's word; addresses are in internal form."""

    address: str
    original: str
    orcpt: str
    action: str
    dsn: str
    text: str
    remote_mta: str = ""
    diagnostic_type: str = ""
    diagnostic: str = ""


def wrap(text: str, indent: str) -> str:
    """``text`` on lines shorter than WIDTH, later ones indented; long words stay whole."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        room = WIDTH - (len(indent) if lines else 0)
        if current and len(current) + 1 + len(word) >= room:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    lines.append(current)
    return ("\n" + indent).join(lines)


def describe(recipient: ReportedRecipient) -> str:
    """The paragraph for people: ``<address> (expanded from <original>): text``."""
    address = f"<{quote_address(recipient.address)}>"
    if recipient.original and recipient.original != recipient.address:
        address += f" (expanded from <{quote_address(recipient.original)}>)"
    return wrap(f"{address}: {recipient.text}", "    ") + "\n"


def message_fields(config: Config, envelope: Envelope) -> str:
    """The per-message part of message/delivery-status."""
    name = config.mail_name
    lines = [
        f"Reporting-MTA: dns; {config.myhostname}",
        f"X-{name}-Queue-ID: {envelope.queue_id}",
    ]
    if envelope.envid:
        lines.insert(0, f"Original-Envelope-Id: {envelope.envid}")
    if envelope.sender:
        lines.append(f"X-{name}-Sender: rfc822; {quote_address(envelope.sender)}")
    lines.append(f"Arrival-Date: {format_date(envelope.arrival_time)}")
    return "\n".join(lines) + "\n"


def recipient_fields(config: Config, recipient: ReportedRecipient) -> str:
    """The part of one recipient, with an empty line before it."""
    lines = ["", f"Final-Recipient: rfc822; {quote_address(recipient.address)}"]
    if recipient.orcpt:
        lines.append(f"Original-Recipient: {recipient.orcpt}")
    elif recipient.original:
        lines.append(f"Original-Recipient: rfc822;{quote_address(recipient.original)}")
    lines += [f"Action: {recipient.action}", f"Status: {recipient.dsn}"]
    if recipient.remote_mta:
        lines.append(f"Remote-MTA: dns; {recipient.remote_mta}")
    kind = recipient.diagnostic_type or f"X-{config.mail_name}"
    diagnostic = recipient.diagnostic or recipient.text
    lines.append(wrap(f"Diagnostic-Code: {kind}; {diagnostic}", "    "))
    return "\n".join(lines) + "\n"
