"""XCLIENT in the SMTP server: the session begins anew with another client. Replies were read off the reference."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]

SETTINGS = (
    "smtpd_authorized_xclient_hosts = 127.0.0.1\nsmtpd_peername_lookup = no\n"
    "smtpd_client_restrictions = check_client_access inline:{{203.0.113.9=REJECT bad address}}"
)
OFFER = "NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT"
UNAUTHORIZED = (550, b"5.7.0 Error: insufficient authorization")


def test_restrictions_judge_the_client_that_is_named(make_instance: Make) -> None:
    """What it may do counts from then on, so another XCLIENT is refused; HELO counts when it came along."""
    instance = make_instance(SETTINGS)
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.ehlo("client.test")
        assert client.esmtp_features["xclient"] == OFFER
        claim = "NAME=[UNAVAILABLE] ADDR=203.0.113.9 HELO=given.test PROTO=SMTP"
        assert client.docmd("XCLIENT", claim)[0] == 220
        assert client.docmd("XCLIENT", "NAME=x.test") == UNAUTHORIZED
        client.docmd("MAIL", "FROM:<a@else.test>")
        refusal = (554, b"5.7.1 <unknown[203.0.113.9]>: Client host rejected: bad address")
        assert client.docmd("RCPT", f"TO:<{instance.user}@localhost>") == refusal
    log = instance.log_text
    wait_for(lambda: "disconnect from unknown[203.0.113.9] ehlo=1 xclient=0/2 mail=1" in log())
    assert "proto=SMTP helo=<given.test>" in log()


def test_a_message_of_a_named_client(make_instance: Make) -> None:
    """Received: has it, and headers are completed as for the system that connected."""
    instance = make_instance(SETTINGS)
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.ehlo("client.test")
        client.docmd("MAIL", "FROM:<a@else.test>")
        busy = (503, b"5.5.1 Error: MAIL transaction in progress")
        assert client.docmd("XCLIENT", "NAME=x.test") == busy
        client.docmd("RSET")
        assert client.docmd("XCLIENT", "NAME=good.test ADDR=198.51.100.7 PORT=4321")[0] == 220
        client.ehlo("inner.test")
        assert "xclient" not in client.esmtp_features
        client.sendmail("a@else.test", [f"{instance.user}@localhost"], "Subject: x\n\nx\n")
    wait_for(instance.delivered)
    message = instance.delivered()[0]
    assert b"from inner.test (good.test [198.51.100.7])" in message
    assert b"Message-Id: " in message


def test_a_refused_client_may_only_quit(make_instance: Make) -> None:
    """With smtpd_delay_reject = no, as after a refused connection."""
    instance = make_instance(f"{SETTINGS}\nsmtpd_delay_reject = no")
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        assert client.docmd("XCLIENT", "ADDR=203.0.113.9")[0] == 554
        denied = b"5.7.0 Error: access denied for unknown[203.0.113.9]"
        assert client.docmd("XCLIENT", "ADDR=203.0.113.8") == (503, denied)
        assert client.docmd("QUIT")[0] == 221
    assert "reject: XCLIENT from unknown[203.0.113.9]: 554 5.7.1 " in instance.log_text()
