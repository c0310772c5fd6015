"""S10, S24: DSN parameters cannot write lines into notices, nor carry NUL, whoever gives them."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest

from pyfixcli.bounce.notice import Kind, compose, decide_notices
from pyfixcli.bounce.report import ReportedRecipient
from pyfixcli.cleanup.outcome import Refused
from pyfixcli.cleanup.submission import build_origin
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.envelope import Envelope
from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
EVIL = "a\nX-Evil: 1\r\nX-Evil: 2\0\x85\u2028"
HIDDEN = ("+00", "+0A", "+0D+0AX-Evil:+201", "+7F", "+FF", "+0", "+")


@pytest.mark.parametrize("hidden", HIDDEN)
def test_s24_xtext_is_looked_at_again_after_decoding(make_instance: Make, hidden: str) -> None:
    """ENVID and ORCPT with control characters, 8-bit octets or bad syntax are refused."""
    instance = make_instance()
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.ehlo("client.test")
        assert client.docmd("MAIL", f"FROM:<a@else.test> ENVID=a{hidden}b")[0] == 501
        assert client.docmd("MAIL", "FROM:<a@else.test>")[0] == 250
        recipient = f"TO:<{instance.user}@localhost>"
        assert client.docmd("RCPT", f"{recipient} ORCPT=rfc822;a{hidden}b@x.test")[0] == 501


@pytest.mark.parametrize("value", ["a\nX-Evil: 1", "a\rX-Evil: 1", "a\x85b", "a\u2028b"])
def test_s10_an_envelope_id_of_sendmail_is_one_line(make_instance: Make, value: str) -> None:
    """It is ignored or shown without line breaks, in the report and on the next hop."""
    instance = make_instance()
    instance.start()
    instance.submit("-V", value, "-N", "success", "-f", instance.user, instance.user)
    wait_for(lambda: len(instance.delivered()) == 2)
    for message in instance.delivered():
        assert not any(line.startswith(b"X-Evil") for line in message.splitlines())


@pytest.mark.parametrize(
    "item",
    [
        ("verp", "x"),  # two characters are taken from it for each delivery
        ("verp", "+=+"),
        ("verp", "+\0"),
        ("envid", "a\x85b"),
        ("envid", "caf\u00e9"),
        ("ret", "ALL"),
        ("notify", "16"),
        ("notify", "-1"),
        ("encoding", "8bit\u2028"),
    ],
)
def test_s10_items_that_sendmail_would_not_give_are_refused(item: tuple[str, str]) -> None:
    """Whoever can write to maildrop/ or to the socket may claim anything."""
    items = [("sender", "a@x.test"), ("recipient", "b@x.test"), item]
    assert isinstance(build_origin(items, 1000, 1e9, lambda service, text: None), Refused)


def test_s10_nothing_in_a_report_begins_a_line_of_its_own() -> None:
    """Every text that others chose: replies, addresses, ORCPT, ENVID."""
    config = Config("/nowhere", {"myhostname": "mail.example.test", "mail_name": "Postfix"})
    envelope = Envelope(
        queue_id="Q1",
        sender=f"{EVIL}@x.test",
        recipients=(),
        arrival_time=0.0,
        size=1,
        envid=EVIL,
        message_id=f"<{EVIL}>",
    )
    recipient = ReportedRecipient(
        address=f"{EVIL}@x.test",
        original=EVIL,
        orcpt=f"rfc822;{EVIL}",
        action="failed",
        dsn="5.0.0",
        text=EVIL,
        remote_mta=EVIL,
        diagnostic_type="smtp",
        diagnostic=EVIL,
    )
    (notice,) = decide_notices(config, envelope, Kind.BOUNCE, [recipient]).notices
    content = b"".join(compose(notice, envelope, (recipient,), [b"\n"], config, 0.0))
    assert not any(line.startswith(b"X-Evil") for line in content.splitlines())
    assert b"\0" not in content
