"""The LMTP client against a scripted server; expected texts come from the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.mail.delivery import Status
from tests.support.client_run import Client, make_request
from tests.support.scripted_server import DROP, HANG, Rule, ScriptedServer

SENT, DEFERRED, BOUNCED = Status.SENT, Status.DEFERRED, Status.BOUNCED


def lmtp(
    server: ScriptedServer, *recipients: str, **settings: str
) -> list[tuple[int, Status, str]]:
    """Deliver by LMTP; (index, status, dsn) of each recipient."""
    request = make_request(f"inet:127.0.0.1:{server.port}", *recipients, service="lmtp")
    results = Client(dict(settings), is_lmtp=True).deliver(request)
    return sorted((result.index, result.status, result.dsn) for result in results)


def test_lmtp_has_a_reply_for_each_recipient() -> None:
    """RFC 2033 section 4.2: in the order of the accepted recipients."""
    rules: tuple[Rule, ...] = (
        ("RCPT", "nobody", "550 5.1.1 no"),
        ("end", "full", "452 4.2.2 over quota"),
        ("end", "hard", "552 5.2.2 over quota"),
    )
    with ScriptedServer(*rules, is_lmtp=True) as server:
        people = ("a@x.test", "full@x.test", "nobody@x.test", "hard@x.test", "z@x.test")
        results = lmtp(server, *people, lmtp_lhlo_name="l.test")
    assert results == [
        (0, SENT, "2.0.0"),
        (1, DEFERRED, "4.2.2"),
        (2, BOUNCED, "5.1.1"),
        (3, BOUNCED, "5.2.2"),
        (4, SENT, "2.0.0"),
    ]
    assert server.commands[0] == "LHLO l.test"


def test_results_come_in_the_order_of_the_replies() -> None:
    """Log and notices have them so; who is tried again comes last."""
    rules: tuple[Rule, ...] = (
        ("RCPT", "nobody", "550 5.1.1 no"),
        ("RCPT", "later", "450 4.2.1 later"),
        ("end", "full", "452 4.2.2 over quota"),
        ("end", "hard", "552 5.2.2 over quota"),
    )
    with ScriptedServer(*rules, is_lmtp=True) as server:
        people = ("full", "hard", "later", "nobody", "z")
        addresses = [f"{name}@x.test" for name in people]
        request = make_request(f"inet:127.0.0.1:{server.port}", *addresses, service="lmtp")
        results = Client({}, is_lmtp=True).deliver(request)
    order = [people[result.index] for result in results]
    assert order == ["nobody", "hard", "z", "later", "full"]


@pytest.mark.parametrize("action", [DROP, HANG])
def test_lmtp_keeps_the_replies_that_came(action: str) -> None:
    """The connection breaks between them: only those without a reply are tried again."""
    with ScriptedServer(("end", "two", action), is_lmtp=True) as server:
        people = ("one@x.test", "two@x.test", "three@x.test")
        results = lmtp(server, *people, lmtp_data_done_timeout="1s")
    assert results == [(0, SENT, "2.0.0"), (1, DEFERRED, "4.4.2"), (2, DEFERRED, "4.4.2")]


def test_lmtp_has_no_helo() -> None:
    """A refused LHLO is final."""
    with ScriptedServer(("LHLO", "", "500 5.5.1 unknown")) as server:
        assert lmtp(server) == [(0, BOUNCED, "5.5.1")]
    assert server.commands == ["LHLO client.test", "QUIT"]


def test_lmtp_over_a_local_socket(place: Path) -> None:
    """The relay is this host with the path; one that is not there is a failed connection."""
    client = Client(is_lmtp=True)
    with ScriptedServer(is_lmtp=True, path=place / "s"):
        (result,) = client.deliver(make_request(f"unix:{place}/s"))
    assert (result.status, result.relay) == (SENT, f"client.test[{place}/s]")
    (result,) = client.deliver(make_request(f"unix:{place}/none"))
    text = f"connect to client.test[{place}/none]: No such file or directory"
    assert (result.dsn, result.text, result.relay) == ("4.4.1", text, "none")


def test_flags_put_headers_before_the_message() -> None:
    """flags=DORX: and the delivery is final, so that success is `delivered`."""
    client = Client(is_lmtp=True, flags="DORX")
    with ScriptedServer(is_lmtp=True, extensions=()) as server:
        request = make_request(f"inet:127.0.0.1:{server.port}", "a b@x.test")
        (result,) = client.deliver(request)
    assert result.action == ""
    assert server.messages[0].startswith(
        b'Return-Path: <from@near.test>\nX-Original-To: "a b"@x.test\nDelivered-To: "a b"@x.test\n'
    )


def test_flag_d_returns_what_came_back() -> None:
    """A Delivered-To: header with the recipient's address."""
    client = Client(flags="D")
    content = b"Delivered-To: To@far.test\n\nx\n"
    (result,) = client.deliver(make_request("[127.0.0.1]:9"), content=content)
    text = "mail forwarding loop for to@far.test"
    assert (result.status, result.dsn, result.text, result.relay) == (
        BOUNCED,
        "5.4.6",
        text,
        "smtp",
    )
