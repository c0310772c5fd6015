"""Notices about sessions: whom they go to and what they look like, as the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.bounce.session_notice import CLIENT, client_notice, server_notice, session_classes
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.notify_class import NotifyClass
from pyfixcli.mail.transcript import Transcript

SETTINGS = {
    "myhostname": "mail.example.test",
    "mail_name": "Postfix",
    "error_notice_recipient": "carol@example.test",
    "bounce_notice_recipient": "bob@example.test",
}
CONFIG = Config("/nowhere", SETTINGS)


def make_transcript(errors: NotifyClass) -> Transcript:
    transcript = Transcript()
    transcript.say(b"220 mail.example.test ESMTP\r\n")
    transcript.hear(b"FOO")
    transcript.errors = errors
    return transcript


def test_a_notice_of_the_server() -> None:
    transcript = make_transcript(NotifyClass.PROTOCOL)
    notice = server_notice(CONFIG, "unknown[192.0.2.10]", transcript, "", 0.0)
    assert notice.sender == "double-bounce@mail.example.test"
    assert notice.recipient == "carol@example.test"
    assert notice.content.decode().splitlines()[1:] == [
        "From: Mail Delivery System <MAILER-DAEMON@mail.example.test>",
        "To: Postmaster <carol@example.test>",
        "Subject: Postfix SMTP server: errors from unknown[192.0.2.10]",
        "",
        "Transcript of session follows.",
        "",
        " Out: 220 mail.example.test ESMTP",
        " In:  FOO",
        "",
        "",
        "For other details, see the local mail logfile",
    ]


def test_a_notice_with_an_obsolete_header() -> None:
    config = Config("/nowhere", {**SETTINGS, "header_from_format": "obsolete"})
    text = server_notice(config, "x[::1]", make_transcript(NotifyClass.PROTOCOL), "", 0.0).content
    assert b"\nFrom: MAILER-DAEMON@mail.example.test (Mail Delivery System)\n" in text
    assert b"\nTo: carol@example.test (Postmaster)\n" in text


def test_a_notice_says_why_the_session_ended() -> None:
    transcript = make_transcript(NotifyClass.PROTOCOL)
    text = server_notice(CONFIG, "x[::1]", transcript, "lost connection", 0.0).content
    assert b" In:  FOO\n\nSession aborted, reason: lost connection\n\nFor other" in text


def test_refused_recipients_are_reported_to_bounce_notice_recipient() -> None:
    """The header names the other one all the same."""
    notice = server_notice(CONFIG, "x[::1]", make_transcript(NotifyClass.BOUNCE), "", 0.0)
    assert notice.recipient == "bob@example.test"
    assert b"\nTo: Postmaster <carol@example.test>\n" in notice.content


def test_a_notice_of_the_client() -> None:
    transcript = make_transcript(NotifyClass.PROTOCOL)
    notice = client_notice(CONFIG, "mx.test[192.0.2.1]:25", transcript, CLIENT, 0.0)
    text = notice.content.decode()
    assert "Subject: Postfix SMTP client: errors from mx.test[192.0.2.1]:25\n" in text
    assert "\n\nUnexpected response from mx.test[192.0.2.1]:25.\n\nTranscript of" in text
    assert text.endswith(" In:  FOO\n\nFor other details, see the local mail logfile\n")


def test_classes_that_are_not_about_sessions_cost_nothing() -> None:
    assert not session_classes(Config("/nowhere", {"notify_classes": "2bounce, delay"}))


def test_an_unknown_class_stops_the_service() -> None:
    with pytest.raises(ConfigError, match='unknown notify_classes value "nonsense"'):
        session_classes(Config("/nowhere", {"notify_classes": "nonsense"}))
