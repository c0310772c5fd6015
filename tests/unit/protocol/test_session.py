"""The SMTP server's engine: limits, the end of sessions, pipelining, odd lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.data import BareNewline
from pyfixcli.protocol.events import Connected, DataStart, Mail, Question
from pyfixcli.protocol.server import EngineMisuse, SmtpServer
from tests.support.smtp_session import CLIENT, Session, make_settings

GREET = "EHLO client.test"
SENDER = "MAIL FROM:<a@example.org>"
RECIPIENT = "RCPT TO:<alice@example.test>"
START = (GREET, SENDER, RECIPIENT)


def make_session(**changes: object) -> Session:
    return Session(make_settings(**changes))


def started(**changes: object) -> Session:
    """A session with a sender and a recipient."""
    session = make_session(**changes)
    session.say(*START)
    return session


def refuse(kind: type[Question], reply: Reply) -> Session:
    """A session that refuses one kind of question."""
    return Session(decide=lambda question: reply if type(question) is kind else question.accept)


# -- limits, errors, the end ---------------------------------------------------------------


def test_too_many_errors_end_the_session() -> None:
    """smtpd_hard_error_limit."""
    session = make_session(hard_error_limit=3)
    session.say(GREET, "FOO", "FOO")
    assert session.say("FOO") == ["421 4.7.0 mail.example.test Error: too many errors"]
    assert session.log == [f"too many errors after UNKNOWN from {CLIENT}"]


def test_a_message_makes_up_for_errors() -> None:
    """Both counters start again."""
    session = make_session(hard_error_limit=3)
    session.say(GREET, "FOO", "FOO", SENDER, RECIPIENT, "DATA", ".", "FOO", "FOO")
    assert not session.is_closed


def test_junk_commands_become_errors() -> None:
    """smtpd_junk_command_limit; the replies stay positive."""
    session = make_session(junk_command_limit=2, hard_error_limit=2)
    session.say(GREET, "NOOP", "RSET", "NOOP")
    assert not session.is_closed
    assert session.say("VRFY alice") == ["421 4.7.0 mail.example.test Error: too many errors"]


def test_replies_are_delayed_after_some_errors() -> None:
    """smtpd_soft_error_limit, smtpd_error_sleep_time."""
    session = make_session(soft_error_limit=1, error_sleep_time=2.5)
    session.say("FOO")
    before = session.engine.reply_delay
    session.say("FOO")
    assert (before, session.engine.reply_delay) == (0.0, 2.5)


def test_counts_are_those_of_the_log() -> None:
    """In the reference's order, with what succeeded before what was tried."""
    session = make_session()
    session.say(
        "EHLO client.test",
        "XCLIENT NAME=x",
        "FOO",
        SENDER,
        "RCPT TO:<nosuch@example.test>",
        RECIPIENT,
        "DATA",
        ".",
        "QUIT",
    )
    assert str(session.engine.counts) == (
        "ehlo=1 xclient=0/1 mail=1 rcpt=1/2 data=1 quit=1 unknown=0/1 commands=5/8"
    )


def test_a_broken_off_message_counts_as_failed() -> None:
    """data=0/1."""
    session = started()
    session.say("DATA")
    session.feed(b"")
    assert str(session.engine.counts) == "ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4"


def test_no_commands_are_counted_as_such() -> None:
    """commands=0/0."""
    assert str(make_session().engine.counts) == "commands=0/0"


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ((), "CONNECT"),
        ((GREET,), "EHLO"),
        ((GREET, SENDER), "MAIL"),
        ((GREET, "RSET"), "RSET"),
        (("FOO",), "UNKNOWN"),
    ],
)
def test_a_lost_connection_is_logged_with_the_last_command(
    lines: tuple[str, ...], where: str
) -> None:
    """``lost connection after``."""
    session = make_session()
    session.say(*lines)
    session.feed(b"")
    assert session.log == [f"lost connection after {where} from {CLIENT}"]


def test_a_client_may_hang_up_after_its_message() -> None:
    """That is no lost connection."""
    session = started()
    session.say("DATA", ".")
    session.feed(b"")
    assert (session.is_closed, session.log) == (True, [])


def test_a_half_closed_connection_is_served_to_its_end() -> None:
    """Commands that came before the end of file are answered."""
    session = started()
    session.say("DATA")
    session.engine.receive_data(b"x\r\n.\r\nNOOP\r\n")
    assert session.feed(b"").endswith(b"queued as Q1\r\n250 2.0.0 Ok\r\n")


def test_a_silent_client_is_sent_away() -> None:
    """smtpd_timeout."""
    session = started()
    session.engine.time_out()
    session.run()
    assert session.output.endswith(b"421 4.4.2 mail.example.test Error: timeout exceeded\r\n")
    assert session.log == [f"timeout after RCPT from {CLIENT}"]


@pytest.mark.parametrize("code", [421, 521])
def test_some_codes_end_the_session(code: int) -> None:
    """Whoever gives them."""
    session = refuse(Mail, Reply(code, f"{code // 100}.7.0", "go away"))
    session.say(GREET, SENDER)
    assert session.is_closed


# -- pipelining ----------------------------------------------------------------------------


def test_a_batch_is_answered_in_order() -> None:
    """RFC 2920."""
    session = make_session()
    session.say(GREET)
    batch = f"RSET\r\n{SENDER}\r\nRCPT TO:<nosuch@x.test>\r\n{RECIPIENT}\r\nDATA\r\n"
    found = session.feed(batch.encode()).split(b"\r\n")
    assert [line[:3] for line in found] == [b"250", b"250", b"550", b"250", b"354", b""]


@pytest.mark.parametrize(
    "data",
    [
        b"EHLO a.test\r\nNOOP\r\n",
        b"NOOP\r\nNOOP\r\n",
        b"HELO a.test\r\nMAIL FROM:<a@b.test>\r\n",
    ],
)
def test_unauthorized_pipelining_ends_the_session(data: bytes) -> None:
    """smtpd_forbid_unauth_pipelining."""
    session = make_session()
    assert session.feed(data) == b"554 5.5.0 Error: SMTP protocol synchronization\r\n"
    assert session.is_closed


def test_pipelining_without_ehlo_is_unauthorized() -> None:
    """HELO offers nothing."""
    session = make_session()
    session.say("HELO a.test")
    session.feed(f"{SENDER}\r\n{RECIPIENT}\r\n".encode())
    assert session.log == [
        f"improper command pipelining after MAIL from {CLIENT}: {RECIPIENT}\\r\\n"
    ]


def test_content_in_the_packet_of_data_is_unauthorized() -> None:
    """The client did not wait for 354."""
    session = started()
    assert session.feed(b"DATA\r\nSubject: x\r\n\r\n.\r\n").startswith(b"554 5.5.0 ")


def test_who_speaks_before_the_greeting_is_sent_away() -> None:
    """Before it was written, that is."""
    engine = SmtpServer(make_settings(), CLIENT)
    engine.receive_data(b"EHLO early\r\n")
    event = engine.next_event()
    assert isinstance(event, Connected)
    assert engine.send(event.accept) == b"554 5.5.0 Error: SMTP protocol synchronization\r\n"


def test_unauthorized_pipelining_may_be_tolerated_and_is_logged_once() -> None:
    """The default of old releases."""
    session = make_session(forbid_unauth_pipelining=False)
    session.say(GREET)
    session.feed(b"NOOP\r\nNOOP\r\nNOOP\r\n")
    assert len(session.log) == 1


def test_chunks_may_be_pipelined() -> None:
    """RFC 3030."""
    session = make_session()
    session.say(GREET)
    data = f"{SENDER}\r\n{RECIPIENT}\r\nBDAT 3\r\nabcBDAT 5 LAST\r\nxyz\r\n".encode()
    replies = session.feed(data).split(b"\r\n")
    assert replies[2:] == [b"250 2.0.0 Ok: 3 bytes", b"250 2.0.0 Ok: 8 bytes queued as Q1", b""]


# -- misuse --------------------------------------------------------------------------------


def test_a_question_must_be_answered_first() -> None:
    """Our own fault raises."""
    engine = SmtpServer(make_settings(), CLIENT)
    engine.next_event()
    with pytest.raises(EngineMisuse):
        engine.next_event()


def test_there_must_be_a_question_to_answer() -> None:
    """Our own fault raises."""
    session = make_session()
    with pytest.raises(EngineMisuse):
        session.engine.send(Reply(250, "", "x"))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_octets_may_come_in_any_pieces(size: int) -> None:
    """The dialogue is the same."""
    data = f"{GREET}\r\n{SENDER}\r\n{RECIPIENT}\r\nDATA\r\nSubject: x\r\n\r\n..y\r\n.\r\nQUIT\r\n"
    session = make_session(forbid_unauth_pipelining=False)
    octets = data.encode()
    for start in range(0, len(octets), size):
        session.feed(octets[start : start + size])
    assert session.messages[0].content == b"Subject: x\n\n.y\n"
    assert session.output.endswith(b"221 2.0.0 Bye\r\n")


# -- lines ---------------------------------------------------------------------------------


def test_a_long_command_is_cut_and_warned_about() -> None:
    """line_length_limit."""
    session = make_session(line_length_limit=600)
    assert session.say("NOOP " + "x" * 3000) == ["250 2.0.0 Ok"]
    assert session.log == [f"{CLIENT}: request longer than 600: NOOP {'x' * 25}..."]


def test_s19_a_line_without_end_is_not_kept() -> None:
    """However much comes."""
    session = make_session()
    for _ in range(1000):
        session.feed(b"x" * 65536)
    assert session.engine._dialogue.input.mark[1] <= 65536 + 2048


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"MAIL FROM:<a\0b@example.org>", b"501 5.1.7 Bad sender address syntax"),
        (b"MAIL FROM:<a@example.org>\0 SIZE=1", b"501 5.1.7 Bad sender address syntax"),
        (b"MAIL FROM:<a\rb@example.org>", b"501 5.1.7 Bad sender address syntax"),
        (b"MAIL FROM:<a\xc2\x85b@example.org>", b"501 5.1.7 Bad sender address syntax"),
        (b"MAIL FROM:<a@example.org> ENVID=a+00b", b"501 5.5.4 Bad ENVID parameter syntax"),
        (b"MAIL FROM:<a@example.org> ENVID=a+0Ab", b"501 5.5.4 Bad ENVID parameter syntax"),
        (b"EHLO a\0b", b"501 Syntax: EHLO hostname"),
        (b"HE\0LO client.test", b"500 5.5.2 Error: command not recognized"),
        (b"NOOP \xe4", b"500 5.5.2 Error: bad UTF-8 syntax"),
    ],
)
def test_s24_nul_and_line_breaks_do_not_get_in(line: bytes, reply: bytes) -> None:
    """As they are, or encoded."""
    assert make_session().feed(line + b"\r\n") == reply + b"\r\n"


@pytest.mark.parametrize("text", ["alice\0@x.test", "alice\r@x.test", "al\u2028ice@x.test"])
def test_s24_recipients_have_no_nul_and_no_line_breaks(text: str) -> None:
    """S10 asks for the same."""
    replies = make_session().say(
        GREET, SENDER, f"RCPT TO:<{text}>", f"{RECIPIENT} ORCPT=rfc822;a+00b"
    )
    assert replies[2:] == [
        "501 5.1.3 Bad recipient address syntax",
        "501 5.5.4 Error: Bad ORCPT parameter syntax",
    ]


def test_bare_newlines_in_commands_can_be_refused() -> None:
    """smtpd_forbid_bare_newline = reject."""
    session = make_session(forbid_bare_newline=BareNewline.REJECT)
    assert session.feed(b"EHLO out.test\n") == (
        b"550 5.5.2 mail.example.test Error: bare <LF> received\r\n"
    )
    assert session.is_closed
    assert session.log == [f"reject: CONNECT from {CLIENT}: bare <LF> received; proto=SMTP"]


def test_bare_newlines_in_content_can_be_refused() -> None:
    """At the end of the message; the session goes on."""
    session = started(forbid_bare_newline=BareNewline.REJECT)
    session.say("DATA")
    assert session.feed(b"one\ntwo\r\n.\r\n") == (
        b"550 5.5.2 mail.example.test Error: bare <LF> received\r\n"
    )
    assert session.log == [
        f"reject: END-OF-MESSAGE from {CLIENT}: bare <LF> received;"
        " from=<a@example.org> to=<alice@example.test> proto=ESMTP helo=<client.test>"
    ]
    assert session.say(RECIPIENT) == ["503 5.5.1 Error: need MAIL command"]


def test_a_refused_data_command_leaves_the_transaction() -> None:
    """smtpd_data_restrictions."""
    session = refuse(DataStart, Reply(450, "4.7.1", "later"))
    session.say(*START)
    assert session.say("DATA", "RSET") == ["450 4.7.1 later", "250 2.0.0 Ok"]


WORDS = st.sampled_from(
    [
        b"EHLO x.test\r\n",
        b"HELO x\r\n",
        b"MAIL FROM:<a@x.test>",
        b"RCPT TO:<alice@example.test>",
        b" SIZE=1 BODY=8BITMIME",
        b" ORCPT=rfc822;a+2Bb NOTIFY=NEVER",
        b"DATA\r\n",
        b"BDAT 3 LAST\r\n",
        b"BDAT 2\r\n",
        b".\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"<",
        b'"',
        b"\\",
        b"\xff",
        "\u2028".encode(),
        b"RSET\r\n",
        b"QUIT\r\n",
        b"VRFY a@b\r\n",
        b"ETRN x\r\n",
        b"x" * 3000,
    ]
)


@given(st.lists(WORDS, max_size=25), st.integers(1, 50), st.booleans())
def test_nothing_that_a_client_sends_is_our_fault(
    words: list[bytes], size: int, is_forbidden: bool
) -> None:
    """No exception, and replies that are lines."""
    session = make_session(forbid_unauth_pipelining=is_forbidden, error_sleep_time=0)
    data = b"".join(words)
    for position in range(0, len(data), size):
        session.feed(data[position : position + size])
    session.feed(b"")
    assert session.is_closed
    assert session.output.endswith(b"\r\n")
    assert session.output.count(b"\n") == session.output.count(b"\r\n")
