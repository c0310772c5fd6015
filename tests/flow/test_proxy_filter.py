"""A before-queue filter (smtpd_proxy_filter): what it hears, and that its replies are the client's."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, free_port
from tests.support.scripted_server import DROP, EXTENSIONS, ScriptedServer

Make = Callable[..., Instance]
RULES = (
    ("RCPT", "norcpt@", "550 5.1.1 not wanted here"),
    ("MAIL", "nosender@", "554 5.7.1 sender not wanted"),
    ("end", "", "250 2.0.0 Ok: filtered"),
)
OFFERS = (*EXTENSIONS, "XFORWARD NAME ADDR PROTO HELO")
TEXT = "Subject: x\r\n\r\n.dot\r\n"


def send(instance: Instance, sender: str, *recipients: str, text: str = TEXT) -> list[object]:
    """The replies to RCPT and to the end of the content."""
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.ehlo("client.test")
        client.docmd("MAIL", f"FROM:<{sender}> BODY=8BITMIME")
        replies: list[object] = [client.docmd("RCPT", f"TO:<{r}@localhost>") for r in recipients]
        if any(reply[0] == 250 for reply in replies):  # type: ignore[index]
            replies.append(client.data(text))
    return replies


def test_the_filter_answers_in_the_place_of_the_queue(make_instance: Make) -> None:
    """Recipients one by one, then the message with our Received: header, which has no queue id."""
    with ScriptedServer(*RULES, extensions=OFFERS) as proxy:
        instance = make_instance(
            f"smtpd_proxy_filter = inet:127.0.0.1:{proxy.port}\nlocal_recipient_maps =\n"
            "smtpd_peername_lookup = no"
        )
        instance.start()
        replies = send(instance, "s@else.test", "norcpt", instance.user)
        assert replies == [
            (550, b"5.1.1 not wanted here"),
            (250, b"2.0.0 Ok"),
            (250, b"2.0.0 Ok: filtered"),
        ]
        assert send(instance, "nosender@else.test", "a") == [(554, b"5.7.1 sender not wanted")]
        assert instance.is_queue_empty() and not instance.delivered()
        (message,) = proxy.messages
        head, _, body = message.partition(b"Subject: x\n")
        assert body == b"\n.dot\n"
        assert b"with ESMTP\n\tfor <" in head and b" id " not in head
        commands = proxy.sessions[0].commands
        assert commands[0] == "EHLO mail.example.test"
        assert commands[1].startswith("XFORWARD NAME=[UNAVAILABLE] ADDR=127.0.0.1 ")
        assert commands[2] == "MAIL FROM:<s@else.test> BODY=8BITMIME"
    log = instance.log_text()
    assert f'proxy inet:127.0.0.1:{proxy.port} rejected "RCPT TO:<norcpt@localhost>": "550' in log
    assert "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: filtered; from=<s@else.test>" in log


def test_speed_adjust_asks_when_all_is_there(make_instance: Make) -> None:
    """The first refusal is that of the message."""
    with ScriptedServer(*RULES) as proxy:
        instance = make_instance(
            f"smtpd_proxy_filter = 127.0.0.1:{proxy.port}\nsmtpd_proxy_options = speed_adjust\n"
            "local_recipient_maps ="
        )
        instance.start()
        replies = send(instance, "s@else.test", "a", "norcpt")
        assert [reply[0] for reply in replies] == [250, 250, 550]  # type: ignore[index]
        assert send(instance, "s@else.test", "a", "b")[-1] == (250, b"2.0.0 Ok: filtered")
        assert len(proxy.messages) == 1


@pytest.mark.parametrize("rule", [("end", "", DROP), ("connect", "", "554 go away")])
def test_a_filter_that_fails_is_a_temporary_failure(
    make_instance: Make, rule: tuple[str, str, str]
) -> None:
    """Whether it hangs up in the middle or does not want us; nothing comes into the queue."""
    with ScriptedServer(rule) as proxy:
        instance = make_instance(f"smtpd_proxy_filter = 127.0.0.1:{proxy.port}\nnotify_classes =")
        instance.start()
        reply = send(instance, "s@else.test", instance.user)[-1]
        assert reply == (451, b"4.3.0 Error: queue file write error")
        assert instance.is_queue_empty() and not instance.delivered()


def test_a_filter_that_is_not_there(make_instance: Make) -> None:
    """The log says why."""
    instance = make_instance(f"smtpd_proxy_filter = 127.0.0.1:{free_port()}")
    instance.start()
    reply = send(instance, "s@else.test", instance.user)[-1]
    assert reply == (451, b"4.3.0 Error: queue file write error")
    assert "Connection refused" in instance.log_text()


def test_who_gives_mail_back_says_whose_it_was(make_instance: Make) -> None:
    """XFORWARD is for the next message, and only for clients of smtpd_authorized_xforward_hosts."""
    for hosts, code in (("127.0.0.1", 250), ("", 550)):
        instance = make_instance(
            f"smtpd_authorized_xforward_hosts = {hosts}\nsmtpd_peername_lookup = no"
        )
        instance.start()
        with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
            client.ehlo("filter.test")
            assert client.has_extn("xforward") is bool(hosts)
            said = client.docmd("XFORWARD", "NAME=remote.test ADDR=192.0.2.10 IDENT=Q1")
            assert said[0] == code
            for _ in range(2):
                client.sendmail("s@else.test", [f"{instance.user}@localhost"], TEXT)
        log = instance.log_text()
        known = "client=unknown[127.0.0.1], orig_queue_id=Q1, orig_client=remote.test[192.0.2.10]"
        assert log.count(known) == bool(hosts)
        assert log.count("client=unknown[127.0.0.1]") == 2
        assert instance.run("postfix", "stop").returncode == 0
