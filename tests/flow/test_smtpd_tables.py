"""Tables that change how the SMTP server talks with a client. Replies and log lines were read off the reference."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]

FAILED = (421, b"4.3.0 mail.example.test Server local data error")


def test_commands_are_replaced(make_instance: Make) -> None:
    """The examples of VERP_README and postconf(5), and a fault that is put in for a test."""
    instance = make_instance("smtpd_peername_lookup = no")
    rules = instance.directory / "commands"
    rules.write_text(
        "/^HELO\\s*$/ HELO domain.invalid\n/^\\s*$/ NOOP\n"
        "/^(RCPT\\s+TO:<.*>.*)\\s+NOTIFY=\\S+(.*)/ $1 NOTIFY=NEVER$2\n/^foo (.*)$/ BLAH $1\n"
    )
    instance.configure(f"smtpd_command_filter = regexp:{rules}")
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        assert client.docmd("HELO") == (250, b"mail.example.test")
        assert client.docmd("") == (250, b"2.0.0 Ok")
        assert client.docmd("  foo bar")[0] == 500
        assert client.docmd("MAIL FROM:<a@b.test>")[0] == 250
        wrong = f"RCPT TO:<{instance.user}@localhost> NOTIFY=BOGUS"
        assert client.docmd(wrong) == (250, b"2.1.5 Ok")
    log = instance.log_text
    wait_for(lambda: "disconnect from" in log())
    client_name = "unknown[127.0.0.1]"
    assert f'{client_name}: replacing command "HELO" with "HELO domain.invalid"' in log()
    assert f'{client_name}: replacing command "" with "NOOP"' in log()
    assert f'{client_name}: replacing command "  foo bar" with "BLAH bar"' in log()


def test_a_failing_command_filter_ends_the_session(make_instance: Make) -> None:
    """Without it no command can be understood."""
    instance = make_instance(
        "smtpd_peername_lookup = no\nsmtpd_command_filter = lmdb:/nowhere/filter"
    )
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        assert client.docmd("EHLO x") == FAILED
        client.close()
    log = instance.log_text
    wait_for(lambda: "disconnect from unknown[127.0.0.1] commands=0/0" in log())
    assert 'lmdb:/nowhere/filter lookup error for "EHLO x"' in log()
    assert f"NOQUEUE: reject: CONNECT from unknown[127.0.0.1]: 421 {FAILED[1].decode()}\n" in log()


def test_extensions_by_the_address_of_the_client(make_instance: Make) -> None:
    """Also for one that XCLIENT names; what is not offered is not taken, whoever said EHLO or not."""
    instance = make_instance(
        "smtpd_peername_lookup = no\nsmtpd_authorized_xclient_hosts = 127.0.0.1\n"
        "smtpd_discard_ehlo_keywords = 8bitmime\nsmtpd_discard_ehlo_keyword_address_maps = "
        "inline:{{127.0.0.1 = dsn size}, {192.0.2.10 = silent-discard, chunking,smtputf8}}"
    )
    instance.start()
    disabled = (501, b"5.7.1 DSN support is disabled")
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        assert client.docmd("MAIL FROM:<a@b.test> RET=HDRS") == disabled
        client.ehlo("client.test")
        assert not client.esmtp_features.keys() & {"dsn", "size"}
        assert "8bitmime" in client.esmtp_features
        assert client.docmd("MAIL FROM:<a@b.test> ENVID=x") == disabled
        assert client.docmd("MAIL FROM:<a@b.test> SIZE=12")[0] == 250
        assert client.docmd("RCPT TO:<x@localhost> NOTIFY=NEVER") == disabled
        client.docmd("RSET")
        client.ehlo("again.test")
        assert client.docmd("XCLIENT ADDR=192.0.2.10 NAME=[UNAVAILABLE]")[0] == 220
        client.ehlo("client.test")
        assert not client.esmtp_features.keys() & {"chunking", "smtputf8"}
        assert "dsn" in client.esmtp_features
        unsupported = (555, b"5.5.4 Unsupported option: SMTPUTF8")
        assert client.docmd("MAIL FROM:<a@b.test> SMTPUTF8") == unsupported
    log = instance.log_text
    wait_for(lambda: "disconnect from" in log())
    assert log().count("discarding EHLO keywords") == 2  # each time
    assert "discarding EHLO keywords: SIZE DSN\n" in log()


def test_ports_of_clients_are_logged(make_instance: Make) -> None:
    """smtpd_client_port_logging, in every line that names the client."""
    instance = make_instance("smtpd_peername_lookup = no\nsmtpd_client_port_logging = yes")
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        assert client.sock is not None
        name = f"unknown[127.0.0.1]:{client.sock.getsockname()[1]}"
        client.sendmail("a@b.test", [f"{instance.user}@localhost"], "Subject: x\n\nx\n")
    log = instance.log_text
    wait_for(lambda: f"disconnect from {name} ehlo=1" in log())
    assert f" connect from {name}\n" in log()
    assert f": client={name}\n" in log()


def test_an_address_in_question_is_judged_with_the_sender(make_instance: Make) -> None:
    """VRFY in the middle of a transaction, which goes on."""
    instance = make_instance(
        "smtpd_peername_lookup = no\nlocal_recipient_maps = inline:{{known=x}}"
    )
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.ehlo("client.test")
        client.docmd("MAIL FROM:<a@b.test>")
        assert client.docmd("VRFY <x@localhost>")[0] == 550
        assert client.docmd("RCPT TO:<y@localhost>")[0] == 550
    log = instance.log_text
    wait_for(lambda: "disconnect from" in log())
    end = "User unknown in local recipient table; "
    assert f"{end}from=<a@b.test> to=<x@localhost> proto=ESMTP helo=<client.test>\n" in log()
    assert f"{end}from=<a@b.test> to=<y@localhost> proto=ESMTP helo=<client.test>\n" in log()
