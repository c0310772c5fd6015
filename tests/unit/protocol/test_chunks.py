"""S20: BDAT chunks (RFC 3030)."""

from __future__ import annotations

import pytest

from pyfixcli.protocol.content_phase import MAX_DRAIN
from tests.support.smtp_session import Session, make_settings

START = ("EHLO x.test", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.test>")


def started(**changes: object) -> Session:
    """A session with a sender and a recipient."""
    session = Session(make_settings(**changes))
    session.say(*START)
    return session


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        ("", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("LAST", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("-1 LAST", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("0x10 LAST", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("1 2 LAST", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("1 FIRST", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("\u0661 LAST", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("9" * 30 + " LAST", "521 5.5.4 Syntax: BDAT count [LAST]"),
        ("0", "551 5.7.1 Null BDAT request"),
        ("0 LAST", "250 2.0.0 Ok: 0 bytes queued as Q1"),
        ("0 last", "250 2.0.0 Ok: 0 bytes queued as Q1"),
    ],
)
def test_s20_forms_of_the_command(argument: str, reply: str) -> None:
    """A count that is none means that the stream is lost: the session ends."""
    session = started()
    assert session.say(f"BDAT {argument}".rstrip()) == [reply]
    assert session.is_closed is reply.startswith("521")


def test_s20_a_chunk_that_is_too_big_is_read_and_refused() -> None:
    """The stream stays in step."""
    session = started(message_size_limit=10)
    assert session.feed(b"BDAT 20\r\n" + b"x" * 20) == (
        b"552 5.3.4 Chunk exceeds message size limit\r\n"
    )
    assert session.say("RSET") == ["250 2.0.0 Ok"]


def test_s20_chunks_that_are_too_big_together_are_refused() -> None:
    """message_size_limit counts all of them."""
    session = started(message_size_limit=10)
    session.feed(b"BDAT 6\r\nabcdef")
    assert session.feed(b"BDAT 6 LAST\r\nabcdef").startswith(b"552 5.3.4 ")
    assert session.messages == []


def test_s20_an_absurd_chunk_is_not_read() -> None:
    """Nobody reads terabytes to answer no."""
    session = started(message_size_limit=10)
    assert session.say(f"BDAT {MAX_DRAIN + 1} LAST")[0].startswith("521 5.3.4 ")
    assert session.is_closed


def test_s20_after_a_failure_chunks_are_discarded_until_the_last() -> None:
    """The error is sticky; then the transaction is over."""
    session = started(message_size_limit=10)
    session.feed(b"BDAT 20\r\n" + b"x" * 20)
    assert session.feed(b"BDAT 3\r\nabc") == b"551 5.0.0 Discarded 3 bytes after earlier error\r\n"
    session.feed(b"BDAT 3 LAST\r\nabc")
    assert session.say("RCPT TO:<alice@example.test>") == ["503 5.5.1 Error: need MAIL command"]


def test_s20_data_and_chunks_do_not_mix() -> None:
    """Nor do MAIL and RCPT come between chunks."""
    session = started()
    session.feed(b"BDAT 1\r\nx")
    assert [reply[:3] for reply in session.say("DATA", *START[1:])] == ["503"] * 3


def test_s20_starttls_between_chunks_changes_nothing() -> None:
    """It is refused, and the message goes on."""
    session = started()
    session.feed(b"BDAT 2\r\nx\n")
    session.say("STARTTLS")
    session.feed(b"BDAT 2 LAST\r\ny\n")
    assert session.messages[0].content == b"x\ny\n"


def test_s20_a_connection_lost_in_a_chunk_queues_nothing() -> None:
    """Cut off in the middle."""
    session = started()
    session.feed(b"BDAT 100 LAST\r\nhalf of it")
    session.feed(b"")
    assert (session.messages, session.dropped) == ([], 1)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_s20_the_octets_are_counted_exactly(size: int) -> None:
    """Whatever the packets; a command follows at once."""
    session = started()
    octets = b"BDAT 5\r\na\r\nb\rBDAT 4 LAST\r\n\n\r\ncRSET\r\n"
    for position in range(0, len(octets), size):
        session.feed(octets[position : position + size])
    assert session.messages[0].content == b"a\nb\n\nc\n"
    assert session.output.endswith(b"queued as Q1\r\n250 2.0.0 Ok\r\n")


def test_s19_a_million_tiny_chunks_hold_nothing() -> None:
    """Ten thousand of them, and what the engine keeps does not grow."""
    session = started(message_size_limit=0)
    for _ in range(10000):
        session.feed(b"BDAT 1\r\nx")
    session.events.clear()
    assert session.engine._dialogue.input.mark[1] < 100
    assert len(session.engine._dialogue.events) == 0
