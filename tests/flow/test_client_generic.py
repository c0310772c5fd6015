"""smtp_generic_maps: what goes out under other addresses. Expected values were read off the reference."""

from __future__ import annotations

import pytest

from pyfixcli.mail.delivery import Status
from tests.support.client_run import Client, make_request
from tests.support.scripted_server import ScriptedServer

TABLE = (
    "inline:{ {alice@example.test=alice@isp.test}, {bob@example.test=robert}, "
    '{"q r"@example.test="s t"@isp.test}, {two@example.test=a@b.test, c@d.test}, '
    "{@at.test=@isp.test}, {ring1@x.test=ring2@x.test}, {ring2@x.test=ring1@x.test} }"
)
SETTINGS = {
    "smtp_generic_maps": TABLE,
    "recipient_delimiter": "+",
    "myorigin": "mail.example.test",
    "propagate_unmatched_extensions": "generic",
}


def run(content: bytes, settings: dict[str, str] | None = None) -> tuple[list[str], bytes]:
    """The commands that a server got, and the message."""
    client = Client({**SETTINGS, **(settings or {})})
    with ScriptedServer(extensions=("DSN",)) as server:
        request = make_request(server, "alice+ext@example.test", "c@away.test")
        (result, other) = client.deliver(request, content=content)
    assert (result.status, other.status) == (Status.SENT, Status.SENT)
    return server.commands, server.messages[0]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"From: Alice <ALICE@example.test>", b"From: Alice <alice@isp.test>"),
        (b"Cc: bob+other@example.test, u <>", b"Cc: robert+other@mail.example.test, u <>"),
        (b'Cc:x@y.test,"q r+s"@example.test', b'Cc: x@y.test, "s t+s"@isp.test'),
        (b"Resent-Reply-To: any+body@at.test", b"Resent-Reply-To: any+body@isp.test"),
        (b"Sender: ring1@x.test", b"Sender: ring2@x.test"),
        (b"Cc:nothing@here.test,\n  other", b"Cc:nothing@here.test,\n  other"),
        (b"References: <alice@example.test>", b"References: <alice@example.test>"),
        (b"Cc: @r.test,@s.test:u@v.test", b"Cc: @r.test,@s.test:u@v.test"),
        (b'Cc: "plain"@v.test, (c)  u @ v.test', b'Cc: "plain"@v.test, (c)  u @ v.test'),
        (b'Cc: "plain"@v.test, ALICE@example.test', b"Cc: plain@v.test, alice@isp.test"),
        (b'Cc: "", <"">, ALICE@example.test', b'Cc: "", <"">, alice@isp.test'),
        (
            b'Cc: <a b@x.test>, <"a" b@x.test>, <a@"x."test>, ALICE@example.test',
            b"Cc: <ab@x.test>, <ab@x.test>, <a@x.test>, alice@isp.test",
        ),
        (
            b"Cc: @r.test,@s.test:u@v.test, ALICE@example.test",
            b'Cc: ""@r.test, @s.test:u@v.test, alice@isp.test',
        ),
    ],
)
def test_headers(header: bytes, expected: bytes) -> None:
    """Those with addresses are written anew where one changes; each address is looked up once."""
    _, message = run(header + b"\n\nalice@example.test\n")
    assert message == expected + b"\n\nalice@example.test\n"


def test_envelope() -> None:
    """Sender and recipients, in the order of the request."""
    commands, _ = run(
        b"\n", {"smtp_generic_maps": f"{TABLE}, inline:{{from@near.test=me@far.test}}"}
    )
    assert commands[1:4] == [
        "MAIL FROM:<me@far.test>",
        "RCPT TO:<alice+ext@isp.test>",
        "RCPT TO:<c@away.test>",
    ]


def test_headers_of_parts_stay() -> None:
    """Only the header of the message itself has other addresses."""
    part = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nFrom: alice@example.test\n\nx\n--b--\n"
    )
    _, message = run(part)
    assert message == part


def test_header_checks_come_first() -> None:
    """They see the address in the queue; what they put in the place of a header stays."""
    checks = "static:{REPLACE From: alice@example.test}"
    _, message = run(b"Cc: alice@example.test\n\n", {"smtp_header_checks": checks})
    assert message == b"From: alice@example.test\n\n"


def test_a_table_that_fails_defers() -> None:
    """Nothing goes out under an address that may not be shown."""
    client = Client({**SETTINGS, "smtp_generic_maps": "fail:x"})
    with ScriptedServer() as server:
        (result,) = client.deliver(make_request(server, "c@away.test"))
    assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.0")
    assert not any(command.startswith("MAIL") for command in server.commands)
    assert client.log[1].startswith("warning: smtp_generic_maps map lookup problem for ")


def test_more_than_one_result() -> None:
    """The first counts."""
    client = Client(SETTINGS)
    with ScriptedServer() as server:
        client.deliver(make_request(server, "two@example.test"))
    assert "RCPT TO:<a@b.test>" in server.commands
    assert "warning: multi-valued smtp_generic_maps result for two@example.test" in client.log
