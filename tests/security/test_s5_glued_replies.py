"""S5: what a server says before it was asked is neither a capability nor the success of anything.

There is no TLS yet: an offer of STARTTLS is passed over, whatever comes with it.
"""

from __future__ import annotations

import pytest

from pyfixcli.mail.delivery import Status
from pyfixcli.mail.envelope import FLAG_SMTPUTF8
from tests.support.client_run import Client, make_request
from tests.support.scripted_server import EXTENSIONS, Rule, ScriptedServer


def glued(keyword: str) -> Rule:
    """A reply to EHLO with another one behind it, which offers a keyword."""
    return ("EHLO", "", f"250-peer.test\n250 8BITMIME\n250-peer.test\n250 {keyword}")


@pytest.mark.parametrize(
    "keyword", ["SIZE 1", "SIZE 1000000", "DSN", "PIPELINING", "XFORWARD NAME"]
)
def test_s5_a_second_reply_to_ehlo_offers_nothing(keyword: str) -> None:
    """MAIL and RCPT go out as for a server that offers what the first one says, each on its own."""
    with ScriptedServer(glued(keyword)) as server:
        client = Client({"smtp_send_xforward_command": "yes"})
        client.deliver(make_request(server))
        commands = server.commands
    assert commands[:3] == [
        "EHLO client.test",
        "MAIL FROM:<from@near.test>",
        "RCPT TO:<to@far.test>",
    ]


def test_s5_smtputf8_is_not_taken_from_a_second_reply() -> None:
    """Mail that needs it is returned, not sent."""
    with ScriptedServer(glued("SMTPUTF8")) as server:
        request = make_request(server, "t\xf6@far.test", flags=FLAG_SMTPUTF8)
        (result,) = Client().deliver(request)
        assert (result.status, result.dsn) == (Status.BOUNCED, "5.6.7")
        assert server.messages == []


@pytest.mark.parametrize(
    "more", ["250 fine", "250-peer.test\n250 AUTH PLAIN LOGIN", "220 go ahead"]
)
@pytest.mark.parametrize("event", ["connect", "EHLO", "MAIL", "RCPT"])
def test_s5_nothing_counts_as_sent_by_replies_that_came_early(event: str, more: str) -> None:
    """Each is taken for the reply to the next command, so that one of these fails: as in the reference."""
    first = {"connect": "220 peer.test ESMTP", "EHLO": "250-peer.test\n250 8BITMIME"}
    with ScriptedServer((event, "", f"{first.get(event, '250 2.0.0 Ok')}\n{more}")) as server:
        (result,) = Client().deliver(make_request(server))
        assert server.messages == []
    assert result.status is not Status.SENT


def test_s5_what_follows_a_message_is_not_the_reply_to_the_next() -> None:
    """A connection with unread replies is not used again, though more mail waits."""
    with ScriptedServer(
        ("end", "first", "250 2.0.0 Ok\n250 2.0.0 stale\n250 2.0.0 stale")
    ) as server:
        requests = [
            make_request(server, f"{name}@far.test", queue_id=name, backlog=True)
            for name in ("first", "second")
        ]
        results = Client().deliver(*requests)
        assert [result.text for result in results] == ["250 2.0.0 Ok", "250 2.0.0 Ok: taken"]
        assert (len(server.sessions), len(server.messages)) == (2, 2)


@pytest.mark.parametrize("level", ["none", "may"])
def test_s5_an_offer_of_starttls_is_passed_over(level: str) -> None:
    """No STARTTLS is said, and the offers of the plain session count."""
    with ScriptedServer(extensions=(*EXTENSIONS, "STARTTLS")) as server:
        (result,) = Client({"smtp_tls_security_level": level}).deliver(make_request(server))
        assert result.status is Status.SENT
        assert not any(command.startswith("STARTTLS") for command in server.commands)
