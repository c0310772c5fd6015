"""S19: hard caps of the engine: lines, recipients, errors, content that never ends."""

from __future__ import annotations

import pytest

from pyfixcli.protocol.buffer import InputBuffer
from pyfixcli.protocol.data import MAX_PARTIAL, BareNewline, DotReader
from tests.support.smtp_session import Session, make_settings

START = ("EHLO x.test", "MAIL FROM:<a@example.org>")


def test_s19_recipients_are_limited() -> None:
    """smtpd_recipient_limit; soon the session ends for its errors."""
    settings = make_settings(
        recipient_limit=10, recipient_overshoot_limit=5, hard_error_limit=20, error_sleep_time=0
    )
    session = Session(settings)
    session.say(*START)
    for number in range(1000):
        if session.is_closed:
            break
        session.say(f"RCPT TO:<r{number}@example.test>")
    assert len(session.engine.state.transaction.recipients) <= 10
    assert session.is_closed and number < 40


def test_s19_commands_that_bring_nothing_end_the_session() -> None:
    """smtpd_junk_command_limit."""
    session = Session(make_settings(junk_command_limit=100, hard_error_limit=20))
    count = 0
    while not session.is_closed and count < 1000:
        session.say("NOOP")
        count += 1
    assert count == 120


@pytest.mark.parametrize("mode", list(BareNewline))
def test_s19_content_without_line_ends_is_passed_on(mode: BareNewline) -> None:
    """The reader keeps no more than the start of a line."""
    reader = DotReader(mode)
    total = sum(len(reader.feed(b"x" * 65536)[0]) for _ in range(100))
    assert total >= 100 * 65536 - MAX_PARTIAL


def test_s19_a_command_line_without_end_is_not_kept() -> None:
    """Whatever comes, the buffer stays small."""
    buffer = InputBuffer(2048)
    for _ in range(1000):
        buffer.append(b"x" * 65536)
        assert buffer.take_line() is None
    assert buffer.mark[1] <= 65536


def test_s19_the_rest_of_a_long_line_is_no_command() -> None:
    """It is thrown away up to its end."""
    buffer = InputBuffer(10)
    buffer.append(b"NOOP " + b"x" * 100)
    assert buffer.take_line() is None
    buffer.append(b"QUIT\r\nRSET\r\n")
    first, second = buffer.take_line(), buffer.take_line()
    assert first is not None and second is not None
    assert (first.octets, first.is_long, second.octets) == (b"NOOP xxxxx", True, b"RSET")


def test_s19_a_long_reply_text_is_one_reply() -> None:
    """What a client sent comes back printable and on one line."""
    session = Session(make_settings())
    reply = session.feed(b"VRFY <a\x1b]0;x\x07b@example.test>\r\n")
    assert reply.count(b"\r\n") == 1 and b"\x1b" not in reply
