"""Which notices result from a message, and their content (bounce(8), RFC 3464, RFC 6533).

Data flow: ``decide_notices`` says which messages are to be sent, to whom and about which
recipients; ``compose`` gives the content of one, piece by piece, so that memory stays bounded
whatever the size of the original. Cleanup adds Received: and Message-Id: and completes
MAILER-DAEMON and postmaster with the domain. Wherever two notices result, the sender's
comes first.

Rules against storms: a message with the null sender is never returned to a sender, only
reported to the postmaster (notify_classes: 2bounce); one from the double-bounce address is dropped with a
warning; notices ask for no notices (NOTIFY=NEVER).

See also: postconf(5) notify_classes, bounce_notice_recipient, 2bounce_notice_recipient,
delay_notice_recipient, double_bounce_sender, bounce_size_limit, enable_threaded_bounces.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pyfixcli.bounce import template as templates
from pyfixcli.bounce.report import (
    ReportedRecipient,
    describe,
    message_fields,
    recipient_fields,
)
from pyfixcli.bounce.template import Template, Templates, expand_text
from pyfixcli.config.double_bounce import double_bounce_address, is_double_bounce
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import printable
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.date import format_date
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, FLAG_TRACE, FLAG_VERIFY_ONLY, Envelope
from pyfixcli.mail.notify_class import NotifyClass, find_notify_classes
from pyfixcli.mail.recipient import (
    NOTIFY_DELAY,
    NOTIFY_FAILURE,
    NOTIFY_SUCCESS,
    wants,
)
from pyfixcli.mail.verp import verp_sender

DISCARDED = "undeliverable postmaster notification discarded"
MALFORMED_ID = "ignoring malformed Message-ID"
MAX_HEADER = 1 << 20  # octets of the original's header that a notice returns at most


class Kind(enum.StrEnum):
    """What a notice reports."""

    BOUNCE = "bounce"
    DELAY = "delay"
    SUCCESS = "success"  # asked for with NOTIFY=SUCCESS
    VERIFY = "verify"  # asked for with sendmail -bv or -v


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that the mail system sends.

    ``sender`` and ``recipient`` are its envelope, ``log_text`` what the log calls it (the line is
    ``QID: {log_text} notification: NOTICE-QID``), ``recipients`` those it reports, ``encoding`` and ``flags`` its
    envelope's. ``warnings`` are to be logged behind the queue id of the reported message.
    """

    kind: Kind
    sender: str
    recipient: str
    log_text: str
    template: Template
    is_copy: bool = False
    recipients: tuple[ReportedRecipient, ...] = ()
    encoding: str = ""
    flags: int = 0
    thread: str = ""  # Message-ID of the original, for References: and In-Reply-To:
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The notices to send; ``info`` or ``warning`` is a line to log about what is not sent."""

    notices: tuple[Notice, ...] = ()
    info: str = ""
    warning: str = ""


def mail_daemon_address(config: Config) -> str:
    """How reports name the null sender."""
    return f"MAILER-DAEMON@{config.myhostname}"


def notify_classes(config: Config) -> NotifyClass:
    """What the postmaster wants to hear of; words of notify_classes that are unknown count for nothing."""
    return find_notify_classes(config.notify_classes)[0]


# -- decisions -------------------------------------------------------------------------


def decide_notices(
    config: Config,
    envelope: Envelope,
    kind: Kind,
    recipients: Sequence[ReportedRecipient],
    known: Templates | None = None,
) -> Decision:
    """The notices about ``recipients``, all of which failed, are delayed, or ended.

    ``known`` are the templates of bounce_template_file, the built-in ones by default.
    For SUCCESS and VERIFY the flags of the message choose which of the two it is.
    """
    if not recipients:
        return Decision()
    return _DECISIONS[kind](_Case(config, envelope, tuple(recipients), known))


class _Case:
    """One message that is to be reported."""

    def __init__(
        self,
        config: Config,
        envelope: Envelope,
        recipients: tuple[ReportedRecipient, ...],
        known: Templates | None,
    ) -> None:
        self.config = config
        self.envelope = envelope
        self.recipients = recipients
        self.classes = notify_classes(config)
        self.is_from_double_bounce = is_double_bounce(config, envelope.sender)
        self._has_warned = False
        self._templates = known or Templates(templates.BUILT_IN)

    def to_sender(self, kind: Kind, name: str, what: str, bit: int) -> list[Notice]:
        """The sender's notices: none if no recipient's NOTIFY asks for it, with VERP several."""
        wanted = tuple(r for r in self.recipients if not bit or wants(r.notify, bit))
        if not wanted:
            return []
        sender, delimiters = self.envelope.sender, self.envelope.verp_delimiters
        if kind is not Kind.BOUNCE or not delimiters or self.config.disable_verp_bounces:
            return [self._notice(kind, "", sender, f"sender {what}", name, wanted)]
        return [
            self._notice(kind, "", self._verp_sender(one), f"sender {what}", name, (one,))
            for one in wanted
        ]

    def _verp_sender(self, recipient: ReportedRecipient) -> str:
        whom = recipient.original or recipient.address
        return verp_sender(self.envelope.sender, whom, self.envelope.verp_delimiters)

    def to_postmaster(
        self, kind: Kind, name: str, recipient: str, log_text: str, is_copy: bool = True
    ) -> Notice:
        """A notice to the postmaster; it is about all recipients, whatever NOTIFY says."""
        sender = double_bounce_address(self.config)
        return self._notice(kind, sender, recipient, log_text, name, self.recipients, is_copy)

    def _notice(
        self,
        kind: Kind,
        sender: str,
        recipient: str,
        log_text: str,
        name: str,
        recipients: tuple[ReportedRecipient, ...],
        is_copy: bool = False,
    ) -> Notice:
        thread = self.envelope.message_id if self.config.enable_threaded_bounces else ""
        malformed = bool(thread) and not (thread.startswith("<") and thread.endswith(">"))
        return Notice(
            kind=kind,
            sender=sender,
            recipient=recipient,
            log_text=log_text,
            template=self._templates.by_name[name],
            is_copy=is_copy,
            recipients=recipients,
            encoding=_encoding(self.config, self.envelope),
            flags=self.envelope.flags & FLAG_SMTPUTF8,
            thread="" if malformed else thread,
            warnings=(MALFORMED_ID,) if malformed and not self._is_warned() else (),
        )

    def _is_warned(self) -> bool:
        """Whether the Message-ID was complained of already; from now on it was."""
        was, self._has_warned = self._has_warned, True
        return was


def _encoding(config: Config, envelope: Envelope) -> str:
    """7bit, 8bit or empty. With SMTPUTF8 enabled the text may always have 8-bit characters."""
    if config.smtputf8_enable or envelope.flags & FLAG_SMTPUTF8:
        return "8bit"
    return envelope.encoding


def _decide_failure(case: _Case) -> Decision:
    if case.is_from_double_bounce:
        return Decision(warning=DISCARDED)
    config, what = case.config, "postmaster non-delivery"
    if not case.envelope.sender:
        if not case.classes & (NotifyClass.BOUNCE | NotifyClass.DOUBLE_BOUNCE):
            return Decision()
        recipient = config.text("2bounce_notice_recipient")
        return Decision((case.to_postmaster(Kind.BOUNCE, templates.FAILURE, recipient, what),))
    notices = case.to_sender(Kind.BOUNCE, templates.FAILURE, "non-delivery", NOTIFY_FAILURE)
    if case.classes & NotifyClass.BOUNCE:
        recipient = config.bounce_notice_recipient
        notices.append(case.to_postmaster(Kind.BOUNCE, templates.FAILURE, recipient, what))
    return Decision(tuple(notices))


def _decide_delay(case: _Case) -> Decision:
    if not case.envelope.sender or case.is_from_double_bounce:
        return Decision()
    notices = case.to_sender(Kind.DELAY, templates.DELAY, "delay", NOTIFY_DELAY)
    if case.classes & NotifyClass.DELAY:
        recipient = case.config.delay_notice_recipient
        notices.append(
            case.to_postmaster(Kind.DELAY, templates.DELAY, recipient, "postmaster delay")
        )
    return Decision(tuple(notices))


def _decide_report(case: _Case) -> Decision:
    """A report that the sender asked for: all recipients, or those with NOTIFY=SUCCESS."""
    asked = bool(case.envelope.flags & (FLAG_TRACE | FLAG_VERIFY_ONLY))
    kind, name = (Kind.VERIFY, templates.VERIFY) if asked else (Kind.SUCCESS, templates.SUCCESS)
    what = "delivery status"
    if case.is_from_double_bounce:
        return Decision(info=_not_sending("double-bounce"))
    if case.envelope.sender:
        return Decision(tuple(case.to_sender(kind, name, what, 0 if asked else NOTIFY_SUCCESS)))
    if not case.classes & NotifyClass.DOUBLE_BOUNCE:
        return Decision(info=_not_sending("single-bounce"))
    recipient = case.config.text("2bounce_notice_recipient")
    return Decision((case.to_postmaster(kind, name, recipient, f"sender {what}", False),))


def _not_sending(what: str) -> str:
    return f"not sending trace/success notification for {what} message"


_DECISIONS: MappingProxyType[Kind, Callable[[_Case], Decision]] = MappingProxyType(
    {
        Kind.BOUNCE: _decide_failure,
        Kind.DELAY: _decide_delay,
        Kind.SUCCESS: _decide_report,
        Kind.VERIFY: _decide_report,
    }
)


# -- content -----------------------------------------------------------------------------


def compose(
    notice: Notice,
    envelope: Envelope,
    recipients: Sequence[ReportedRecipient],
    original: Iterable[bytes],
    config: Config,
    now: float,
) -> Iterator[bytes]:
    """The content of a notice, in pieces.

    ``original`` gives the content of the reported message in pieces of any size; it is read
    no further than needed. ``now`` is in seconds since the epoch. Raises ConfigError when the template
    has a bad ``$name``.
    """
    parts = _Parts(notice, envelope, config, now)
    yield _octets(parts.header())
    yield _octets(parts.notification(recipients or notice.recipients))
    yield _octets(parts.delivery_status(recipients or notice.recipients))
    headers_only = _is_headers_only(notice, envelope, config)
    yield _octets(parts.original_header(headers_only))
    yield from (_header_part(original) if headers_only else original)
    yield _octets(f"\n--{parts.boundary}--\n")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_headers_only(notice: Notice, envelope: Envelope, config: Config) -> bool:
    """Whether the original's body stays out."""
    if notice.kind is not Kind.BOUNCE or envelope.ret == "HDRS":
        return True
    if notice.is_copy and envelope.sender:
        return True
    limit = config.bounce_size_limit
    return 0 < limit < (envelope.stored or envelope.size)


class _Parts:
    """The parts of one notice."""

    def __init__(self, notice: Notice, envelope: Envelope, config: Config, now: float) -> None:
        self._notice = notice
        self._envelope = envelope
        self._config = config
        self._now = now
        self._sender = envelope.sender or mail_daemon_address(config)
        self._is_utf8 = bool(envelope.flags & FLAG_SMTPUTF8)
        self.boundary = f"{envelope.queue_id}.{int(now)}/{config.myhostname}"

    def header(self) -> str:
        """The header of the notice and the preamble."""
        notice = self._notice
        template = notice.template
        subject = template.postmaster_subject if notice.is_copy else template.subject
        submitted = "auto-generated" if notice.is_copy else "auto-replied"
        lines = [
            f"Date: {format_date(self._now)}",
            f"From: {templates.template_sender(template, self._config)}",
            f"Subject: {subject}",
            f"To: {printable(quote_address(notice.recipient))}",
        ]
        if notice.thread:
            thread = printable(notice.thread)
            lines += [f"References: {thread}", f"In-Reply-To: {thread}"]
        lines += [
            f"Auto-Submitted: {submitted}",
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=delivery-status;",
            f'\tboundary="{self.boundary}"',
        ]
        if notice.encoding:
            lines.append(f"Content-Transfer-Encoding: {notice.encoding}")
        return "\n".join(lines) + "\n\nThis is a MIME-encapsulated message.\n"

    def notification(self, recipients: Sequence[ReportedRecipient]) -> str:
        """The part for people. The postmaster's copies lack the explanation."""
        template = self._notice.template
        charset = templates.template_charset(template, self._config)
        explanation = "" if self._notice.is_copy else expand_text(template, self._config).text
        people = "\n".join(describe(recipient, self._text(recipient)) for recipient in recipients)
        head = self._part("Notification", f"text/plain; charset={charset}", self._is_8bit())
        return f"{head}{explanation}\n{people}"

    def delivery_status(self, recipients: Sequence[ReportedRecipient]) -> str:
        """The part for programs."""
        kind = "message/global-delivery-status" if self._is_utf8 else "message/delivery-status"
        retry_until = self._retry_until()
        fields = "".join(
            recipient_fields(self._config, recipient, self._text(recipient), retry_until)
            for recipient in recipients
        )
        head = self._part("Delivery report", kind, self._is_utf8)
        return head + message_fields(self._config, self._envelope, self._sender) + fields

    def original_header(self, headers_only: bool) -> str:
        """What stands before the original."""
        is_failure = self._notice.kind in (Kind.BOUNCE, Kind.DELAY)
        title = "Undelivered Message" if is_failure else "Message"
        kind = _ORIGINAL_TYPES[headers_only, self._is_utf8]
        title += " Headers" if headers_only else ""
        path = f"Return-Path: <{printable(quote_address(self._sender))}>\n"
        return self._part(title, kind, self._is_8bit()) + path

    def _part(self, description: str, content_type: str, is_8bit: bool) -> str:
        lines = [
            f"\n--{self.boundary}",
            f"Content-Description: {description}",
            f"Content-Type: {content_type}",
        ]
        if is_8bit:
            lines.append("Content-Transfer-Encoding: 8bit")
        return "\n".join(lines) + "\n\n"

    def _is_8bit(self) -> bool:
        return self._notice.encoding == "8bit"

    def _text(self, recipient: ReportedRecipient) -> str:
        """What happened; reports of deliveries say by which way."""
        is_report = self._notice.kind in (Kind.SUCCESS, Kind.VERIFY)
        if is_report and recipient.relay not in ("", "none"):
            return f"delivery via {recipient.relay}: {recipient.text}"
        return recipient.text

    def _retry_until(self) -> float:
        if self._notice.kind is not Kind.DELAY:
            return 0.0
        return self._envelope.arrival_time + self._config.maximal_queue_lifetime


# (headers only, SMTPUTF8) -> content type (RFC 6533 for the latter)
_ORIGINAL_TYPES = MappingProxyType(
    {
        (False, False): "message/rfc822",
        (True, False): "text/rfc822-headers",
        (False, True): "message/global",
        (True, True): "message/global-headers",
    }
)


def _header_part(original: Iterable[bytes]) -> Iterator[bytes]:
    """The original up to the end of its header, at most MAX_HEADER octets."""
    room = MAX_HEADER
    held = b""
    for chunk in original:
        held += chunk
        end = held.find(b"\n\n")
        if end >= 0:
            held = held[: end + 1]
            break
        if len(held) > room:
            break
        yield held[:-1]
        room -= len(held) - 1
        held = held[-1:]
    yield held[:room]
