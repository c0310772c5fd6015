"""The SMTP server's engine: dialogues; replies and log lines are the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.events import Connected, DataEnd, Mail, Question
from pyfixcli.protocol.extensions import offered_keywords
from tests.support.smtp_session import CLIENT, Message, Session, make_settings

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


# -- greeting ------------------------------------------------------------------------------


def test_the_greeting_is_the_banner() -> None:
    """smtpd_banner."""
    assert make_session().output == b"220 mail.example.test ESMTP\r\n"


def test_ehlo_names_the_extensions_in_the_references_order() -> None:
    """One line each."""
    assert make_session().feed(b"EHLO client.test\r\n") == (
        b"250-mail.example.test\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n"
        b"250-ETRN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n"
        b"250-SMTPUTF8\r\n250 CHUNKING\r\n"
    )


def test_a_refused_client_gets_nothing_but_goodbye() -> None:
    """With smtpd_delay_reject = no."""
    refusal = Reply(554, "5.7.1", "<x>: Client host rejected: no")
    session = Session(
        decide=lambda question: refusal if isinstance(question, Connected) else question.accept
    )
    denied = f"503 5.7.0 Error: access denied for {CLIENT}"
    assert session.say("NOOP", GREET, SENDER, "QUIT") == [denied, denied, denied, "221 2.0.0 Bye"]


def test_421_at_the_greeting_ends_the_session() -> None:
    """Connection limits answer so."""
    session = Session(decide=lambda question: Reply(421, "4.7.0", "Error: too many connections"))
    assert (session.output, session.is_closed) == (
        b"421 4.7.0 Error: too many connections\r\n",
        True,
    )


# -- order of commands ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (RECIPIENT, "503 5.5.1 Error: need MAIL command"),
        ("DATA", "503 5.5.1 Error: need RCPT command"),
        ("HELO", "501 Syntax: HELO hostname"),
        ("EHLO", "501 Syntax: EHLO hostname"),
        ("HELO two words", "250 mail.example.test"),
        ("MAIL", "501 5.5.4 Syntax: MAIL FROM:<address>"),
        ("MAIL FROM:", "501 5.5.4 Syntax: MAIL FROM:<address>"),
        ("MAIL TO:<a@example.org>", "501 5.5.4 Syntax: MAIL FROM:<address>"),
        ("MAIL FROM: <a@example.org>", "250 2.1.0 Ok"),
        ("mail from:<a@example.org>", "250 2.1.0 Ok"),
        ("  RSET", "250 2.0.0 Ok"),
        ("RSET now", "501 5.5.4 Syntax: RSET"),
        ("NOOP one two", "250 2.0.0 Ok"),
        ("NOOP\rQUIT", "250 2.0.0 Ok"),
        ("QUIT please", "221 2.0.0 Bye"),
        ("VRFY", "501 5.5.4 Syntax: VRFY address [SMTPUTF8]"),
        ("VRFY a b", "501 5.1.3 Bad recipient address syntax"),
        ("VRFY alice", "252 2.0.0 alice"),
        ("VRFY <alice@example.test>", "252 2.0.0 <alice@example.test>"),
        ("VRFY <>", "501 5.1.3 Bad recipient address syntax"),
        ("VRFY alice@example.test SMTPUTF8", "252 2.0.0 alice@example.test"),
        ("ETRN", "500 Syntax: ETRN domain"),
        ("ETRN one two", "500 Syntax: ETRN domain"),
        ("ETRN @relay.test", "250 Queuing started"),
        ("ETRN -bad.test", "501 Error: invalid parameter syntax"),
        ("ETRN [relay.test]", "501 Error: invalid parameter syntax"),
        ("HELP", "500 5.5.2 Error: command not recognized"),
        ("EXPN list", "500 5.5.2 Error: command not recognized"),
        ("STARTTLS", "502 5.5.1 Error: command not implemented"),
        ("STARTTLS now", "501 5.5.4 Syntax: STARTTLS"),
        ("AUTH PLAIN", "503 5.5.1 Error: authentication not enabled"),
        ("XCLIENT NAME=x", "550 5.7.0 Error: insufficient authorization"),
        ("XFORWARD NAME=x", "550 5.7.0 Error: insufficient authorization"),
        ("", "500 5.5.2 Error: bad syntax"),
        ("Foo : bar", "500 5.5.2 Error: command not recognized"),
    ],
)
def test_a_command_without_a_transaction(command: str, reply: str) -> None:
    """Directly after the greeting."""
    assert make_session().say(command) == [reply]


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("DATA", "554 5.5.1 Error: no valid recipients"),
        ("MAIL FROM:<b@example.org>", "503 5.5.1 Error: nested MAIL command"),
        ("RCPT", "501 5.5.4 Syntax: RCPT TO:<address>"),
        ("RCPT FROM:<alice@example.test>", "501 5.5.4 Syntax: RCPT TO:<address>"),
        ("RCPT TO:<>", "501 5.1.3 Bad recipient address syntax"),
        ("ETRN relay.test", "503 Error: MAIL transaction in progress"),
    ],
)
def test_a_command_after_mail(command: str, reply: str) -> None:
    """Within a transaction."""
    assert make_session().say(GREET, SENDER, command)[-1] == reply


def test_data_takes_no_argument() -> None:
    """Not even with recipients."""
    assert started().say("DATA now") == ["501 5.5.4 Syntax: DATA"]


@pytest.mark.parametrize("command", ["MAIL FROM:<a@b.test>", "ETRN b.test"])
def test_helo_can_be_required(command: str) -> None:
    """smtpd_helo_required."""
    reply = make_session(helo_required=True).say(command)[0]
    assert reply.endswith("Error: send HELO/EHLO first")


def test_vrfy_can_be_disabled() -> None:
    """disable_vrfy_command."""
    session = make_session(disable_vrfy_command=True)
    assert session.say("VRFY alice", "VRFY") == ["502 5.5.1 VRFY command is disabled"] * 2


def test_a_header_line_ends_the_session() -> None:
    """Somebody talks HTTP, or sends a message without an envelope."""
    session = make_session()
    assert session.say("Subject: a header line") == [
        "221 2.7.0 Error: I can break rules, too. Goodbye."
    ]
    assert session.is_closed
    assert session.log == [f"non-SMTP command from {CLIENT}: Subject: a header line"]


def test_a_forbidden_command_ends_the_session() -> None:
    """smtpd_forbidden_commands."""
    session = make_session()
    assert session.say("get / HTTP/1.0")[0].startswith("221 2.7.0 ")
    assert session.is_closed


def test_noop_commands_come_before_known_ones() -> None:
    """smtpd_noop_commands overrides known verbs."""
    session = make_session(noop_commands=frozenset(("XBREW", "VRFY")))
    assert session.say("xbrew coffee", "VRFY nobody") == ["250 2.0.0 Ok"] * 2


# -- parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "reply"),
    [
        ("SIZE=50000", "250 2.1.0 Ok"),
        ("SIZE=50001", "552 5.3.4 Message size exceeds fixed limit"),
        ("SIZE=", "501 5.5.4 Bad message size syntax"),
        ("SIZE", "555 5.5.4 Unsupported option: SIZE"),
        ("SIZE=-1", "501 5.5.4 Bad message size syntax"),
        ("SIZE=" + "9" * 26, "552 5.3.4 Message size exceeds file system imposed limit"),
        ("size=10 body=7bit", "250 2.1.0 Ok"),
        ("BODY=BINARYMIME", "555 5.5.4 Unsupported option: BODY=BINARYMIME"),
        ("BODY=", "555 5.5.4 Unsupported option: BODY="),
        ("RET=hdrs ENVID=abc+20def", "250 2.1.0 Ok"),
        ("RET=BODY", "501 5.5.4 Bad RET parameter syntax"),
        ("RET=FULL RET=HDRS", "501 5.5.4 Bad RET parameter syntax"),
        ("ENVID=", "501 5.5.4 Bad ENVID parameter syntax"),
        ("ENVID=a+2x", "501 5.5.4 Bad ENVID parameter syntax"),
        ("ENVID=one ENVID=two", "501 5.5.4 Bad ENVID parameter syntax"),
        ("SMTPUTF8", "250 2.1.0 Ok"),
        ("SMTPUTF8=yes", "555 5.5.4 Unsupported option: SMTPUTF8=yes"),
        ("AUTH=<>", "250 2.1.0 Ok"),
        ("FOO=bar", "555 5.5.4 Unsupported option: FOO=bar"),
        ("SIZE=100 extra", "555 5.5.4 Unsupported option: extra"),
        ("XVERP", "555 5.5.4 Unsupported option: XVERP"),
    ],
)
def test_parameters_of_mail(parameters: str, reply: str) -> None:
    """Each with the reference's reply."""
    session = make_session(message_size_limit=50000)
    assert session.say(GREET, f"{SENDER} {parameters}")[-1] == reply


def test_parameters_of_mail_reach_the_session() -> None:
    """Decoded."""
    session = make_session(verp_delimiters="+=")
    command = f"{SENDER} SIZE=7 BODY=8BITMIME SMTPUTF8 RET=hdrs ENVID=a+2Bb XVERP AUTH=<x>"
    session.say(GREET, command)
    mail = next(event for event in session.events if isinstance(event, Mail))
    found = (mail.size, mail.body, mail.is_smtputf8, mail.ret, mail.envid, mail.verp_delimiters)
    assert found == (7, "8bit", True, "HDRS", "a+b", "+=")


@pytest.mark.parametrize(
    ("parameters", "reply"),
    [
        ("NOTIFY=SUCCESS", "250 2.1.5 Ok"),
        ("NOTIFY=never ORCPT=rfc822;alice+40elsewhere.test", "250 2.1.5 Ok"),
        ("NOTIFY=NEVER,SUCCESS", "501 5.5.4 Error: Bad NOTIFY parameter syntax"),
        ("NOTIFY=", "501 5.5.4 Error: Bad NOTIFY parameter syntax"),
        ("NOTIFY", "555 5.5.4 Unsupported option: NOTIFY"),
        ("NOTIFY=SUCCESS NOTIFY=FAILURE", "501 5.5.4 Error: Bad NOTIFY parameter syntax"),
        ("ORCPT=carol@example.test", "501 5.5.4 Error: Bad ORCPT parameter syntax"),
        ("ORCPT=rfc822;", "250 2.1.5 Ok"),
        ("ORCPT=;carol", "501 5.5.4 Error: Bad ORCPT parameter syntax"),
        ("ORCPT=x-odd;some+2Bvalue", "250 2.1.5 Ok"),
        ("ORCPT=rfc822;bad+ZZ", "501 5.5.4 Error: Bad ORCPT parameter syntax"),
        ("ORCPT=rfc822;a ORCPT=rfc822;b", "501 5.5.4 Error: Bad ORCPT parameter syntax"),
        ("SIZE=10", "555 5.5.4 Unsupported option: SIZE=10"),
    ],
)
def test_parameters_of_rcpt(parameters: str, reply: str) -> None:
    """Each with the reference's reply."""
    assert make_session().say(GREET, SENDER, f"{RECIPIENT} {parameters}")[-1] == reply


def test_dsn_parameters_are_refused_without_dsn() -> None:
    """smtpd_discard_ehlo_keywords = dsn."""
    offered = offered_keywords(has_vrfy=True, has_smtputf8=True, discarded=("DSN",))
    session = make_session(offered=offered)
    replies = session.say(GREET, f"{SENDER} RET=HDRS", SENDER, f"{RECIPIENT} NOTIFY=SUCCESS")
    assert replies[1::2] == ["501 5.7.1 DSN support is disabled"] * 2


def test_a_message_that_is_announced_too_large_is_logged_as_rejected() -> None:
    """The session makes the line; the engine says for which stage and sender."""
    session = make_session(message_size_limit=10)
    session.say(GREET, f"{SENDER} SIZE=11")
    event = session.events[-1]
    assert (getattr(event, "rejected", ""), getattr(event, "sender", "")) == (
        "MAIL",
        "a@example.org",
    )


# -- content -------------------------------------------------------------------------------


def test_a_message_is_taken() -> None:
    """DATA, dots, and the queue id in the reply."""
    session = started()
    replies = session.say("DATA", "Subject: x", "", "..dot", ".")
    assert (replies[0], replies[-1]) == (
        "354 End data with <CR><LF>.<CR><LF>",
        "250 2.0.0 Ok: queued as Q1",
    )
    assert session.messages == [
        Message("a@example.org", ("alice@example.test",), b"Subject: x\n\n.dot\n")
    ]


def test_after_a_message_a_new_transaction_is_needed() -> None:
    """Nothing of the old one is left."""
    session = started()
    session.say("DATA", ".")
    assert session.say(RECIPIENT, "DATA") == [
        "503 5.5.1 Error: need MAIL command",
        "503 5.5.1 Error: need RCPT command",
    ]


def refuse(kind: type[Question], reply: Reply) -> Session:
    """A session that refuses one kind of question."""
    return Session(decide=lambda question: reply if type(question) is kind else question.accept)


def test_s6_a_refused_message_ends_the_transaction() -> None:
    """The reference of today leaves MAIL and RCPT in force; that is not copied."""
    session = refuse(DataEnd, Reply(550, "5.7.1", "content rejected"))
    session.say(*START, "DATA")
    assert session.say(".", RECIPIENT) == [
        "550 5.7.1 content rejected",
        "503 5.5.1 Error: need MAIL command",
    ]


def test_s6_a_refused_message_in_chunks_ends_the_transaction() -> None:
    """As after DATA."""
    session = refuse(DataEnd, Reply(550, "5.7.1", "content rejected"))
    session.say(*START)
    assert session.feed(b"BDAT 3 LAST\r\nx\r\n") == b"550 5.7.1 content rejected\r\n"
    assert session.say(RECIPIENT) == ["503 5.5.1 Error: need MAIL command"]


def test_refused_content_is_read_to_its_end() -> None:
    """The reply comes after the final dot, whatever was refused before."""
    session = started()
    session.say("DATA")
    session.engine.refuse_content(Reply(552, "5.3.4", "Error: message file too big"))
    assert session.say("x", ".") == ["", "552 5.3.4 Error: message file too big"]
    assert (session.messages, session.dropped) == ([], 1)


@pytest.mark.parametrize("command", ["RSET", GREET, "HELO other.test", "QUIT"])
def test_s6_a_transaction_is_dropped(command: str) -> None:
    """By a reset, a new greeting, the end."""
    session = started()
    session.say(command)
    assert session.dropped == 1


@pytest.mark.parametrize(
    "command", ["HELO", "NOOP", "VRFY alice", "RSET now", "FOO", SENDER, "DATA now", "STARTTLS"]
)
def test_other_commands_keep_the_transaction(command: str) -> None:
    """Refused or granted."""
    session = started()
    session.say(command)
    assert session.say("DATA")[0].startswith("354 ")


def test_recipients_beyond_the_limit_are_told_to_come_later() -> None:
    """smtpd_recipient_limit; the first of them are no errors (smtpd_recipient_overshoot_limit)."""
    session = make_session(recipient_limit=1, recipient_overshoot_limit=2)
    session.say(*START)
    assert session.say(*[RECIPIENT] * 3) == ["452 4.5.3 Error: too many recipients"] * 3
    assert session.engine.state.errors == 1


def test_size_of_data_counts_line_ends_as_two() -> None:
    """For the log of a lost connection."""
    session = started()
    session.say("DATA")
    session.feed(b"Subject: not finished\r\n\r\npart of a mess")
    session.feed(b"")
    assert session.log == [f"lost connection after DATA (25 bytes) from {CLIENT}"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('a(b)c<d>;e@f"g\\h,i:j', "a?b?c?d??e?f?g?h,i:j"),
        ("a\x01b\x7fc\u00e4d", "a?b?c\u00e4d"),
        ("a\x1b]0;x\x07", "a?]0?x?"),
        ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
    ],
)
def test_s10_s37_a_greeting_cannot_write_headers_or_log_lines(name: str, shown: str) -> None:
    """What has a meaning in a Received: header or in a log line becomes a question mark."""
    session = make_session()
    session.say(f"EHLO {name}")
    assert session.engine.state.helo_name == shown


@pytest.mark.parametrize("verb", ["EHLO", "HELO", "BDAT", "ETRN", "MAIL", "RCPT", "VRFY"])
@pytest.mark.parametrize("separator", ["\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\x0b"])
def test_s11_only_blanks_separate_words(verb: str, separator: str) -> None:
    """What Python takes for white space is a part of a word in SMTP; each line has its reply."""
    (reply,) = Session().say(f"{verb} {separator}")
    assert reply[:3].isdigit()


@pytest.mark.parametrize("path", ["<-x>", '<"-x"@example.test>', "<@a.test:-x@b.c>"])
def test_addresses_that_look_like_options(path: str) -> None:
    """allow_min_user: they would be options of the commands that get them."""
    session = make_session()
    refused = session.say(GREET, f"MAIL FROM:{path}", SENDER, f"RCPT TO:{path}")[1:]
    assert refused[0] == "501 5.1.7 Bad sender address syntax"
    assert refused[2] == "501 5.1.3 Bad recipient address syntax"
    allowed = make_session(allow_min_user=True)
    assert allowed.say(GREET, f"MAIL FROM:{path}")[-1] == "250 2.1.0 Ok"


def test_nothing_is_taken_in_the_clear_where_tls_is_required() -> None:
    """smtpd_tls_security_level = encrypt, in a server without TLS: it takes no mail."""
    session = make_session(requires_tls=True)
    clear = "530 5.7.0 Must issue a STARTTLS command first"
    assert session.say("HELO x", "NOOP", SENDER, RECIPIENT, "DATA", "RSET", "VRFY alice") == [
        "250 mail.example.test",
        "250 2.0.0 Ok",
        *[clear] * 5,
    ]
    assert session.say("STARTTLS", "QUIT") == [
        "454 4.7.0 TLS not available due to local problem",
        "221 2.0.0 Bye",
    ]
