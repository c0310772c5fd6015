"""Notices to the postmaster with the transcript of an SMTP session (postconf(5) notify_classes).

See also: error_notice_recipient, bounce_notice_recipient.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.base.errors import ConfigError
from pyfixcli.bounce.template import OBSOLETE_FROM, STANDARD_FROM
from pyfixcli.config.double_bounce import double_bounce_address
from pyfixcli.config.inspected_mail import NOTIFY, inspected_classes
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import printable
from pyfixcli.mail.date import format_date
from pyfixcli.mail.notify_class import OF_SESSIONS, NotifyClass, parse_notify_classes
from pyfixcli.mail.transcript import Transcript

SERVER = "SMTP server"
CLIENT = "SMTP client"
LMTP_CLIENT = "LMTP client"
INTRODUCTION = "Transcript of session follows.\n"
DETAILS = "\nFor other details, see the local mail logfile\n"


@dataclass(frozen=True, slots=True)
class SessionNotice:
    """A message to the postmaster: its envelope, its content with newline line ends, and whether that is looked at."""

    sender: str
    recipient: str
    content: bytes
    is_inspected: bool


def session_classes(config: Config) -> NotifyClass:
    """What transcripts are sent for; ConfigError for an unknown word in notify_classes."""
    try:
        return parse_notify_classes(config.notify_classes) & OF_SESSIONS
    except ValueError as error:
        raise ConfigError(str(error)) from error


def server_notice(
    config: Config, client: str, transcript: Transcript, reason: str, now: float
) -> SessionNotice:
    """About a session of smtpd(8); ``reason`` says why it was aborted, if it was. ConfigError."""
    aborted = f"Session aborted, reason: {reason}\n" if reason else ""
    text = f"{INTRODUCTION}\n{_lines(transcript)}\n{aborted}{DETAILS}"
    return _notice(config, SERVER, client, transcript.errors, text, now)


def client_notice(
    config: Config, server: str, transcript: Transcript, title: str, now: float
) -> SessionNotice:
    """About a session of smtp(8) or lmtp(8), named by ``title``, with a server. ConfigError."""
    start = f"Unexpected response from {server}.\n\n"
    text = f"{start}{INTRODUCTION}\n{_lines(transcript)}{DETAILS}"
    return _notice(config, title, server, transcript.errors, text, now)


def _lines(transcript: Transcript) -> str:
    return "".join(f"{line}\n" for line in transcript.lines(printable))


def _notice(
    config: Config, title: str, peer: str, errors: NotifyClass, text: str, now: float
) -> SessionNotice:
    """The header names error_notice_recipient, also when the notice goes to bounce_notice_recipient."""
    is_obsolete = config.header_from_format == "obsolete"
    sender = OBSOLETE_FROM if is_obsolete else STANDARD_FROM
    sender = sender.replace("MAILER-DAEMON", f"MAILER-DAEMON@{config.myhostname}")
    named = config.error_notice_recipient
    header = (
        f"Date: {format_date(now)}\n"
        f"From: {sender}\n"
        f"To: {f'{named} (Postmaster)' if is_obsolete else f'Postmaster <{named}>'}\n"
        f"Subject: {config.mail_name} {title}: errors from {printable(peer)}\n\n"
    )
    recipient = config.bounce_notice_recipient if errors & NotifyClass.BOUNCE else named
    content = (header + text).encode("utf-8", "surrogateescape")
    is_inspected = NOTIFY in inspected_classes(config)
    return SessionNotice(double_bounce_address(config), recipient, content, is_inspected)
