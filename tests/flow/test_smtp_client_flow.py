"""The mail client against a server that misbehaves in every way; expected texts come from the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.delivery.smtp import greeting
from pyfixcli.mail.delivery import PASSED_ON, Status
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, FLAG_UTF8_HEADER, FLAG_VERIFY_ONLY
from tests.support.client_run import Client, make_request
from tests.support.scripted_server import DRIP, DROP, EXTENSIONS, HANG, Rule, ScriptedServer

SENT, DEFERRED, BOUNCED = Status.SENT, Status.DEFERRED, Status.BOUNCED
HOST = "127.0.0.1[127.0.0.1]"
SHORT = {
    f"smtp_{name}_timeout": "1s"
    for name in ("helo", "mail", "rcpt", "data_init", "data_done", "quit", "rset")
}
PLAIN = ("SIZE 10240000", "8BITMIME")  # no PIPELINING
END_STAGE = "sending end of data -- message may be sent more than once"

STAGES = [
    ("connect", "receiving the initial server greeting"),
    ("EHLO", "performing the EHLO handshake"),
    ("MAIL", "sending MAIL FROM"),
    ("RCPT", "sending RCPT TO"),
    ("DATA", "sending DATA command"),
    ("body", END_STAGE),
    ("end", END_STAGE),
]

REFUSALS = [
    ("connect", "421 4.3.2 busy", DEFERRED, "4.3.2", "refused to talk to me: 421 4.3.2 busy"),
    ("connect", "554 5.7.1 go", DEFERRED, "4.7.1", "refused to talk to me: 554 5.7.1 go"),
    ("connect", "450 busy", DEFERRED, "4.0.0", "refused to talk to me: 450 busy"),
    ("EHLO", "421 4.3.2 no", DEFERRED, "4.3.2", "refused to talk to me: 421 4.3.2 no"),
    ("MAIL", "450 4.1.8 no", DEFERRED, "4.1.8", "said: 450 4.1.8 no (in reply to MAIL FROM command)"),
    ("MAIL", "553 5.1.8 no", BOUNCED, "5.1.8", "said: 553 5.1.8 no (in reply to MAIL FROM command)"),
    ("MAIL", "501 no", BOUNCED, "5.0.0", "said: 501 no (in reply to MAIL FROM command)"),
    ("MAIL", "451 5.1.2 no", DEFERRED, "4.0.0", "said: 451 5.1.2 no (in reply to MAIL FROM command)"),
    ("MAIL", "354 go on", BOUNCED, "5.5.0", "said: 354 go on (in reply to MAIL FROM command)"),
    ("MAIL", "421 4.3.0 no", DEFERRED, "4.3.0", "said: 421 4.3.0 no (in reply to MAIL FROM command)"),
    ("RCPT", "450 4.2.1 no", DEFERRED, "4.2.1", "said: 450 4.2.1 no (in reply to RCPT TO command)"),
    ("RCPT", "550 4.2.2 no", BOUNCED, "5.0.0", "said: 550 4.2.2 no (in reply to RCPT TO command)"),
    ("RCPT", "354 hm", BOUNCED, "5.5.0", "said: 354 hm (in reply to RCPT TO command)"),
    ("RCPT", "199 hm", BOUNCED, "5.5.0", "said: 199 hm (in reply to RCPT TO command)"),
    ("RCPT", "600 hm", BOUNCED, "5.5.0", "said: 600 hm (in reply to RCPT TO command)"),
    ("RCPT", "550-5.1.6 a\n550 5.1.6 b", BOUNCED, "5.1.6",
     "said: 550-5.1.6 a 550 5.1.6 b (in reply to RCPT TO command)"),
    ("RCPT", "250-one\n550 5.1.1 two", BOUNCED, "5.1.1",
     "said: 250-one 550 5.1.1 two (in reply to RCPT TO command)"),
    ("DATA", "451 4.3.0 no", DEFERRED, "4.3.0", "said: 451 4.3.0 no (in reply to DATA command)"),
    ("DATA", "554 5.7.1 no", BOUNCED, "5.7.1", "said: 554 5.7.1 no (in reply to DATA command)"),
    ("DATA", "250 2.0.0 ok", BOUNCED, "5.5.0", "said: 250 2.0.0 ok (in reply to DATA command)"),
    ("end", "451 4.3.0 no", DEFERRED, "4.3.0", "said: 451 4.3.0 no (in reply to end of DATA command)"),
    ("end", "554 5.6.0 no", BOUNCED, "5.6.0", "said: 554 5.6.0 no (in reply to end of DATA command)"),
    ("end", "354 more", BOUNCED, "5.5.0", "said: 354 more (in reply to end of DATA command)"),
]  # fmt: skip


@pytest.mark.parametrize("extensions", [("PIPELINING", *PLAIN), PLAIN])
@pytest.mark.parametrize(("event", "reply", "status", "dsn", "text"), REFUSALS)
def test_refusals(
    event: str, reply: str, status: Status, dsn: str, text: str, extensions: tuple[str, ...]
) -> None:
    """A reply at each stage, with and without pipelining, as the reference judges it."""
    with ScriptedServer((event, "", reply), extensions=extensions) as server:
        (result,) = Client().deliver(make_request(server))
    protocol_error = "Protocol error: " if (event, reply[0]) == ("DATA", "2") else ""
    expected = f"{protocol_error}host {HOST} {text}"
    assert (result.status, result.dsn, result.text) == (status, dsn, expected)
    assert not server.messages or event == "end"
    assert result.relay == f"{HOST}:{server.port}"
    assert (result.remote_mta, result.diagnostic) == ("127.0.0.1", reply.replace("\n", " "))


@pytest.mark.parametrize(("event", "stage"), STAGES)
def test_lost_connections(event: str, stage: str) -> None:
    """The server hangs up at each stage."""
    with ScriptedServer((event, "", DROP)) as server:
        (result,) = Client().deliver(make_request(server))
    text = f"lost connection with {HOST} while {stage}"
    assert (result.status, result.dsn, result.text) == (DEFERRED, "4.4.2", text)
    assert result.destination_failed


@pytest.mark.parametrize(("event", "stage"), STAGES)
def test_silence(event: str, stage: str) -> None:
    """The server answers no more, at each stage; the time for it is a parameter."""
    with ScriptedServer((event, "", HANG)) as server:
        (result,) = Client(SHORT).deliver(make_request(server))
    text = f"conversation with {HOST} timed out while {stage}"
    assert (result.status, result.dsn, result.text) == (DEFERRED, "4.4.2", text)


def test_a_server_that_is_not_there() -> None:
    """The connection is refused."""
    with ScriptedServer() as server:
        pass
    client = Client()
    (result,) = client.deliver(make_request(server))
    text = f"connect to {HOST}:{server.port}: Connection refused"
    assert (result.dsn, result.text, result.relay) == ("4.4.1", text, "none")
    assert client.log == [text]
    assert result.destination_failed


def test_greetings_with_5xx_can_be_final() -> None:
    """smtp_skip_5xx_greeting = no."""
    with ScriptedServer(("connect", "", "554 5.7.1 go")) as server:
        (result,) = Client({"smtp_skip_5xx_greeting": "no"}).deliver(make_request(server))
    assert (result.status, result.dsn) == (BOUNCED, "5.7.1")


@pytest.mark.parametrize("reply", ["502 5.5.1 no", "452 4.3.1 no", "500 what"])
def test_helo_follows_a_refused_ehlo(reply: str) -> None:
    """But for 421, which is in the table above."""
    with ScriptedServer(("EHLO", "", reply)) as server:
        (result,) = Client({"smtp_helo_name": "x.test"}).deliver(make_request(server))
    assert result.status is SENT
    assert server.commands[:3] == ["EHLO x.test", "HELO x.test", "MAIL FROM:<from@near.test>"]


@pytest.mark.parametrize(
    ("settings", "banner", "verb"),
    [
        ({}, "220 peer.test", "EHLO"),
        ({"smtp_always_send_ehlo": "no"}, "220 peer.test", "HELO"),
        ({"smtp_always_send_ehlo": "no"}, "220 peer.test ESMTP", "EHLO"),
        ({"smtp_never_send_ehlo": "yes"}, "220 peer.test ESMTP", "HELO"),
        ({}, "220 ****2***0*", "HELO"),
        ({"smtp_pix_workarounds": ""}, "220 ****2***0*", "EHLO"),
    ],
)
def test_which_hello(settings: dict[str, str], banner: str, verb: str) -> None:
    """By parameters and greeting; a greeting of asterisks is a firewall's."""
    with ScriptedServer(banner=banner) as server:
        Client(settings).deliver(make_request(server))
    assert server.commands[0] == f"{verb} client.test"


def test_mixed_recipients() -> None:
    """Each has his own outcome, in one transaction."""
    rules: tuple[Rule, ...] = (
        ("RCPT", "hard", "550 5.1.1 no"),
        ("RCPT", "soft", "450 4.2.1 later"),
    )
    with ScriptedServer(*rules) as server:
        request = make_request(server, "a@x.test", "hard@x.test", "soft@x.test", "z@x.test")
        results = Client().deliver(request)
    found = {result.index: (result.status, result.dsn) for result in results}
    assert found == {
        0: (SENT, "2.0.0"),
        1: (BOUNCED, "5.1.1"),
        2: (DEFERRED, "4.2.1"),
        3: (SENT, "2.0.0"),
    }
    assert len(server.messages) == 1
    assert not any(result.destination_failed for result in results)


def test_a_refused_recipient_stays_refused_when_the_connection_breaks() -> None:
    """The others are tried again."""
    with ScriptedServer(("RCPT", "hard", "550 5.1.1 no"), ("end", "", DROP)) as server:
        results = Client().deliver(make_request(server, "a@x.test", "hard@x.test"))
    found = {result.index: (result.status, result.dsn) for result in results}
    assert found == {0: (DEFERRED, "4.4.2"), 1: (BOUNCED, "5.1.1")}


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_when_nobody_is_accepted_no_content_goes_out(extensions: tuple[str, ...]) -> None:
    """The transaction ends with RSET; a server that wants content all the same gets none."""
    with ScriptedServer(("RCPT", "", "550 5.1.1 no"), extensions=extensions) as server:
        Client().deliver(make_request(server))
    tail = ["DATA", "RSET", "QUIT"] if extensions else ["RSET", "QUIT"]
    assert server.commands[3:] == tail
    rules: tuple[Rule, ...] = (("RCPT", "", "550 5.1.1 no"), ("DATA", "", "354 all the same"))
    with ScriptedServer(*rules) as server:
        Client().deliver(make_request(server))
    assert server.messages == [b""]


@pytest.mark.parametrize("more", [{"backlog": True}, {}])
def test_connections_are_kept_for_more_mail(more: dict[str, object]) -> None:
    """On demand, or for smtp_connection_cache_destinations; RSET shows that the session lives."""
    settings = {} if more else {"smtp_connection_cache_destinations": "127.0.0.1"}
    with ScriptedServer() as server:
        results = Client(settings).deliver(*(make_request(server, **more) for _ in range(3)))
    assert [result.status for result in results] == [SENT] * 3
    (session,) = server.sessions
    assert len(session.messages) == 3
    assert [c for c in session.commands if c in ("RSET", "QUIT")] == ["RSET", "RSET", "QUIT"]


def test_a_kept_connection_that_died_is_replaced() -> None:
    """RSET is answered by silence or 500: nothing was lost, a new connection is made."""
    for action in (DROP, "500 no"):
        with ScriptedServer(("RSET", "", action)) as server:
            requests = [make_request(server, backlog=True) for _ in range(2)]
            results = Client().deliver(*requests)
        assert [result.status for result in results] == [SENT, SENT]
        assert len(server.sessions) == 2


@pytest.mark.parametrize(
    ("settings", "sessions"),
    [
        ({"smtp_connection_reuse_count_limit": "2"}, 2),
        ({"smtp_connection_cache_on_demand": "no"}, 4),
        ({}, 1),
    ],
)
def test_connections_wear_out(settings: dict[str, str], sessions: int) -> None:
    """smtp_connection_reuse_count_limit counts transactions."""
    with ScriptedServer() as server:
        Client(settings).deliver(*(make_request(server, backlog=True) for _ in range(4)))
    assert len(server.sessions) == sessions


def test_garbage_and_overlong_replies() -> None:
    """What is no SMTP is logged and shown, an over-long line is cut, and the delivery goes on."""
    reply = "garbage one\n550 5.1.1 " + "y" * 3000
    client = Client()
    with ScriptedServer(("RCPT", "", reply)) as server:
        (result,) = client.deliver(make_request(server))
    where = f"{HOST}:{server.port}"
    shown = "550 5.1.1 " + "y" * 2038
    assert result.text == f"host {HOST} said: garbage one {shown} (in reply to RCPT TO command)"
    assert client.log == [
        f"warning: {where}: response longer than 2048: {shown[:30]}...",
        f"warning: Q1: non-ESMTP response from {where}: garbage one",
        "warning: to prevent loss of mail, turn off command pipelining for 127.0.0.1 with the "
        "smtp_discard_ehlo_keyword_address_maps parameter",
    ]


def test_a_server_that_never_stops_talking_is_left() -> None:
    """More lines than a reply can have end the connection."""
    with ScriptedServer(("RCPT", "", "\n".join(["250-more"] * 5000))) as server:
        (result,) = Client().deliver(make_request(server))
    assert result.text == f"lost connection with {HOST} while sending RCPT TO"


def test_a_server_that_has_our_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The EHLO reply shows it: the mail would come back."""
    client = Client()
    with ScriptedServer(("EHLO", "", "250-client.test\n250 DSN")) as server:
        monkeypatch.setattr(greeting, "SMTP_PORT", server.port)  # 25 is for root only
        (result,) = client.deliver(make_request(server))
    text = f"mail for [127.0.0.1]:{server.port} loops back to myself"
    assert (result.status, result.dsn, result.text) == (BOUNCED, "5.4.6", text)
    assert client.log == [
        f"warning: host {HOST}:{server.port} replied to HELO/EHLO with my own hostname client.test"
    ]


def test_a_service_of_our_own_on_another_port() -> None:
    """Mail may go to it, as to the one that takes what a content filter gives back."""
    client = Client()
    with ScriptedServer(("EHLO", "", "250-client.test\n250 DSN")) as server:
        (result,) = client.deliver(make_request(server))
    assert (result.status, result.dsn, client.log) == (SENT, "2.0.0", [])


def test_the_next_server_gets_what_the_first_does_not_take() -> None:
    """What the first one said is logged, and the result is the second one's."""
    client = Client()
    with ScriptedServer(("RCPT", "soft", "450 4.2.0 later")) as one, ScriptedServer() as two:
        nexthop = f"[127.0.0.1]:{one.port}, [127.0.0.1]:{two.port}"
        results = client.deliver(make_request(nexthop, "a@x.test", "soft@x.test"))
    assert [(r.status, r.relay) for r in results] == [
        (SENT, f"{HOST}:{one.port}"),
        (SENT, f"{HOST}:{two.port}"),
    ]
    said = f"host {HOST} said: 450 4.2.0 later (in reply to RCPT TO command)"
    assert client.log == [f"Q1: {said}"]


def test_the_number_of_sessions_is_limited() -> None:
    """smtp_mx_session_limit counts real sessions only."""
    rule = ("MAIL", "", "450 4.0.0 no")
    with ScriptedServer(rule) as one, ScriptedServer(rule) as two, ScriptedServer() as good:
        ports = [9, one.port, two.port, good.port]
        nexthop = " ".join(f"[127.0.0.1]:{port}" for port in ports)
        (result,) = Client({"smtp_mx_session_limit": "2"}).deliver(make_request(nexthop))
    assert result.status is DEFERRED
    assert not good.sessions


def test_size_and_smtputf8_are_told_beforehand() -> None:
    """Nothing is said to a server that cannot take the message."""
    with ScriptedServer(extensions=("SIZE 1000",)) as server:
        (big,) = Client().deliver(make_request(server, size=2146))
        flags = FLAG_SMTPUTF8 | FLAG_UTF8_HEADER
        (utf8,) = Client().deliver(make_request(server, flags=flags))
    assert (big.dsn, big.text) == (
        "5.3.4",
        f"message size 2146 exceeds size limit 1000 of server {HOST}",
    )
    text = f"SMTPUTF8 is required, but was not offered by host {HOST}"
    assert (utf8.status, utf8.dsn, utf8.text) == (BOUNCED, "5.6.7", text)
    assert server.commands == ["EHLO client.test"] * 2


@pytest.mark.parametrize(
    ("sender", "recipient", "status"),
    [
        ("s@near.test", "a@away.test", SENT),
        ("s@near.test", "\xfc@away.test", BOUNCED),
        ("\xfc@near.test", "a@away.test", BOUNCED),
    ],
)
def test_smtputf8_without_need(sender: str, recipient: str, status: Status) -> None:
    """A message with ASCII headers needs it for addresses that are not ASCII only."""
    with ScriptedServer() as server:
        request = make_request(server, recipient, flags=FLAG_SMTPUTF8, sender=sender)
        (result,) = Client().deliver(request)
    assert result.status is status


def test_parameters_of_mail_and_rcpt() -> None:
    """In the order of the reference."""
    extensions = ("SIZE", "8BITMIME", "SMTPUTF8", "DSN")
    with ScriptedServer(extensions=extensions) as server:
        request = make_request(
            server, encoding="8bit", flags=FLAG_SMTPUTF8, ret="HDRS", envid="a+b"
        )
        Client().deliver(request)
    expected = "MAIL FROM:<from@near.test> SIZE=100 BODY=8BITMIME SMTPUTF8 ENVID=a+2Bb RET=HDRS"
    assert server.commands[1] == expected


def test_keywords_can_be_passed_over() -> None:
    """smtp_discard_ehlo_keywords, by address too, and said in the log."""
    settings = {
        "smtp_discard_ehlo_keywords": "silent-discard, dsn",
        "smtp_discard_ehlo_keyword_address_maps": "inline:{ {127.0.0.1=pipelining,size} }",
    }
    client = Client(settings)
    with ScriptedServer() as server:
        client.deliver(make_request(server))
    assert server.commands[1] == "MAIL FROM:<from@near.test>"
    assert client.log == ["discarding EHLO keywords: PIPELINING SIZE"]


def test_success_reports_are_left_to_servers_that_know_dsn() -> None:
    """RFC 3461 section 5.2.2; one that does not is the end of the line."""
    with ScriptedServer(extensions=("DSN",)) as aware, ScriptedServer(extensions=()) as other:
        (first,) = Client().deliver(make_request(aware))
        (second,) = Client().deliver(make_request(other))
    assert (first.action, second.action) == (PASSED_ON, "relayed")


def test_xforward_tells_about_the_client() -> None:
    """smtp_send_xforward_command; an unknown name is left out, and a refusal changes nothing."""
    client = Client({"smtp_send_xforward_command": "yes"})
    extensions = ("PIPELINING", "XFORWARD NAME ADDR PROTO HELO SOURCE IDENT")
    rule = ("XFORWARD", "ADDR", "502 5.5.2 no")
    with ScriptedServer(rule, extensions=extensions) as server:
        request = make_request(
            server,
            client_name="unknown",
            client_address="192.0.2.10",
            protocol="ESMTP",
            helo="outside.test",
            rewrite_context="remote",
        )
        (result,) = client.deliver(request)
    assert result.status is SENT
    assert server.commands[1:3] == [
        "XFORWARD ADDR=192.0.2.10",
        "XFORWARD PROTO=ESMTP HELO=outside.test IDENT=Q1 SOURCE=REMOTE",
    ]
    where = f"host {HOST}:{server.port}"
    text = f"{where} said: 502 5.5.2 no (in reply to XFORWARD name/address command)"
    assert client.log == [f"warning: {text}"]


def test_replies_and_outcomes_can_be_filtered(place: Path) -> None:
    """smtp_reply_filter by line, smtp_delivery_status_filter by status and text."""
    replies, outcomes = place / "replies", place / "outcomes"
    replies.write_text("/^450 4.2.1 (.*)/ 550 5.2.1 filtered $1\n")
    outcomes.write_text("/^5(.2.1 .*filtered.*)/ 4$1\n/^2(.*)/ 5$1\n")
    settings = {
        "smtp_reply_filter": f"regexp:{replies}",
        "smtp_delivery_status_filter": f"regexp:{outcomes}",
    }
    client = Client(settings)
    with ScriptedServer(("RCPT", "soft", "450 4.2.1 two")) as server:
        soft, sent = client.deliver(make_request(server, "soft@x.test", "a@x.test"))
    text = f"host {HOST} said: 550 5.2.1 filtered two (in reply to RCPT TO command)"
    found = {soft.index: soft, sent.index: sent}
    assert (found[0].status, found[0].dsn, found[0].text) == (DEFERRED, "4.2.1", text)
    assert found[1].status is SENT
    where = f"{HOST}:{server.port}"
    replaced = f'{where}: replacing server reply "450 4.2.1 two" with "550 5.2.1 filtered two"'
    assert client.log[0] == replaced


def test_a_whole_request_can_have_a_time_limit() -> None:
    """smtp_per_request_deadline: a reply that comes a little at a time is too slow all the same."""
    settings = {**SHORT, "smtp_per_request_deadline": "yes"}
    with ScriptedServer(("MAIL", "", DRIP)) as server:
        (result,) = Client(settings).deliver(make_request(server))
    assert result.text == f"conversation with {HOST} timed out while sending MAIL FROM"


def test_a_slow_reply_is_waited_for() -> None:
    """Without smtp_per_request_deadline the time is for each piece."""
    with ScriptedServer(("MAIL", "", DRIP)) as server:
        (result,) = Client(SHORT).deliver(make_request(server))
    assert result.status is SENT


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_probes_end_after_rcpt(extensions: tuple[str, ...]) -> None:
    """sendmail -bv and address verification: nothing is delivered, and 4xx is an answer as well."""
    rules: tuple[Rule, ...] = (
        ("RCPT", "hard", "550 5.1.1 no"),
        ("RCPT", "soft", "450 4.2.0 later"),
    )
    with ScriptedServer(*rules, extensions=extensions) as server:
        people = ("a@x.test", "hard@x.test", "soft@x.test")
        results = Client().deliver(make_request(server, *people, flags=FLAG_VERIFY_ONLY))
    found = {r.index: (r.status, r.dsn) for r in results}
    assert found == {
        0: (Status.DELIVERABLE, "2.0.0"),
        1: (Status.UNDELIVERABLE, "5.1.1"),
        2: (Status.UNDELIVERABLE, "4.2.0"),
    }
    assert server.commands[-2:] == ["RSET", "QUIT"] and "DATA" not in server.commands


@pytest.mark.parametrize("offer", ["AUTH PLAIN LOGIN", "STARTTLS"])
@pytest.mark.parametrize(
    ("passwords", "status"),
    [
        ("inline:{ {SITE=user:secret} }", Status.DEFERRED),
        ("inline:{ {127.0.0.1=user:secret} }", Status.DEFERRED),
        ("inline:{ {other.test=user:secret} }", Status.SENT),
        ("fail:broken", Status.DEFERRED),
    ],
)
def test_a_server_that_wants_a_login_gets_no_mail_without_one(
    offer: str, passwords: str, status: Status
) -> None:
    """There is no SASL: its 530 would return the mail to the sender, so it waits."""
    with ScriptedServer(extensions=(*EXTENSIONS, offer)) as server:
        settings = {
            "smtp_sasl_auth_enable": "yes",
            "smtp_sasl_password_maps": passwords.replace("SITE", f"[127.0.0.1]:{server.port}"),
        }
        (result,) = Client(settings).deliver(make_request(server))
        mails = [command for command in server.commands if command.startswith("MAIL")]
    assert (result.status, len(mails)) == (status, int(status is Status.SENT))
