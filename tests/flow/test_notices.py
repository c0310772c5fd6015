"""Notices through a running instance: who is told what, exactly once."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for
from tests.support.scripted_server import ScriptedServer

Make = Callable[..., Instance]
QUICK = (
    "minimal_backoff_time = 1s\nmaximal_backoff_time = 1s\nqueue_run_delay = 1s\n"
    "smtp_connection_cache_on_demand = no"
)
TEXT = "Subject: m1\r\n\r\nbody\r\n"


def subjects(instance: Instance) -> list[str]:
    """The first Subject: of each message in the mailbox, in no order."""
    found = [re.search(rb"^Subject: (.*)$", m, re.MULTILINE) for m in instance.delivered()]
    return sorted(match[1].decode() for match in found if match)


def notice(instance: Instance, subject: str) -> str:
    """The text of the one message with this subject."""
    wanted = f"\nSubject: {subject}\n".encode()
    (found,) = [message for message in instance.delivered() if wanted in message]
    return found.decode()


def send(instance: Instance, *recipients: str, options: tuple[str, ...] = ()) -> None:
    """A message from the user of the instance, by SMTP."""
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.sendmail(f"{instance.user}@mail.example.test", recipients, TEXT, options)


def test_a_report_of_success_comes_once_for_an_alias(make_instance: Make) -> None:
    """RFC 3461 section 5.2.7.3: expanded, whatever it stands for."""
    instance = make_instance()
    main = instance.config / "main.cf"
    aliases = f"alias_maps = inline:{{ {{team={instance.user}}} }}"
    main.write_text(main.read_text().replace("alias_maps =", aliases))
    instance.start()
    instance.submit("-N", "success", "-f", instance.user, "team")
    wait_for(lambda: len(instance.delivered()) == 2)
    text = notice(instance, "Successful Mail Delivery Report")
    assert text.count("Final-Recipient:") == 1
    assert "\nAction: expanded\nStatus: 2.0.0\nDiagnostic-Code: X-" in text
    assert "delivery via local: alias expanded\n" in text


def test_a_list_is_reported_by_its_own_name(make_instance: Make) -> None:
    """One with an owner counts as delivered, and its report does not say what was given."""
    instance = make_instance()
    main = instance.config / "main.cf"
    user = instance.user
    aliases = f"alias_maps = inline:{{ {{team={user}}} {{owner-team={user}}} }}"
    main.write_text(main.read_text().replace("alias_maps =", aliases))
    instance.start()
    instance.submit("-N", "success", "-f", user, "team")
    wait_for(lambda: len(instance.delivered()) == 2)
    text = notice(instance, "Successful Mail Delivery Report")
    assert "\nAction: delivered\nStatus: 2.0.0\n" in text
    assert "delivery via local: alias expanded\n" in text and "expanded from" not in text


def test_the_end_of_a_delay_is_told_to_who_was_warned(make_instance: Make) -> None:
    """confirm_delay_cleared; only the recipient that was late, although the next hop speaks DSN."""
    with ScriptedServer(("RCPT", "late@", "450 4.2.0 not yet")) as server:
        instance = make_instance(
            f"{QUICK}\ndelay_warning_time = 1s\nconfirm_delay_cleared = yes\n"
            f"transport_maps = inline:{{ {{far.test=smtp:[127.0.0.1]:{server.port}}} }}"
        )
        instance.start()
        send(instance, "late@far.test", "ok@far.test")
        wait_for(lambda: subjects(instance) == ["Delayed Mail (still being retried)"])
        server.rules = ()
        wait_for(lambda: len(instance.delivered()) == 2)
    text = notice(instance, "Successful Mail Delivery Report")
    assert "Final-Recipient: rfc822; late@far.test\n" in text
    assert "ok@far.test" not in text
    assert "\nAction: relayed\n" in text


def test_forced_expiry_returns_mail_without_another_attempt(make_instance: Make) -> None:
    """postsuper -e: the reason is that of the last attempt."""
    with ScriptedServer(("RCPT", "", "450 4.2.1 busy")) as server:
        instance = make_instance(
            "minimal_backoff_time = 1000s\n"
            f"transport_maps = inline:{{ {{far.test=smtp:[127.0.0.1]:{server.port}}} }}"
        )
        instance.start()
        send(instance, "x@far.test")
        wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["deferred"])
        sessions = len(server.sessions)
        instance.run("postsuper", "-e", "ALL")
        instance.run("postqueue", "-f")
        wait_for(lambda: instance.delivered() and instance.is_queue_empty())
        assert len(server.sessions) == sessions
    assert "450 4.2.1 busy" in notice(instance, "Undelivered Mail Returned to Sender")
    assert "status=force-expired, returned to sender" in instance.log_text()


def test_mail_that_was_never_tried_expires_for_a_reason_of_its_own(make_instance: Make) -> None:
    instance = make_instance("smtpd_data_restrictions = check_helo_access static:HOLD")
    instance.start()
    send(instance, "x@far.test")
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == ["hold"])
    instance.run("postsuper", "-f", "ALL")
    instance.run("postqueue", "-f")
    wait_for(lambda: instance.delivered() and instance.is_queue_empty())
    text = notice(instance, "Undelivered Mail Returned to Sender")
    assert "<x@far.test>: message is administratively expired\n" in text
    assert "\nStatus: 4.7.0\n" in text


def test_each_recipient_has_a_sender_of_its_own(make_instance: Make) -> None:
    """XVERP: one transaction for each; what is refused comes back to the address that names it."""
    with ScriptedServer(("RCPT", "gone@", "550 5.1.1 gone")) as server:
        instance = make_instance(
            "smtpd_authorized_verp_clients = 127.0.0.1\nrecipient_delimiter = +\n"
            f"transport_maps = inline:{{ {{far.test=smtp:[127.0.0.1]:{server.port}}} }}"
        )
        instance.start()
        send(instance, "a@far.test", "gone@far.test", options=("XVERP",))
        wait_for(lambda: instance.delivered() and instance.is_queue_empty())
        commands = [c for session in server.sessions for c in session.commands]
    sender = f"{instance.user}+{{}}=far.test@mail.example.test"
    mails = sorted(c.split()[1] for c in commands if c.startswith("MAIL"))
    assert mails == [f"FROM:<{sender.format(name)}>" for name in ("a", "gone")]
    text = notice(instance, "Undelivered Mail Returned to Sender")
    assert f"\nTo: {sender.format('gone')}\n" in text


def test_mail_to_the_double_bounce_address_is_thrown_away(make_instance: Make) -> None:
    """double_bounce_sender: accepted, never delivered, never returned."""
    instance = make_instance("double_bounce_sender = twice")
    instance.start()
    send(instance, "twice@localhost")
    wait_for(lambda: ": removed" in instance.log_text())
    log = instance.log_text()
    assert "status=sent (undeliverable postmaster notification discarded)" in log
    assert (instance.delivered(), "notification:" in log) == ([], False)


def test_the_postmaster_gets_the_transcript_of_a_session(make_instance: Make) -> None:
    """notify_classes = protocol; a session without errors gives none."""
    instance = make_instance("notify_classes = protocol\nsmtpd_error_sleep_time = 0")
    main = instance.config / "main.cf"
    main.write_text(f"{main.read_text()}error_notice_recipient = {instance.user}\n")
    instance.start()
    send(instance, f"{instance.user}@localhost")
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.ehlo("client.test")
        client.docmd("FOO")
    wait_for(lambda: len(instance.delivered()) == 2)
    (text,) = [m.decode() for m in instance.delivered() if b"Transcript of session" in m]
    assert " In:  FOO\n Out: 500 5.5.2 Error: command not recognized\n" in text
    assert text.startswith("Return-Path: <double-bounce@mail.example.test>\n")


@pytest.mark.parametrize(
    ("classes", "is_bounce_inspected", "is_transcript_inspected"),
    [("", False, False), ("bounce", True, False), ("notify", False, True)],
)
def test_mail_of_the_system_is_inspected_where_that_is_asked_for(
    make_instance: Make, classes: str, is_bounce_inspected: bool, is_transcript_inspected: bool
) -> None:
    """internal_mail_filter_classes; what is logged of the checks is what the reference logs."""
    instance = make_instance(f"internal_mail_filter_classes = {classes}\nnotify_classes = protocol")
    checks = instance.config / "checks"
    checks.write_text("/^Subject: (Undelivered|.*SMTP server)/ WARN seen\n")
    main = instance.config / "main.cf"
    main.write_text(f"{main.read_text()}header_checks = regexp:{checks}\n")
    instance.start()
    instance.submit("-f", instance.user, "nobody-here")
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.docmd("BOGUS")
    wait_for(lambda: "Undelivered Mail" in str(subjects(instance)))
    wait_for(lambda: "from=<double-bounce@" in instance.log_text())
    log = instance.log_text()
    bounce = "warning: header Subject: Undelivered Mail Returned to Sender from local; from=<> "
    transcript = "SMTP server: errors from localhost[127.0.0.1] from local; from=<double-bounce@"
    assert (bounce in log) == is_bounce_inspected
    assert (transcript in log) == is_transcript_inspected


def test_recipients_are_told_of_by_domain_and_address(make_instance: Make) -> None:
    """The order of the reference: domains without regard to case, then addresses with it."""
    instance = make_instance("default_transport = error:no")
    instance.start()
    given = "aa@x.test a@X.test zz@X.test a@w.test B@x.test c@Y.test a-a@X.test a.a@x.test"
    instance.submit("-f", instance.user, *given.split(), "ab@[1.2.3.4]")
    wait_for(lambda: len(instance.delivered()) == 1)
    told = re.findall(
        r"^<(.*)>: no$", notice(instance, "Undelivered Mail Returned to Sender"), re.M
    )
    expected = "ab@[1.2.3.4] a@w.test B@x.test a-a@X.test a.a@x.test a@X.test aa@x.test zz@X.test"
    assert told == [*expected.split(), "c@Y.test"]
