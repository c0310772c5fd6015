"""Which notices result from a message, and their content (bounce(8))."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyfixcli.bounce import template as templates
from pyfixcli.bounce.report import (
    ReportedRecipient,
    describe,
    message_fields,
    recipient_fields,
)
from pyfixcli.bounce.template import Template
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.date import format_date
from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.recipient import NOTIFY_DELAY, NOTIFY_FAILURE, NOTIFY_NEVER


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that the mail system sends: envelope, and what the log calls it."""

    kind: str
    sender: str
    recipient: str
    log_text: str
    template: Template
    is_copy: bool = False


def wants(notify: int, bit: int) -> bool:
    """Whether NOTIFY asks for this kind; by default for failures and delays (RFC 3461)."""
    if notify & NOTIFY_NEVER:
        return False
    return bool(notify & bit) if notify else bit in (NOTIFY_FAILURE, NOTIFY_DELAY)


def failure_notices(config: Config, envelope: Envelope) -> list[Notice]:
    """Notices for recipients that failed: to the sender, and copies for the postmaster.

    A message with the null sender is never returned; a notice that fails is the postmaster's
    business (notify_classes: 2bounce), and is dropped otherwise.
    """
    classes = config.notify_classes.replace(",", " ").split()
    notices = []
    if envelope.sender == f"{config.double_bounce_sender}@{config.myorigin}":
        return []
    if envelope.sender:
        notices.append(
            Notice("bounce", "", envelope.sender, "sender non-delivery", templates.FAILURE)
        )
        if "bounce" in classes:
            notices.append(_copy(config, config.bounce_notice_recipient))
    elif "2bounce" in classes:
        notices.append(_copy(config, config.text("2bounce_notice_recipient")))
    return notices


def _copy(config: Config, recipient: str) -> Notice:
    sender = config.double_bounce_sender
    text = "postmaster non-delivery"
    return Notice("bounce", sender, recipient, text, templates.FAILURE, is_copy=True)


def delay_notices(config: Config, envelope: Envelope) -> list[Notice]:
    """The warning that a message is still being tried."""
    if not envelope.sender:
        return []
    return [Notice("delay", "", envelope.sender, "sender delay", templates.DELAY)]


def success_notices(config: Config, envelope: Envelope) -> list[Notice]:
    """The report that a sender asked for with NOTIFY=SUCCESS."""
    if not envelope.sender:
        return []
    return [Notice("success", "", envelope.sender, "sender delivery status", templates.SUCCESS)]


def compose(
    notice: Notice,
    envelope: Envelope,
    recipients: Sequence[ReportedRecipient],
    original: Iterable[bytes],
    config: Config,
    now: float,
) -> Iterator[bytes]:
    """The content of a notice, in pieces; cleanup adds Received: and Message-Id:."""
    boundary = f"{envelope.queue_id}.{int(now * 1_000_000)}/{config.myhostname}"
    yield _header(notice, config, boundary, now).encode("utf-8", "surrogateescape")
    yield _explain(notice, envelope, recipients, config, boundary).encode(
        "utf-8", "surrogateescape"
    )
    headers_only = (
        notice.is_copy
        or notice.kind != "bounce"
        or envelope.ret == "HDRS"
        or envelope.stored > config.bounce_size_limit
    )
    yield _original_header(notice, boundary, headers_only).encode()
    yield f"Return-Path: <{quote_address(envelope.sender)}>\n".encode("utf-8", "surrogateescape")
    yield from (_header_part(original) if headers_only else original)
    yield f"\n--{boundary}--\n".encode()


def _header(notice: Notice, config: Config, boundary: str, now: float) -> str:
    subject = notice.template.postmaster_subject if notice.is_copy else notice.template.subject
    daemon = f"Mail Delivery System <MAILER-DAEMON@{config.myorigin}>"
    return (
        f"Date: {format_date(now)}\n"
        f"From: {daemon}\n"
        f"Subject: {subject}\n"
        f"To: {quote_address(notice.recipient)}\n"
        "Auto-Submitted: auto-replied\n"
        "MIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status;\n"
        f'\tboundary="{boundary}"\n'
        "Content-Transfer-Encoding: 8bit\n"
        "\n"
        "This is a MIME-encapsulated message.\n"
    )


def _explain(
    notice: Notice,
    envelope: Envelope,
    recipients: Sequence[ReportedRecipient],
    config: Config,
    boundary: str,
) -> str:
    people = "\n".join(describe(recipient) for recipient in recipients)
    machines = "".join(recipient_fields(config, recipient) for recipient in recipients)
    return (
        f"\n--{boundary}\n"
        "Content-Description: Notification\n"
        "Content-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\n"
        "\n"
        f"{templates.explanation(notice.template, config)}\n{people}"
        f"\n--{boundary}\n"
        "Content-Description: Delivery report\n"
        "Content-Type: message/delivery-status\n"
        "\n"
        f"{message_fields(config, envelope)}{machines}"
    )


_TITLES = {
    "bounce": "Undelivered Message",
    "delay": "Delayed Message",
    "success": "Message",
}


def _original_header(notice: Notice, boundary: str, headers_only: bool) -> str:
    title = _TITLES[notice.kind] + (" Headers" if headers_only else "")
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    return (
        f"\n--{boundary}\n"
        f"Content-Description: {title}\n"
        f"Content-Type: {kind}\n"
        "Content-Transfer-Encoding: 8bit\n"
        "\n"
    )


def _header_part(original: Iterable[bytes]) -> Iterator[bytes]:
    """The original up to the end of its header."""
    held = b""
    for chunk in original:
        held += chunk
        end = held.find(b"\n\n")
        if end >= 0:
            yield held[: end + 1]
            return
        yield held[:-1]
        held = held[-1:]
    yield held
