"""What a notice says about each recipient: for people, and as a delivery status (RFC 3464)."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import printable
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.date import format_date
from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.folding import wrap

INDENT = "    "


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """A recipient in a notice.

    ``address`` and ``original`` are in internal form; ``original`` is empty or the address before
    rewriting, ``orcpt`` the decoded ``type;address``, ``notify`` the bits of NOTIFY. ``action`` is the word of
    RFC 3464 section 2.3.3 (or deliverable, undeliverable), ``dsn`` the enhanced status
    code, ``text`` what the log had in parentheses, ``relay`` the log's ``relay=``.
    The diagnostic is ``text`` unless a remote reply is given.
    """

    address: str
    original: str
    orcpt: str
    action: str
    dsn: str
    text: str
    remote_mta: str = ""
    diagnostic_type: str = ""
    diagnostic: str = ""
    notify: int = 0
    relay: str = ""
    hides_original: bool = False  # a list with an owner stands before it


def _external(address: str) -> str:
    return printable(quote_address(address))


def _address_type(address: str) -> str:
    """The type of an address as it is shown, where octets that are not UTF-8 are question marks."""
    return "rfc822" if address.isascii() or printable(address).isascii() else "utf-8"


def product_label(config: Config) -> str:
    """mail_name as it stands in ``X-NAME-...`` header names."""
    return config.mail_name.replace(" ", "-")


def describe(recipient: ReportedRecipient, text: str) -> str:
    """The paragraph for people: ``<address> (expanded from <original>): text``, without blanks at the end of the original."""
    address = f"<{_external(recipient.address)}>"
    if recipient.original and recipient.original != recipient.address:
        address += f" (expanded from <{_external(recipient.original).rstrip(' ')}>)"
    return wrap(f"{address}: {printable(text)}", INDENT) + "\n"


def message_fields(config: Config, envelope: Envelope, sender: str) -> str:
    """The per-message part of a delivery status (RFC 3464 section 2.2)."""
    label = product_label(config)
    lines = [f"Reporting-MTA: dns; {config.myhostname}"]
    if envelope.envid:
        lines.append(f"Original-Envelope-Id: {printable(envelope.envid)}")
    lines.append(f"X-{label}-Queue-ID: {envelope.queue_id}")
    lines.append(f"X-{label}-Sender: {_address_type(sender)}; {_external(sender)}")
    lines.append(f"Arrival-Date: {format_date(envelope.arrival_time)}")
    return "\n".join(lines) + "\n"


def recipient_fields(
    config: Config, recipient: ReportedRecipient, text: str, retry_until: float = 0.0
) -> str:
    """The part of one recipient (RFC 3464 section 2.3), with an empty line before it.

    ``retry_until`` is for delays, in seconds since the epoch.
    """
    kind = _address_type(recipient.address)
    lines = ["", f"Final-Recipient: {kind}; {_external(recipient.address)}"]
    if not recipient.hides_original:
        lines.append(f"Original-Recipient: {original_recipient(config, recipient)}")
    lines += [f"Action: {recipient.action}", f"Status: {recipient.dsn}"]
    if recipient.remote_mta:
        lines.append(f"Remote-MTA: dns; {printable(recipient.remote_mta)}")
    kind = recipient.diagnostic_type or f"X-{product_label(config)}"
    diagnostic = recipient.diagnostic or text
    lines.append(wrap(f"Diagnostic-Code: {kind}; {printable(diagnostic)}", INDENT))
    if retry_until:
        lines.append(f"Will-Retry-Until: {format_date(retry_until)}")
    return "\n".join(lines) + "\n"


def original_recipient(config: Config, recipient: ReportedRecipient) -> str:
    """``type;address``: ORCPT as given, else the recipient before aliases were expanded."""
    if recipient.orcpt:
        return printable(recipient.orcpt)
    address = recipient.original or recipient.address
    if "@" not in address:
        address = f"{address}@{config.myorigin}"
    return f"{_address_type(address)};{printable(address)}"
