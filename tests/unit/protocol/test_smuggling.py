"""S1: one message in is one message, whatever stands around a dot."""

from __future__ import annotations

import itertools

import pytest

from pyfixcli.protocol.data import BareNewline
from tests.support.smtp_session import Session, make_settings

ENDS = (b"\r\n", b"\n", b"\r", b"\0", b"\r\r\n", b"\n\r", b"\r\0\n")
EVIL = b"MAIL FROM:<evil@example.org>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nx\r\n.\r\n"
PAIRS = [
    (before, after)
    for before, after in itertools.product(ENDS, ENDS)
    if not (before.endswith(b"\r\n") and after.startswith(b"\r\n"))
]


def in_data(mode: BareNewline) -> Session:
    """A session that waits for content."""
    session = Session(make_settings(forbid_bare_newline=mode, forbid_unauth_pipelining=False))
    session.say("EHLO x.test", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.test>", "DATA")
    return session


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_s1_only_crlf_dot_crlf_ends_a_message(before: bytes, after: bytes) -> None:
    """The second MAIL is content of the first message."""
    session = in_data(BareNewline.NORMALIZE)
    session.feed(b"Subject: x\r\n\r\nbody" + before + b"." + after + EVIL)
    assert [message.sender for message in session.messages] == ["a@example.org"]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_s1_octet_by_octet_is_no_different(before: bytes, after: bytes) -> None:
    """The cut between two packets means nothing."""
    session = in_data(BareNewline.NORMALIZE)
    octets = b"Subject: x\r\n\r\nbody" + before + b"." + after + EVIL
    for position in range(len(octets)):
        session.feed(octets[position : position + 1])
    whole = in_data(BareNewline.NORMALIZE)
    whole.feed(octets)
    assert session.messages == whole.messages


@pytest.mark.parametrize(
    ("before", "after"), [pair for pair in PAIRS if b"\n" in pair[0] + pair[1]]
)
def test_s1_reject_mode_takes_no_message_with_a_bare_newline(before: bytes, after: bytes) -> None:
    """smtpd_forbid_bare_newline = reject: the message is refused at its end."""
    session = in_data(BareNewline.REJECT)
    replies = session.feed(b"Subject: x\r\n\r\nbody" + before + b"." + after + EVIL)
    is_bare = any(end in (b"\n", b"\n\r", b"\r\0\n") for end in (before, after))
    assert bool(session.messages) is not is_bare
    assert (b"bare <LF> received" in replies) is is_bare


def test_s1_reject_mode_ends_the_session_with_521() -> None:
    """smtpd_forbid_bare_newline_reject_code = 521."""
    settings = make_settings(
        forbid_bare_newline=BareNewline.REJECT, forbid_bare_newline_reject_code=521
    )
    session = Session(settings)
    session.say("EHLO x.test", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.test>", "DATA")
    assert session.feed(b"one\ntwo\r\n.\r\n").startswith(b"521 5.5.2 ")
    assert (session.is_closed, session.messages) == (True, [])


def test_s1_crlf_dot_crlf_ends_a_message() -> None:
    """What follows is a command."""
    session = in_data(BareNewline.NORMALIZE)
    session.feed(b"x\r\n.\r\n" + EVIL)
    assert len(session.messages) == 2


def test_s1_chunks_know_no_dots() -> None:
    """BDAT is counted, not searched."""
    session = Session(make_settings())
    session.say("EHLO x.test", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.test>")
    content = b"x\r\n.\r\n" + EVIL
    session.feed(b"BDAT %d LAST\r\n" % len(content) + content)
    assert [message.sender for message in session.messages] == ["a@example.org"]
