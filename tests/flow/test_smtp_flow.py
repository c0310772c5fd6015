"""From an SMTP client to the mailbox, through a real daemon."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest

from tests.support.instance import HERE, Instance, free_port, wait_for

Make = Callable[..., Instance]
TEXT = b"Subject: n1\r\n\r\nbody\r\n..dots\r\n"


def test_mail_comes_in_and_is_delivered(make_instance: Make) -> None:
    """smtplib gets its 250, the mailbox the message, the log its lines."""
    instance = make_instance()
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        refused = client.sendmail("a@else.test", [instance.user], TEXT)
    wait_for(lambda: instance.delivered() and not instance.queue_entries())
    (message,) = instance.delivered()
    assert refused == {}
    assert b"\nSubject: n1\n" in message and b"\n\nbody\n..dots\n" in message
    wait_for(lambda: f"disconnect from {HERE} ehlo=1 mail=1" in instance.log_text())
    for part in (f"connect from {HERE}", f": client={HERE}"):
        assert part in instance.log_text()


def test_mail_for_others_is_not_relayed_for_strangers(make_instance: Make) -> None:
    """S41: with mynetworks elsewhere, only our own domains are taken."""
    instance = make_instance("mynetworks = 192.0.2.0/24")
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.helo("client.test")
        client.mail("a@else.test")
        code, text = client.rcpt("x@far.test")
        assert (code, text) == (454, b"4.7.1 <x@far.test>: Relay access denied")
        assert client.rcpt(f"{instance.user}@localhost")[0] == 250
    assert f"NOQUEUE: reject: RCPT from {HERE}: 454 4.7.1" in instance.log_text()


@pytest.mark.parametrize("name", ["nobody-here", "nobody-here@mail.example.test"])
def test_unknown_recipients_are_refused(make_instance: Make, name: str) -> None:
    """smtpd_reject_unlisted_recipient."""
    instance = make_instance()
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.helo("client.test")
        client.mail("a@else.test")
        code, text = client.rcpt(name)
    assert (code, text.startswith(b"5.1.1 <nobody-here")) == (550, True)


def test_a_large_message_goes_through(make_instance: Make) -> None:
    """Content of several pieces and a file."""
    instance = make_instance()
    instance.start()
    body = b"x" * 70 + b"\r\n"
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.sendmail("a@else.test", [instance.user], b"Subject: n1\r\n\r\n" + body * 30000)
    wait_for(lambda: instance.delivered() and not instance.queue_entries())
    assert instance.delivered()[0].count(b"x" * 70 + b"\n") == 30000


def test_each_service_has_its_own_view(make_instance: Make) -> None:
    """The -o overrides of its line in master.cf: restrictions, and the name in the log."""
    instance = make_instance()
    port = free_port()
    with (instance.config / "master.cf").open("a") as master:
        master.write(
            f"127.0.0.1:{port} inet n - n - - smtpd -o syslog_name=postfix/second\n"
            "  -o smtpd_sender_restrictions=reject\n"
        )
    instance.start()
    replies = []
    for each in (instance.port, port):
        with smtplib.SMTP("127.0.0.1", each, timeout=20) as client:
            client.helo("client.test")
            client.mail("a@else.test")
            replies.append(client.rcpt(f"{instance.user}@localhost")[0])
    assert replies == [250, 554]
    wait_for(lambda: "postfix/second/smtpd[" in instance.log_text())
