"""Milters: what they hear, what they refuse, what they change (MILTER_README)."""

from __future__ import annotations

import smtplib
import struct
from collections.abc import Callable, Iterator

import pytest

from tests.support.instance import HERE, Instance, free_port, wait_for
from tests.support.scripted_milter import Packets, ScriptedMilter

Make = Callable[..., Instance]
Milters = Callable[..., ScriptedMilter]
TEXT = "From: s@else.test\r\nSubject: old\r\nX-A: 1\r\n\r\nold body\r\n"
TRY_AGAIN = b"4.7.1 Service unavailable - try again later"
CONFUSED = b"4.3.5 Server configuration problem - try again later"


def at(index: int, name: bytes, value: bytes) -> bytes:
    """Arguments of a change at a position."""
    return struct.pack("!I", index) + name + b"\0" + value + b"\0"


@pytest.fixture
def milters() -> Iterator[Milters]:
    """Makes milters, and ends them."""
    made: list[ScriptedMilter] = []

    def make(rules: dict[str, Packets] | None = None, steps: int = 0) -> ScriptedMilter:
        made.append(ScriptedMilter(rules, steps=steps))
        return made[-1]

    yield make
    for milter in made:
        milter.close()


def start(make_instance: Make, settings: str) -> Instance:
    instance = make_instance(f"local_recipient_maps =\n{settings}")
    instance.start()
    return instance


def send(instance: Instance, *recipients: str, text: str = TEXT) -> list[tuple[int, bytes]]:
    """The replies to MAIL, to each RCPT, and to the end of the content."""
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=30) as client:
        client.ehlo("client.test")
        replies = [client.docmd("MAIL", "FROM:<s@else.test> BODY=8BITMIME")]
        replies += [client.docmd("RCPT", f"TO:<{r}@localhost>") for r in recipients]
        if replies[0][0] == 250 and any(reply[0] == 250 for reply in replies[1:]):
            replies.append(client.data(text))
    return replies


def deliver(instance: Instance) -> bytes:
    """The one message that comes."""
    wait_for(lambda: len(instance.delivered()) == 1)
    return instance.delivered()[0]


def test_all_that_a_milter_may_change(make_instance: Make, milters: Milters) -> None:
    """Headers, body, sender, recipients, in one message; the milter hears it as it will be stored."""
    milter = milters()
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    milter.rules["E"] = [
        ("h", b"X-Added\0a\0"),
        ("i", at(0, b"X-First", b"f")),
        ("m", at(1, b"Subject", b"new")),
        ("m", at(1, b"X-A", b"")),
        ("e", b"<new@else.test>\0"),
        ("-", b"<nobody@localhost>\0"),
        ("+", b"<%s@localhost>\0" % instance.user.encode()),
        ("p", b""),
        ("b", b"new bo"),
        ("b", b"dy\r\n"),
        ("c", b""),
    ]
    assert send(instance, "nobody")[-1][0] == 250
    message = deliver(instance)
    head, _, body = message.partition(b"\n\n")
    assert body == b"new body\n"
    assert b"Return-Path: <new@else.test>\n" in head and b"\nSubject: new\n" in head
    assert b"\nX-Added: a" in head and b"X-A: 1" not in head
    assert head.index(b"X-First: f") < head.index(b"Received: ")
    wait_for(instance.is_queue_empty)
    assert milter.letters().startswith("OCHMRTLLL")
    assert milter.texts("M") == [b"<s@else.test>\0BODY=8BITMIME\0"]
    assert b"Subject\0old\0" in milter.texts("L") and milter.texts("B") == [b"old body\r\n"]
    assert not any(text.startswith(b"Received\0") for text in milter.texts("L"))
    assert "nobody" not in instance.log_text().partition("queue active")[2]


@pytest.mark.parametrize(
    ("letter", "answer", "number", "expected"),
    [
        ("M", ("r", b""), 0, (550, b"5.7.1 Command rejected")),
        ("C", ("t", b""), 0, (451, TRY_AGAIN)),
        ("R", ("y", b"450 4.2.2 later\0"), 1, (450, b"4.2.2 later")),
        ("L", ("r", b""), 2, (550, b"5.7.1 Command rejected")),
        ("E", ("y", b"554 5.6.7 100%% spam\0"), 2, (554, b"5.6.7 100% spam")),
        ("M", ("!", b""), 0, (451, TRY_AGAIN)),
        ("E", ("z", b""), 2, (451, TRY_AGAIN)),
    ],
)
def test_a_refusal_is_the_clients(
    make_instance: Make,
    milters: Milters,
    letter: str,
    answer: tuple[str, bytes],
    number: int,
    expected: tuple[int, bytes],
) -> None:
    """At any event, with the milter's own words if it has some."""
    milter = milters({letter: [answer]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert send(instance, "a")[number] == expected
    wait_for(lambda: "milter-reject: " in instance.log_text())
    assert instance.is_queue_empty()


def test_a_rejected_connection_is_told_in_the_greeting(
    make_instance: Make, milters: Milters
) -> None:
    """And again for each message; nothing else works."""
    milter = milters({"C": [("r", b"")]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    with smtplib.SMTP(timeout=20) as client:
        code, text = client.connect("127.0.0.1", instance.port)
        assert (code, text) == (554, b"mail.example.test ESMTP not accepting connections")
        assert client.ehlo("c.test") == (250, b"mail.example.test\nENHANCEDSTATUSCODES")
        assert client.docmd("MAIL", "FROM:<>") == (550, b"5.7.1 Command rejected")
    wait_for(lambda: "disconnect" in instance.log_text())
    log = instance.log_text()
    assert f"milter-reject: CONNECT from {HERE}: 550 5.7.1 Command rejected; proto=SMTP" in log


def test_unknown_commands(make_instance: Make, milters: Milters) -> None:
    """They are the milter's to refuse."""
    milter = milters({"U": [("y", b"502 5.5.1 really not\0")]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        assert client.docmd("FOO", "bar") == (502, b"5.5.1 really not")
        assert client.noop()[0] == 250
    assert milter.texts("U") == [b"FOO\0"]


@pytest.mark.parametrize(
    ("action", "expected", "is_held"),
    [
        ("tempfail", (451, TRY_AGAIN), False),
        ("accept", (250, b"2.1.0 Ok"), False),
        ("quarantine", (250, b"2.1.0 Ok"), True),
    ],
)
def test_a_milter_that_is_not_there(
    make_instance: Make, action: str, expected: tuple[int, bytes], is_held: bool
) -> None:
    """milter_default_action; with reject, the greeting says it already."""
    name = f"inet:127.0.0.1:{free_port()}"
    instance = start(make_instance, f"smtpd_milters = {name}\nmilter_default_action = {action}")
    assert send(instance, instance.user)[0] == expected
    assert f"warning: connect to Milter service {name}: Connection refused" in instance.log_text()
    if expected[0] == 250 and not is_held:
        deliver(instance)
    assert [entry["queue_name"] for entry in instance.queue_entries()] == ["hold"] * is_held


def test_a_milter_for_some_clients_only(make_instance: Make, milters: Milters) -> None:
    """smtpd_milter_maps stands over smtpd_milters."""
    milter = milters()
    instance = start(
        make_instance,
        f"smtpd_milters = inet:127.0.0.1:{milter.port}\n"
        "smtpd_milter_maps = inline:{127.0.0.1=DISABLE}",
    )
    assert send(instance, instance.user)[-1][0] == 250
    deliver(instance)
    assert milter.heard == []


def test_the_second_milter_sees_what_the_first_made(make_instance: Make, milters: Milters) -> None:
    """So that what is signed is what goes out; one that is not critical may be missing."""
    first, second = milters({"E": [("h", b"X-First\0f\0"), ("c", b"")]}), milters()
    missing = f"{{ inet:127.0.0.1:{free_port()}, default_action=accept }}"
    instance = start(
        make_instance,
        f"smtpd_milters = inet:127.0.0.1:{first.port}, {missing} inet:127.0.0.1:{second.port}",
    )
    assert send(instance, instance.user)[-1][0] == 250
    assert b"X-First: f" in deliver(instance)
    assert b"X-First\0f\0" in second.texts("L")


def test_a_large_message(make_instance: Make, milters: Milters) -> None:
    """Content that lies in a file is read, and copied, as any other."""
    milter = milters({"E": [("h", b"X-Added\0a\0"), ("c", b"")]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    line = "x" * 70 + "\r\n"
    assert send(instance, instance.user, text=TEXT + line * 3000)[-1][0] == 250
    message = deliver(instance)
    assert b"\nX-Added: a\n\nold body\nxxx" in message and message.count(b"x" * 70) == 3000
    assert b"".join(milter.texts("B")) == b"old body\r\n" + line.encode() * 3000
    wait_for(lambda: not list((instance.queue / "content").iterdir()))


def test_events_that_are_not_wanted(make_instance: Make, milters: Milters) -> None:
    """NO_HELO, NO_HEADERS and a skipped body; no reply to RCPT is waited for."""
    milter = milters({"B": [("s", b"")], "R": []}, steps=0x2 | 0x20 | 0x400 | 0x8000)
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    text = TEXT + ("x" * 70 + "\r\n") * 3000
    assert send(instance, instance.user, text=text)[-1][0] == 250
    deliver(instance)
    assert milter.letters().rstrip("AQ") == "OCMRTNBE"


def test_mail_without_smtp(make_instance: Make, milters: Milters) -> None:
    """non_smtpd_milters hear of a session that there was not; no_milters keeps them out."""
    milter = milters({"E": [("h", b"X-Added\0a\0"), ("c", b"")]})
    instance = start(make_instance, f"non_smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert instance.submit("-f", "s@else.test", instance.user) == 0
    assert b"\nX-Added: a\n" in deliver(instance)
    assert milter.letters().startswith("OCHMRTL")
    assert milter.texts("C") == [b"localhost\x004\0\x00127.0.0.1\0"]
    assert milter.texts("M") == [b"s@else.test\0"]


def test_refused_mail_without_smtp(make_instance: Make, milters: Milters) -> None:
    """For good: it is returned to its sender; for now: sendmail is told."""
    milter = milters({"E": [("r", b"")]})
    instance = start(make_instance, f"non_smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert instance.submit("-f", f"{instance.user}@localhost", "a@else.test") == 0
    assert b": Command rejected" in deliver(instance)
    log = instance.log_text()
    assert "milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 Command rejected" in log


def test_a_recipient_of_mail_without_smtp_cannot_be_refused(
    make_instance: Make, milters: Milters
) -> None:
    """There is nobody to tell: the message waits."""
    milter = milters({"R": [("r", b"")]})
    instance = start(make_instance, f"non_smtpd_milters = inet:127.0.0.1:{milter.port}")
    instance.submit("-f", "s@else.test", "a@else.test")
    wait_for(lambda: "message not accepted, try again later" in instance.log_text())
    log = instance.log_text()
    assert "can't reject recipient in non-smtpd(8) submission" in log
    assert "from localhost[127.0.0.1]: 5.7.1 Command rejected; from=<s@else.test> to=<a@" in log


def test_quarantine_and_discard(make_instance: Make, milters: Milters) -> None:
    """The one is held, the other gone; the client hears of neither."""
    milter = milters({"E": [("q", b"why\0"), ("c", b"")]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert send(instance, "a")[-1][0] == 250
    milter.rules["E"] = [("d", b"")]
    assert send(instance, "a")[-1][0] == 250
    milter.rules["R"] = [("d", b"")]
    assert send(instance, "a")[-1][0] == 250
    assert [entry["queue_name"] for entry in instance.queue_entries()] == ["hold"]
    log = instance.log_text()
    assert "milter-hold: END-OF-MESSAGE" in log and "milter-discard: END-OF-MESSAGE" in log
    assert f"NOQUEUE: milter-discard: RCPT from {HERE}: milter triggers DISCARD action" in log


def test_headers_of_milters_are_checked(make_instance: Make, milters: Milters) -> None:
    """milter_header_checks."""
    milter = milters({"E": [("h", b"X-Spam\0YES\0"), ("c", b"")]})
    instance = make_instance(
        f"local_recipient_maps =\nsmtpd_milters = inet:127.0.0.1:{milter.port}\n"
        "milter_header_checks = regexp:$config_directory/checks"
    )
    (instance.config / "checks").write_text("/^X-Spam: YES/ REJECT no spam\n")
    instance.start()
    assert send(instance, "a")[-1] == (550, b"5.7.1 no spam")
    assert "milter-header-reject: header X-Spam: YES from" in instance.log_text()


def test_passed_and_redirected_content_is_not_shown(make_instance: Make, milters: Milters) -> None:
    """PASS and REDIRECT of header_checks: the client's commands were heard, then nothing."""
    milter = milters({"E": [("h", b"X-Added\0a\0"), ("c", b"")]})
    service = f"inet:127.0.0.1:{milter.port}"
    instance = start(
        make_instance,
        f"smtpd_milters = {service}\nnon_smtpd_milters = {service}\n"
        "header_checks = regexp:$config_directory/checks",
    )
    user = instance.user
    (instance.config / "checks").write_text(
        f"/^X-A:/ PASS known\n/^X-R:/ REDIRECT {user}@localhost\n"
    )
    assert send(instance, user)[-1][0] == 250
    assert send(instance, "a", text="X-R: 1\r\n\r\nbody\r\n")[-1][0] == 250
    assert instance.submit("-f", "s@else.test", user, text="X-A: 1\n\nx\n") == 0
    wait_for(lambda: len(instance.delivered()) == 3)
    assert not any(b"X-Added" in message for message in instance.delivered())
    assert not set(milter.letters()) & set("LNBE")
    assert ": pass: header X-A: 1 from " in instance.log_text()


def test_a_message_without_recipients_ends(make_instance: Make, milters: Milters) -> None:
    """A milter took all of them away: the log shows no less than of other mail."""
    milter = milters({"E": [("-", b"<a@localhost>\0"), ("c", b"")]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert send(instance, "a")[-1][0] == 250
    log = instance.log_text()
    assert ", nrcpt=1 (queue active)\n" in log and ": removed\n" in log
    assert instance.is_queue_empty() and "status=" not in log


def test_addresses_of_milters(make_instance: Make, milters: Milters) -> None:
    """One at a time, and no null recipient; else the first counts."""
    changes = [(letter, text + b"\0") for letter, text in (("+", b"<>"), ("e", b"bad sender"))]
    milter = milters({"E": [*changes, ("+", b"not an address\0"), ("c", b"")]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert send(instance, instance.user)[-1][0] == 250
    wait_for(lambda: instance.delivered())
    wait_for(lambda: "to=<not@" in instance.log_text())
    log = instance.log_text()
    many = "Milter or header/body_checks request to add multi-recipient"
    assert f'{many}: "not an address"\n' in log
    assert 'Milter request to add multi-sender: "bad sender"\n' in log
    assert "ignoring attempt from Milter to add null recipient\n" in log
    assert "from=<bad@" in log and ", nrcpt=2 (queue active)\n" in log and "orig_to" not in log


def test_what_checks_of_milter_headers_say(make_instance: Make, milters: Milters) -> None:
    """An action without text has its colon all the same; the client of other mail is this host."""
    headers = [("h", b"%s\x001\0" % name) for name in (b"X-Info", b"X-Pass", b"X-Odd")]
    milter = milters({"E": [*headers, ("c", b"")]})
    instance = start(
        make_instance,
        f"non_smtpd_milters = inet:127.0.0.1:{milter.port}\n"
        "milter_header_checks = regexp:{{/^X-Info/ INFO} {/^X-Pass/ PASS} {/^X-Odd/ ODD x}}",
    )
    assert instance.submit("-f", "s@else.test", instance.user) == 0
    message, log = deliver(instance), instance.log_text()
    assert b"\nX-Info: 1\nX-Pass: 1\nX-Odd: 1\n" in message
    client = "localhost[127.0.0.1]; from=<s@else.test> to=<"
    assert f": milter-header-info: header X-Info: 1 from {client}" in log
    assert ">: \n" in log
    assert "unsupported command in milter_header_checks map: PASS\n" in log
    assert "unsupported command in milter_header_checks map: ODD x\n" in log


@pytest.mark.parametrize(
    ("reply", "expected", "line"),
    [
        (b"550 no dsn here\0", (550, b"no dsn here"), ": no dsn here; from=<"),
        (b"bogus\0", (451, CONFUSED), "malformed reply: bogus\n"),
        (b"450 5.7.1 mixed\0", (451, CONFUSED), "malformed reply: 450 5.7.1 mixed\n"),
    ],
)
def test_replies_of_milters(
    make_instance: Make, milters: Milters, reply: bytes, expected: tuple[int, bytes], line: str
) -> None:
    """They may lack an enhanced code, but not have that of another class."""
    milter = milters({"E": [("y", reply)]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert send(instance, "a")[-1] == expected
    assert line in instance.log_text()


def test_a_returned_message_without_a_code(make_instance: Make, milters: Milters) -> None:
    """5.0.0 (RFC 3463)."""
    milter = milters({"E": [("y", b"550 no dsn here\0")]})
    instance = start(make_instance, f"non_smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert instance.submit("-f", f"{instance.user}@localhost", "a@else.test") == 0
    assert b"\nStatus: 5.0.0\nDiagnostic-Code: X-Pyfix; no dsn here\n" in deliver(instance)


def test_a_milter_may_skip_what_it_did_not_ask_to(make_instance: Make, milters: Milters) -> None:
    """SMFIR_SKIP for a milter that has not negotiated it: the reference takes it, too."""
    milter = milters({"B": [("s", b"")], "E": [("h", b"X-E\0e\0"), ("c", b"")]})
    instance = start(make_instance, f"smtpd_milters = inet:127.0.0.1:{milter.port}")
    assert send(instance, instance.user)[-1][0] == 250
    assert b"\nX-E: e" in deliver(instance)
