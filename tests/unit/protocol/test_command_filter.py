"""The engine gives commands to the session before it executes them; strict_smtputf8; tables that fail before EHLO."""

from __future__ import annotations

import pytest

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.events import NEED_DATA, CommandLine, Connected, Level
from pyfixcli.protocol.server import EngineMisuse, SmtpServer
from tests.support.smtp_session import CLIENT, Session, make_settings

NEED_SMTPUTF8 = "553 5.6.7 Must declare SMTPUTF8 to send unicode address"


def make_engine() -> SmtpServer:
    """One that filters, after its greeting."""
    engine = SmtpServer(make_settings(filters_commands=True, expects_waiting=False), CLIENT)
    event = engine.next_event()
    assert isinstance(event, Connected)
    engine.send(event.accept)
    return engine


@pytest.mark.parametrize("line", ["HELO", "", "  foo x ", "foo\0x"])
def test_a_command_comes_as_it_was_said(line: str) -> None:
    """Empty ones too, and with all blanks."""
    engine = make_engine()
    engine.receive_data(line.encode() + b"\r\n")
    assert engine.next_event() == CommandLine(line)


def test_what_is_given_back_is_executed() -> None:
    """The next command is asked for in turn, although it is there already."""
    engine = make_engine()
    engine.receive_data(b"one\r\ntwo\r\n")
    engine.next_event()
    engine.execute("NOOP")
    answered = engine.next_event()
    assert getattr(answered, "reply", None) == Reply(250, "2.0.0", "Ok")
    assert engine.next_event() == CommandLine("two")
    engine.execute("")
    answered = engine.next_event()
    assert getattr(answered, "reply", None) == Reply(500, "5.5.2", "Error: bad syntax")
    assert engine.next_event() is NEED_DATA


def test_a_command_has_to_be_given_back() -> None:
    """And only one that was asked about can be."""
    engine = make_engine()
    with pytest.raises(EngineMisuse):
        engine.execute("NOOP")
    engine.receive_data(b"one\r\n")
    engine.next_event()
    with pytest.raises(EngineMisuse):
        engine.next_event()


@pytest.mark.parametrize(
    ("commands", "reply"),
    [
        (("MAIL FROM:<ä@example.test>",), NEED_SMTPUTF8),
        (('MAIL FROM:<"ä b"@example.test>',), NEED_SMTPUTF8),
        (("MAIL FROM:<a@ä.test>",), "501 5.1.7 Bad sender address syntax"),
        (("MAIL FROM:<a@xn--4ca.test>",), "250 2.1.0 Ok"),
        (("MAIL FROM:<ä@example.test> SMTPUTF8",), "250 2.1.0 Ok"),
        (("MAIL FROM:<a@b.test>", "RCPT TO:<ä@example.test>"), NEED_SMTPUTF8),
        (("MAIL FROM:<a@b.test>", "RCPT TO:<ä.test>"), NEED_SMTPUTF8),
        (("MAIL FROM:<> SMTPUTF8", "RCPT TO:<ä@example.test>"), "250 2.1.5 Ok"),
        (("VRFY ä@example.test",), NEED_SMTPUTF8),
        (("VRFY ä@example.test SMTPUTF8",), "252 2.0.0 ä@example.test"),
    ],
)
def test_strict_smtputf8(commands: tuple[str, ...], reply: str) -> None:
    """Replies were read off the reference."""
    session = Session(make_settings(strict_smtputf8=True))
    assert session.say("EHLO client.test", *commands)[-1] == reply


def test_without_strict_smtputf8_local_parts_are_taken() -> None:
    """The default."""
    session = Session()
    said = session.say("EHLO client.test", "MAIL FROM:<ä@example.test>", "RCPT TO:<ä@b.test>")
    assert said[1:] == ["250 2.1.0 Ok", "250 2.1.5 Ok"]


def test_a_failing_table_of_extensions_ends_a_session_that_asks_for_them() -> None:
    """HELO does not, and neither does EHLO without a name."""
    settings = make_settings(
        discard_trouble=("why",), discard_notice="discarding EHLO keywords: DSN"
    )
    session = Session(settings)
    assert session.say("EHLO", "HELO a") == ["501 Syntax: EHLO hostname", "250 mail.example.test"]
    refused = "421 4.3.0 mail.example.test Server local data error"
    assert session.say("EHLO a") == [refused]
    assert session.is_closed
    assert session.log == [
        "why",
        "discarding EHLO keywords: DSN",
        f"don't know what EHLO features to announce to {CLIENT}",
        f"reject: EHLO from {CLIENT}: {refused}",
    ]
    notes = [note for event in session.events for note in getattr(event, "notes", ())]
    assert [note.level for note in notes] == [
        Level.WARNING,
        Level.INFO,
        Level.WARNING,
        Level.INFO,
    ]
