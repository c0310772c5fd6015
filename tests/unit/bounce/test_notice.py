"""Which notices result, and their octets; expected messages are the reference's."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pyfixcli.bounce.notice import DISCARDED, Decision, Kind, Notice, compose, decide_notices
from pyfixcli.bounce.report import ReportedRecipient
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, FLAG_TRACE, FLAG_VERIFY_ONLY, Envelope
from pyfixcli.mail.recipient import (
    NOTIFY_DELAY,
    NOTIFY_FAILURE,
    NOTIFY_NEVER,
    NOTIFY_SUCCESS,
)

NOW = 1_795_502_180.25
HOST = "mail.example.test"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Dates are shown in the local zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def make_config(**settings: str) -> Config:
    given = {"myhostname": HOST, "myorigin": HOST, "mail_name": "Postfix", "smtputf8_enable": "yes"}
    return Config("/nowhere", {**given, **settings})


def make_envelope(**fields: object) -> Envelope:
    given: dict[str, object] = {
        "queue_id": "654931043",
        "sender": "carol@mail.example.test",
        "recipients": (),
        "arrival_time": NOW - 1,
        "size": 300,
        "message_id": "<m@x.test>",
    }
    return Envelope(**{**given, **fields})  # type: ignore[arg-type]


def make_recipient(notify: int = 0, **fields: str) -> ReportedRecipient:
    given = {
        "address": "nosuch@mail.example.test",
        "original": "nosuch",
        "orcpt": "",
        "action": "failed",
        "dsn": "5.1.1",
        "text": 'unknown user: "nosuch"',
    }
    return ReportedRecipient(**{**given, **fields}, notify=notify)


def decide(
    kind: Kind = Kind.BOUNCE,
    envelope: Envelope | None = None,
    notify: int = 0,
    **settings: str,
) -> Decision:
    envelope = envelope or make_envelope()
    return decide_notices(make_config(**settings), envelope, kind, [make_recipient(notify)])


def routes(decision: Decision) -> list[tuple[str, str, str]]:
    return [(n.sender, n.recipient, n.log_text) for n in decision.notices]


TO_SENDER = ("", "carol@mail.example.test", "sender non-delivery")
DOUBLE = "double-bounce@mail.example.test"


def test_a_failure_goes_back_to_the_sender() -> None:
    """From the null sender."""
    assert routes(decide()) == [TO_SENDER]


def test_the_bounce_class_adds_a_copy_for_the_postmaster() -> None:
    """notify_classes = bounce; it comes after the sender's."""
    found = decide(notify_classes="resource, bounce", bounce_notice_recipient="pm@x.test")
    assert routes(found) == [TO_SENDER, (DOUBLE, "pm@x.test", "postmaster non-delivery")]


def test_the_copy_is_sent_whatever_notify_says() -> None:
    """NOTIFY is the sender's word, not the postmaster's."""
    found = decide(notify=NOTIFY_NEVER, notify_classes="bounce")
    assert routes(found) == [(DOUBLE, "postmaster", "postmaster non-delivery")]


@pytest.mark.parametrize("notify", [NOTIFY_NEVER, NOTIFY_SUCCESS, NOTIFY_DELAY | NOTIFY_SUCCESS])
def test_notify_without_failure_keeps_the_notice_back(notify: int) -> None:
    """RFC 3461 section 4.1."""
    assert decide(notify=notify) == Decision()


def test_only_recipients_that_want_it_are_reported_to_the_sender() -> None:
    """One message, two recipients."""
    recipients = [make_recipient(NOTIFY_NEVER), make_recipient(NOTIFY_FAILURE, address="b@x.test")]
    found = decide_notices(make_config(), make_envelope(), Kind.BOUNCE, recipients)
    assert [r.address for r in found.notices[0].recipients] == ["b@x.test"]


def test_s18_the_null_sender_gets_no_notice() -> None:
    """A bounce that bounces is dropped by default."""
    assert decide(envelope=make_envelope(sender="")) == Decision()


def test_s18_a_double_bounce_goes_to_the_postmaster_when_asked() -> None:
    """notify_classes = 2bounce."""
    found = decide(envelope=make_envelope(sender=""), notify_classes="2bounce")
    assert routes(found) == [(DOUBLE, "postmaster", "postmaster non-delivery")]


def test_the_bounce_class_includes_double_bounces() -> None:
    """For failures only: a report that the null sender asked for needs the word 2bounce."""
    found = decide(envelope=make_envelope(sender=""), notify_classes="bounce")
    assert routes(found) == [(DOUBLE, "postmaster", "postmaster non-delivery")]
    found = decide(Kind.SUCCESS, make_envelope(sender=""), notify_classes="bounce")
    assert (found.notices, found.info.endswith("single-bounce message")) == ((), True)


def test_unknown_classes_keep_no_notice_back() -> None:
    """What is known counts."""
    assert len(decide(notify_classes="nonsense, bounce").notices) == 2


def test_double_bounces_have_a_recipient_of_their_own() -> None:
    """2bounce_notice_recipient, double_bounce_sender."""
    settings = {"2bounce_notice_recipient": "bob@x.test", "double_bounce_sender": "twice"}
    found = decide(envelope=make_envelope(sender=""), notify_classes="2bounce", **settings)
    expected = ("twice@mail.example.test", "bob@x.test", "postmaster non-delivery")
    assert routes(found) == [expected]


@pytest.mark.parametrize("sender", [DOUBLE, DOUBLE.upper()])
def test_s18_an_undeliverable_postmaster_notice_is_dropped_and_logged(sender: str) -> None:
    """The chain ends here, whatever the classes."""
    found = decide(envelope=make_envelope(sender=sender), notify_classes="bounce, 2bounce")
    assert found == Decision(warning=DISCARDED)


def test_s18_a_chain_of_bounces_ends() -> None:
    """Each notice fails in turn: the sender's, its copy, then the postmaster's."""
    config = make_config(notify_classes="bounce, 2bounce, delay")
    waiting = ["carol@mail.example.test"]
    sent = 0
    while waiting and sent < 10:
        envelope = make_envelope(sender=waiting.pop())
        found = decide_notices(config, envelope, Kind.BOUNCE, [make_recipient()])
        waiting += [notice.sender for notice in found.notices]
        sent += len(found.notices)
    assert sent == 3


def test_verp_gives_each_recipient_a_notice_of_its_own() -> None:
    """To the sender address that names the recipient."""
    envelope = make_envelope(verp_delimiters="+=")
    recipients = [make_recipient(original="a@x.test"), make_recipient(original="b@x.test")]
    found = decide_notices(make_config(), envelope, Kind.BOUNCE, recipients)
    assert [(n.recipient, len(n.recipients)) for n in found.notices] == [
        ("carol+a=x.test@mail.example.test", 1),
        ("carol+b=x.test@mail.example.test", 1),
    ]


def test_verp_bounces_can_be_switched_off() -> None:
    """disable_verp_bounces."""
    envelope = make_envelope(verp_delimiters="+=")
    assert routes(decide(envelope=envelope, disable_verp_bounces="yes")) == [TO_SENDER]


def test_a_delay_is_reported_to_the_sender() -> None:
    """delay_warning_time."""
    assert routes(decide(Kind.DELAY)) == [("", "carol@mail.example.test", "sender delay")]


def test_the_delay_class_adds_a_copy_for_the_postmaster() -> None:
    """Even when the sender wants none."""
    found = decide(Kind.DELAY, notify=NOTIFY_FAILURE, notify_classes="delay")
    assert routes(found) == [(DOUBLE, "postmaster", "postmaster delay")]


@pytest.mark.parametrize("sender", ["", DOUBLE])
def test_s18_delayed_notices_are_not_reported(sender: str) -> None:
    """Neither to the sender nor to the postmaster."""
    found = decide(Kind.DELAY, make_envelope(sender=sender), notify_classes="delay, 2bounce")
    assert found.notices == ()


def test_success_is_reported_when_asked_for() -> None:
    """NOTIFY=SUCCESS."""
    found = decide(Kind.SUCCESS, notify=NOTIFY_SUCCESS)
    expected = [(Kind.SUCCESS, "sender delivery status")]
    assert [(n.kind, n.log_text) for n in found.notices] == expected


def test_success_is_not_reported_by_default() -> None:
    """RFC 3461: failures and, perhaps, delays."""
    assert decide(Kind.SUCCESS) == Decision()


@pytest.mark.parametrize("flag", [FLAG_TRACE, FLAG_VERIFY_ONLY])
def test_a_verbose_submission_is_reported_in_full(flag: int) -> None:
    """sendmail -v and -bv, also with -N never."""
    found = decide(Kind.SUCCESS, make_envelope(flags=flag), notify=NOTIFY_NEVER)
    assert [(n.kind, n.template.name) for n in found.notices] == [(Kind.VERIFY, "verify")]


def test_s18_the_null_sender_gets_no_success_report() -> None:
    """The log says so."""
    found = decide(Kind.SUCCESS, make_envelope(sender=""), notify=NOTIFY_SUCCESS)
    text = "not sending trace/success notification for single-bounce message"
    assert found == Decision(info=text)


def test_no_recipients_give_no_notice() -> None:
    """There is nothing to say."""
    assert decide_notices(make_config(), make_envelope(), Kind.BOUNCE, []) == Decision()


# -- octets -----------------------------------------------------------------------------

ORIGINAL = b"Received: by x\nSubject: s\n\nbody \xc3\xa4\n"


def render(notice: Notice, envelope: Envelope, pieces: int = 100, **settings: str) -> str:
    content = (ORIGINAL[i : i + pieces] for i in range(0, len(ORIGINAL), pieces))
    found = compose(notice, envelope, notice.recipients, content, make_config(**settings), NOW)
    return b"".join(found).decode()


def first(envelope: Envelope, kind: Kind = Kind.BOUNCE, index: int = 0, **settings: str) -> Notice:
    recipients = [make_recipient()]
    return decide_notices(make_config(**settings), envelope, kind, recipients).notices[index]


def part(text: str, number: int) -> str:
    """A part of the multipart message; 0 is its header and preamble."""
    return text.split("\n--654931043.1795502180/mail.example.test")[number]


def test_the_sender_gets_the_message_that_the_reference_sends() -> None:
    """Octet by octet; cleanup adds the domain of MAILER-DAEMON, Received: and Message-Id:."""
    envelope = make_envelope()
    assert render(first(envelope), envelope) == (
        "Date: Tue, 24 Nov 2026 06:36:20 +0000 (UTC)\n"
        "From: Mail Delivery System <MAILER-DAEMON>\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        "To: carol@mail.example.test\n"
        "Auto-Submitted: auto-replied\n"
        "MIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status;\n"
        '\tboundary="654931043.1795502180/mail.example.test"\n'
        "Content-Transfer-Encoding: 8bit\n"
        "\n"
        "This is a MIME-encapsulated message.\n"
        "\n"
        "--654931043.1795502180/mail.example.test\n"
        "Content-Description: Notification\n"
        "Content-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\n"
        "\n"
        "This is the mail system at host mail.example.test.\n"
        "\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n"
        "\n"
        "For further assistance, please send mail to postmaster.\n"
        "\n"
        "If you do so, please include this problem report. You can\n"
        "delete your own text from the attached returned message.\n"
        "\n"
        "                   The mail system\n"
        "\n"
        '<nosuch@mail.example.test> (expanded from <nosuch>): unknown user: "nosuch"\n'
        "\n"
        "--654931043.1795502180/mail.example.test\n"
        "Content-Description: Delivery report\n"
        "Content-Type: message/delivery-status\n"
        "\n"
        "Reporting-MTA: dns; mail.example.test\n"
        "X-Postfix-Queue-ID: 654931043\n"
        "X-Postfix-Sender: rfc822; carol@mail.example.test\n"
        "Arrival-Date: Tue, 24 Nov 2026 06:36:19 +0000 (UTC)\n"
        "\n"
        "Final-Recipient: rfc822; nosuch@mail.example.test\n"
        "Original-Recipient: rfc822;nosuch@mail.example.test\n"
        "Action: failed\n"
        "Status: 5.1.1\n"
        'Diagnostic-Code: X-Postfix; unknown user: "nosuch"\n'
        "\n"
        "--654931043.1795502180/mail.example.test\n"
        "Content-Description: Undelivered Message\n"
        "Content-Type: message/rfc822\n"
        "Content-Transfer-Encoding: 8bit\n"
        "\n"
        "Return-Path: <carol@mail.example.test>\n"
        "Received: by x\n"
        "Subject: s\n"
        "\n"
        "body ä\n"
        "\n"
        "--654931043.1795502180/mail.example.test--\n"
    )


HEADERS_ONLY = (
    "\nContent-Description: Undelivered Message Headers\n"
    "Content-Type: text/rfc822-headers\n"
    "Content-Transfer-Encoding: 8bit\n"
    "\n"
    "Return-Path: <carol@mail.example.test>\n"
    "Received: by x\n"
    "Subject: s\n"
)


@pytest.mark.parametrize("pieces", [1, 2, 7, 25, 26, 27, 28])
def test_headers_only_stops_at_the_empty_line(pieces: int) -> None:
    """However the original is cut into pieces."""
    envelope = make_envelope(ret="HDRS")
    assert part(render(first(envelope), envelope, pieces), 3) == HEADERS_ONLY


def test_a_large_message_comes_back_without_its_body() -> None:
    """bounce_size_limit."""
    envelope = make_envelope(stored=1001)
    text = render(first(envelope), envelope, bounce_size_limit="1000")
    assert part(text, 3) == HEADERS_ONLY


def test_the_postmasters_copy_has_its_own_subject() -> None:
    """Postmaster-Subject of the template; it is no reply."""
    envelope = make_envelope()
    head = part(render(first(envelope, index=1, notify_classes="bounce"), envelope), 0)
    assert "\nSubject: Postmaster Copy: Undelivered Mail\nTo: postmaster\n" in head
    assert "\nAuto-Submitted: auto-generated\n" in head


def test_the_postmasters_copy_has_headers_only_and_no_explanation() -> None:
    """The people's mail is not the postmaster's business."""
    envelope = make_envelope()
    text = render(first(envelope, index=1, notify_classes="bounce"), envelope)
    assert "8bit\n\n\n<nosuch@mail.example.test> (expanded from <nosuch>): " in part(text, 1)
    assert part(text, 3) == HEADERS_ONLY


def test_a_double_bounce_is_shown_in_full_and_names_mailer_daemon() -> None:
    """The postmaster needs to see what it was."""
    envelope = make_envelope(sender="")
    text = render(first(envelope, notify_classes="2bounce"), envelope)
    assert "\nX-Postfix-Sender: rfc822; MAILER-DAEMON@mail.example.test\n" in part(text, 2)
    assert part(text, 3).startswith("\nContent-Description: Undelivered Message\n")
    assert "\nReturn-Path: <MAILER-DAEMON@mail.example.test>\n" in part(text, 3)


def test_a_delay_says_how_long_it_will_be_tried() -> None:
    """Will-Retry-Until, and headers only."""
    envelope = make_envelope()
    text = render(first(envelope, Kind.DELAY), envelope, maximal_queue_lifetime="5d")
    assert "\nSubject: Delayed Mail (still being retried)\n" in part(text, 0)
    assert part(text, 2).endswith("\nWill-Retry-Until: Sun, 29 Nov 2026 06:36:19 +0000 (UTC)\n")
    assert part(text, 3) == HEADERS_ONLY


def test_a_success_report_says_by_which_way() -> None:
    """``delivery via``; nothing is called undelivered."""
    envelope = make_envelope(ret="FULL")
    recipient = make_recipient(
        NOTIFY_SUCCESS,
        address="x@nodsn.test",
        original="",
        action="relayed",
        dsn="2.0.0",
        text="250 2.0.0 Ok: accepted",
        relay="127.0.0.2[127.0.0.2]:25",
        remote_mta="127.0.0.2",
        diagnostic_type="smtp",
        diagnostic="250 2.0.0 Ok: accepted",
    )
    found = decide_notices(make_config(), envelope, Kind.SUCCESS, [recipient])
    text = render(found.notices[0], envelope)
    assert part(text, 1).endswith(
        "\n<x@nodsn.test>: delivery via 127.0.0.2[127.0.0.2]:25: 250 2.0.0 Ok: accepted\n"
    )
    assert part(text, 2).endswith("\nDiagnostic-Code: smtp; 250 2.0.0 Ok: accepted\n")
    assert part(text, 3).startswith("\nContent-Description: Message Headers\n")


def test_the_envelope_id_is_reported() -> None:
    """Between Reporting-MTA and the queue id."""
    envelope = make_envelope(envid="id+1=x")
    status = part(render(first(envelope), envelope), 2)
    assert "test\nOriginal-Envelope-Id: id+1=x\nX-Postfix-Queue-ID: " in status


def test_threaded_notices_refer_to_the_original() -> None:
    """enable_threaded_bounces."""
    envelope = make_envelope()
    notice = first(envelope, enable_threaded_bounces="yes")
    references = "References: <m@x.test>\nIn-Reply-To: <m@x.test>\n"
    expected = f"\nTo: carol@mail.example.test\n{references}Auto-Submitted: "
    assert expected in render(notice, envelope)


@pytest.mark.parametrize("message_id", ["not an id (comment)", "<a@b> (comment)", "<a@b"])
def test_a_malformed_message_id_is_not_referred_to(message_id: str) -> None:
    """A warning says so."""
    notice = first(make_envelope(message_id=message_id), enable_threaded_bounces="yes")
    assert (notice.thread, notice.warnings) == ("", ("ignoring malformed Message-ID",))


def test_a_malformed_message_id_is_warned_about_once() -> None:
    """Though the postmaster gets a copy."""
    envelope = make_envelope(message_id="bad id")
    found = decide(envelope=envelope, enable_threaded_bounces="yes", notify_classes="bounce")
    assert [notice.warnings for notice in found.notices] == [("ignoring malformed Message-ID",), ()]


def test_a_report_for_the_null_sender_is_a_reply() -> None:
    """It goes to the postmaster, but is no copy (RFC 3834 section 5)."""
    envelope = make_envelope(sender="")
    found = decide(Kind.SUCCESS, envelope, NOTIFY_SUCCESS, notify_classes="2bounce")
    (notice,) = found.notices
    assert notice.sender == DOUBLE
    text = render(notice, envelope)
    assert "\nSubject: Successful Mail Delivery Report\n" in text
    assert "\nAuto-Submitted: auto-replied\n" in text


@pytest.mark.parametrize(
    ("encoding", "header", "parts"), [("", 0, 0), ("7bit", 1, 0), ("8bit", 1, 1)]
)
def test_without_smtputf8_the_encoding_is_that_of_the_original(
    encoding: str, header: int, parts: int
) -> None:
    """The text is US-ASCII then."""
    envelope = make_envelope(encoding=encoding)
    text = render(first(envelope, smtputf8_enable="no"), envelope, smtputf8_enable="no")
    assert part(text, 0).count("Content-Transfer-Encoding: ") == header
    assert part(text, 1).count("Content-Transfer-Encoding: 8bit") == parts
    assert "\nContent-Type: text/plain; charset=us-ascii\n" in part(text, 1)


def test_internationalised_mail_has_its_own_content_types() -> None:
    """RFC 6533."""
    envelope = make_envelope(flags=FLAG_SMTPUTF8)
    notice = first(envelope)
    text = render(notice, envelope)
    status = "\nContent-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n\n"
    assert notice.flags == FLAG_SMTPUTF8
    assert status in part(text, 2)
    assert "\nContent-Type: message/global\n" in part(text, 3)


def test_a_large_original_is_not_held_in_memory() -> None:
    """Each piece is passed on before the next one is asked for."""
    asked = 0

    def pieces() -> Iterator[bytes]:
        nonlocal asked
        yield b"Subject: x\n\n"
        for _ in range(1000):
            asked += 1
            yield b"x" * 65535 + b"\n"

    envelope = make_envelope()
    notice = first(envelope)
    octets = 0
    for piece in compose(notice, envelope, (), pieces(), make_config(), NOW):
        octets += len(piece)
        assert octets >= asked * 65536
    assert asked == 1000


def test_s19_a_header_without_end_is_cut() -> None:
    """Only so much of a header is returned."""
    envelope = make_envelope(ret="HDRS")
    original = (b"X: " + b"x" * 65533 for _ in range(64))
    found = compose(first(envelope), envelope, (), original, make_config(), NOW)
    assert sum(map(len, found)) < (1 << 20) + 4096
