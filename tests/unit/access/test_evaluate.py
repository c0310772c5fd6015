"""Restriction lists: order, delay, deferrals, classes, what is logged. Values are the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.access.facts import Client, DnsAnswer, DnsStatus, NameStatus
from pyfixcli.base.errors import ConfigError
from pyfixcli.ipc.driver import drive
from tests.support.access import Judge, Zone

INSIDE = Client("localhost", "127.0.0.1")


def test_s41_strangers_may_not_relay() -> None:
    """The defaults of smtpd_relay_restrictions."""
    judge = Judge()
    assert judge.rcpt("x@far.test") == "454 4.7.1 <x@far.test>: Relay access denied"
    assert judge.lines.texts == [
        "NOQUEUE: reject: RCPT from unknown[192.0.2.10]: 454 4.7.1 <x@far.test>: Relay access denied;"
        " from=<a@example.org> to=<x@far.test> proto=ESMTP helo=<client.test>"
    ]


def test_mynetworks_may_relay() -> None:
    """permit_mynetworks."""
    judge = Judge()
    assert judge.rcpt("x@far.test", judge.case(INSIDE)) == "ok"


def test_s41_an_open_relay_is_a_configuration_error() -> None:
    """Nothing in the lists keeps strangers out."""
    judge = Judge(
        {"smtpd_relay_restrictions": "", "smtpd_recipient_restrictions": "permit_mynetworks"}
    )
    with pytest.raises(ConfigError):
        judge.access.check_relaying()


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        ("alice@example.test", "ok"),
        ("ALICE@Example.Test", "ok"),
        ("postmaster@example.test", "ok"),
        ("alice", "ok"),
        (
            "nope@example.test",
            "550 5.1.1 <nope@example.test>: Recipient address rejected: "
            "User unknown in local recipient table",
        ),
    ],
)
def test_unknown_local_recipients_are_refused(recipient: str, reply: str) -> None:
    """smtpd_reject_unlisted_recipient."""
    assert Judge().rcpt(recipient) == reply


def test_recipients_of_relay_domains_are_looked_up() -> None:
    """relay_recipient_maps, and its own code."""
    judge = Judge(
        {
            "relay_domains": "relay.test",
            "relay_recipient_maps": "inline:{ok@relay.test=x}",
            "unknown_relay_recipient_reject_code": "450",
        }
    )
    assert judge.rcpt("ok@relay.test") == "ok"
    assert judge.rcpt("x@relay.test").startswith("450 4.1.1 <x@relay.test>: Recipient address")


def test_a_recipient_table_that_fails_is_no_unknown_user() -> None:
    """451, and two lines in the log."""
    judge = Judge({"local_recipient_maps": "fail:broken"})
    assert judge.rcpt("alice@example.test") == (
        "451 4.3.0 <alice@example.test>: Temporary lookup failure"
    )
    assert judge.lines.texts[0] == ('warning: fail:broken lookup error for "alice@example.test"')


def test_lists_are_evaluated_in_order_at_rcpt() -> None:
    """Client, greeting, sender, relay, recipient."""
    lists = ("client", "helo", "sender", "relay", "recipient")
    settings = {f"smtpd_{name}_restrictions": "reject" for name in lists}
    found = []
    for name in lists:
        found.append(Judge(settings).rcpt("alice@example.test"))
        settings[f"smtpd_{name}_restrictions"] = ""
    subjects = [
        "<unknown[192.0.2.10]>: Client host",
        "<client.test>: Helo command",
        "<a@example.org>: Sender address",
        "<alice@example.test>: Recipient address",
        "<alice@example.test>: Recipient address",
    ]
    assert found == [f"554 5.7.1 {subject} rejected: Access denied" for subject in subjects]


def test_without_delay_the_client_is_refused_at_once() -> None:
    """smtpd_delay_reject = no."""
    judge = Judge({"smtpd_delay_reject": "no", "smtpd_client_restrictions": "reject"})
    case = judge.case()
    case.verb = "CONNECT"
    reply = drive(judge.access.connect(case))
    assert str(reply) == "554 5.7.1 <unknown[192.0.2.10]>: Client host rejected: Access denied"


def sender_list(text: str, recipients: str = "permit_mynetworks, reject") -> Judge:
    """A judge with these sender restrictions."""
    return Judge({"smtpd_sender_restrictions": text, "smtpd_recipient_restrictions": recipients})


def test_defer_if_permit_holds_back_a_permit() -> None:
    """DEFER_IF_PERMIT of a table."""
    judge = sender_list("check_sender_access inline:{{a@example.org=DEFER_IF_PERMIT maybe}}", "")
    assert judge.rcpt("alice@example.test") == (
        "450 4.7.1 <a@example.org>: Sender address rejected: maybe"
    )


def test_defer_if_permit_does_not_soften_a_refusal() -> None:
    """What is refused is refused."""
    judge = sender_list("check_sender_access inline:{{a@example.org=DEFER_IF_PERMIT maybe}}")
    assert judge.rcpt("alice@example.test").startswith("554 5.7.1 ")


def test_defer_if_reject_softens_a_refusal_of_its_list() -> None:
    """Later ones of the same list only."""
    table = "check_sender_access inline:{{a@example.org=DEFER_IF_REJECT soft}}"
    assert sender_list(f"{table}, reject").rcpt("alice@example.test") == (
        "450 4.7.1 <a@example.org>: Sender address rejected: soft"
    )
    assert sender_list(table).rcpt("alice@example.test").startswith("554 ")


def test_warn_if_reject_only_logs() -> None:
    """One restriction long."""
    judge = sender_list("warn_if_reject reject", "")
    assert judge.rcpt("alice@example.test") == "ok"
    assert judge.lines.texts[0].startswith("NOQUEUE: reject_warning: RCPT from ")


def test_an_unknown_restriction_is_found_when_it_is_reached() -> None:
    """Not before."""
    judge = sender_list("permit, no_such_thing", "")
    assert judge.rcpt("alice@example.test") == "ok"
    judge = sender_list("no_such_thing", "")
    assert judge.rcpt("alice@example.test") == "451 4.3.5 Server configuration error"
    assert judge.lines.texts[0] == 'warning: unknown smtpd restriction: "no_such_thing"'


def test_classes_are_lists_by_name() -> None:
    """smtpd_restriction_classes."""
    judge = Judge(
        {
            "smtpd_restriction_classes": "strict",
            "strict": "reject",
            "smtpd_recipient_restrictions": "check_recipient_access inline:{{bob=strict}}, "
            "check_recipient_access inline:{{bob@example.test=strict}}",
        }
    )
    assert judge.rcpt("alice@example.test") == "ok"
    assert judge.rcpt("bob@example.test").startswith("554 5.7.1 <bob@example.test>: Recipient")


def test_s17_a_class_that_names_itself_ends() -> None:
    """A configuration error, no endless loop."""
    judge = Judge(
        {
            "smtpd_restriction_classes": "loop",
            "loop": "loop",
            "smtpd_recipient_restrictions": "loop",
        }
    )
    assert judge.rcpt("alice@example.test").startswith("451 4.3.5 ")


def test_permits_are_logged_on_request() -> None:
    """smtpd_log_access_permit_actions."""
    judge = Judge({"smtpd_log_access_permit_actions": "permit_mynetworks"})
    judge.rcpt("x@far.test", judge.case(INSIDE))
    assert judge.lines.texts == [
        "NOQUEUE: permit: RCPT from localhost[127.0.0.1]: action=permit_mynetworks for Client "
        "host=localhost[127.0.0.1] ; from=<a@example.org> to=<x@far.test> proto=ESMTP "
        "helo=<client.test>"
    ]


@pytest.mark.parametrize(
    ("value", "reply"),
    [
        ("REJECT", "554 5.7.1 <{0}>: Recipient address rejected: Access denied"),
        ("reject go away", "554 5.7.1 <{0}>: Recipient address rejected: go away"),
        ("550 5.2.1 full", "550 5.2.1 <{0}>: Recipient address rejected: full"),
        ("450 5.2.1 full", "450 4.2.1 <{0}>: Recipient address rejected: full"),
        ("421 later", "421 4.7.0 <{0}>: Recipient address rejected: later"),
        ("DEFER", "450 4.7.1 <{0}>: Recipient address rejected: Access denied"),
        ("550", "ok"),
        ("OK", "ok"),
        ("DUNNO", "ok"),
        ("600 what", "451 4.3.5 Server configuration error"),
        ("check_sender_access fail:x", "451 4.3.5 Server configuration error"),
    ],
)
def test_actions_of_tables(value: str, reply: str) -> None:
    """access(5)."""
    table = f"inline:{{{{alice@example.test={value}}}}}"
    judge = Judge({"smtpd_recipient_restrictions": f"check_recipient_access {table}"})
    assert judge.rcpt("alice@example.test") == reply.format("alice@example.test")


def test_soft_bounce_refuses_nothing_for_good() -> None:
    """soft_bounce."""
    judge = Judge({"soft_bounce": "yes", "smtpd_sender_restrictions": "reject"})
    assert judge.rcpt("alice@example.test").startswith("454 4.7.1 ")


@pytest.mark.parametrize(
    ("dsn", "found"),
    [
        *(("5.1.0", "5.1.0"), ("5.1.1", "5.1.7"), ("5.1.2", "5.1.8"), ("5.1.5", "5.1.0")),
        *(("5.1.9", "5.1.0"), ("5.1.10", "5.1.0"), ("5.1.15", "5.1.0"), ("5.7.1", "5.7.1")),
    ],
)
def test_details_that_mean_recipients_become_those_of_senders(dsn: str, found: str) -> None:
    """RFC 3463."""
    judge = sender_list(f"check_sender_access inline:{{{{a@example.org=550 {dsn} x}}}}")
    assert judge.rcpt("alice@example.test").startswith(f"550 {found} ")
    line = f"mapping DSN status {dsn} into Sender address status {found}"
    assert (line in judge.lines.texts) == (dsn != found)


@pytest.mark.parametrize(
    ("dsn", "found"),
    [
        *(("5.1.5", "5.1.5"), ("5.1.6", "5.1.6"), ("5.1.7", "5.1.3"), ("5.1.8", "5.1.2")),
        *(("5.1.9", "5.1.0"), ("5.1.11", "5.1.0"), ("5.2.1", "5.2.1")),
    ],
)
def test_details_that_mean_senders_become_those_of_recipients(dsn: str, found: str) -> None:
    """And what means neither is about the address in general."""
    table = f"inline:{{{{alice@example.test=550 {dsn} x}}}}"
    judge = Judge({"smtpd_recipient_restrictions": f"check_recipient_access {table}"})
    assert judge.rcpt("alice@example.test").startswith(f"550 {found} ")


@pytest.mark.parametrize("number", [0, 1, 9, 11])
def test_details_of_addresses_fit_nothing_else(number: int) -> None:
    """A greeting has none."""
    table = f"inline:{{{{client.test=550 5.1.{number} x}}}}"
    judge = Judge({"smtpd_helo_restrictions": f"check_helo_access {table}"})
    assert judge.rcpt("alice@example.test").startswith("550 5.0.0 ")


def test_unknown_domains_are_refused() -> None:
    """reject_unknown_sender_domain: neither MX nor address."""
    judge = sender_list("reject_unknown_sender_domain")
    assert judge.rcpt("alice@example.test") == (
        "450 4.1.8 <a@example.org>: Sender address rejected: Domain not found"
    )


def test_a_null_mx_takes_no_mail() -> None:
    """RFC 7505."""
    zone = Zone({("example.org", "MX"): DnsAnswer(DnsStatus.FOUND, ((0, ""),))})
    judge = Judge({"smtpd_sender_restrictions": "reject_unknown_sender_domain"}, zone)
    assert judge.rcpt("alice@example.test").startswith("550 5.7.27 <a@example.org>: Sender")


def test_a_name_server_that_fails_defers() -> None:
    """Only if nothing else refuses."""
    zone = Zone({("example.org", kind): DnsAnswer(DnsStatus.FAILED) for kind in ("MX", "A")})
    judge = Judge({"smtpd_sender_restrictions": "reject_unknown_sender_domain"}, zone)
    assert judge.rcpt("alice@example.test").startswith("450 4.1.8 ")
    assert judge.rcpt("x@far.test") == "454 4.7.1 <x@far.test>: Relay access denied"


def test_clients_without_a_name_are_refused() -> None:
    """reject_unknown_client_hostname."""
    judge = Judge({"smtpd_client_restrictions": "reject_unknown_client_hostname"})
    client = Client("unknown", "192.0.2.1", status=NameStatus.FORGED)
    assert judge.rcpt("alice@example.test", judge.case(client)) == (
        "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]"
    )


@pytest.mark.parametrize(
    ("helo", "restriction", "start"),
    [
        ("short", "reject_non_fqdn_helo_hostname", "504 5.5.2 <short>: Helo"),
        ("a..b", "reject_invalid_helo_hostname", "501 5.5.2 <a..b>: Helo"),
        ("[999.1.1.1]", "reject_invalid_helo_hostname", "501 5.5.2 <[999.1.1.1]>: Helo"),
        ("[192.0.2.1]", "reject_invalid_helo_hostname", "ok"),
        ("gone.test", "reject_unknown_helo_hostname", "450 4.7.1 <gone.test>: Helo"),
    ],
)
def test_greetings(helo: str, restriction: str, start: str) -> None:
    """Each restriction of the name."""
    judge = Judge({"smtpd_helo_restrictions": restriction})
    case = judge.case()
    case.helo = helo
    assert judge.rcpt("alice@example.test", case).startswith(start)


@pytest.mark.parametrize(
    "recipient", ["x%far.test@example.test", "far.test!x@example.test", "x@far.test@example.test"]
)
def test_s26_routes_out_of_our_domains_are_no_relay(recipient: str) -> None:
    """Sender-specified routing is for trusted clients."""
    assert "Relay access denied" in Judge().rcpt(recipient)


def test_etrn_is_for_domains_that_we_keep_mail_for() -> None:
    """fast_flush_domains."""
    judge = Judge({"relay_domains": "relay.test"})
    case = judge.case(sender=None)
    case.verb = "ETRN"
    case.recipient = "sub.relay.test"
    assert drive(judge.access.etrn(case)) is None
    case.recipient = "far.test"
    assert str(drive(judge.access.etrn(case))) == "459 <far.test>: service unavailable"
