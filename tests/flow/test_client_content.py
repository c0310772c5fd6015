"""What the mail client sends as content, and that the daemon hands mail to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyfixcli.mail.delivery import Status
from tests.support.client_run import Client, make_request
from tests.support.instance import Instance, wait_for
from tests.support.scripted_server import ScriptedServer

SENT = Status.SENT


def test_content_arrives_as_it_is() -> None:
    """Dots, an empty line at the end, eight bits, no newline at the end."""
    content = b"Subject: x\n\n.\n..two\n\xc3\xa9 .\n\nlast"
    with ScriptedServer() as server:
        Client().deliver(make_request(server), content=content)
    assert server.messages == [content + b"\n"]


def test_long_lines_are_broken_and_logged() -> None:
    """smtp_line_length_limit."""
    client = Client({"smtp_line_length_limit": "64"})
    with ScriptedServer() as server:
        client.deliver(make_request(server), content=b"Subject: x\n\n" + b"a" * 150 + b"\n")
    body = b"a" * 64 + b"\n " + b"a" * 63 + b"\n " + b"a" * 23 + b"\n"
    assert server.messages[0].endswith(b"\n\n" + body)
    assert client.log == ["Q1: breaking line > 64 bytes with <CR><LF>SPACE"]


@pytest.mark.parametrize(
    ("extensions", "disabled", "expected"),
    [
        (("8BITMIME",), "no", b"Content-Transfer-Encoding: 8bit\n\n\xe9\n"),
        ((), "no", b"Content-Transfer-Encoding: quoted-printable\n\n=E9\n"),
        ((), "yes", b"Content-Transfer-Encoding: 8bit\n\n\xe9\n"),
    ],
)
def test_eight_bits_for_servers_without_8bitmime(
    extensions: tuple[str, ...], disabled: str, expected: bytes
) -> None:
    """Converted unless disable_mime_output_conversion; SIZE is not told then, as it is not known."""
    client = Client({"disable_mime_output_conversion": disabled})
    content = b"Content-Transfer-Encoding: 8bit\n\n\xe9\n"
    with ScriptedServer(extensions=("SIZE", *extensions)) as server:
        client.deliver(make_request(server), content=content)
    assert server.messages == [expected]
    assert ("SIZE=" in server.commands[1]) is (expected == content)


def test_a_large_message_goes_through() -> None:
    """More than the buffers of the connection hold."""
    content = b"Subject: x\n\n" + b"." + b"x" * 900 + b"\n"
    content += (b"y" * 70 + b"\n") * 40000
    with ScriptedServer() as server:
        (result,) = Client().deliver(make_request(server), content=content)
    assert result.status is SENT
    assert server.messages == [content]


# -- through a daemon -------------------------------------------------------------------------


def test_a_daemon_delivers_by_smtp_and_lmtp(make_instance: Callable[..., Instance]) -> None:
    """Services of master.cf: smtp over TCP, lmtp over a socket beneath the queue directory."""
    with ScriptedServer() as smtp:
        transports = f"{{far.test=smtp:[127.0.0.1]:{smtp.port}}}, {{box.test=lmtp:unix:lm}}"
        instance = make_instance(f"transport_maps = inline:{{ {transports} }}")
        instance.queue.mkdir(mode=0o700)
        rule = ("end", "hard", "550 5.2.2 full")
        with ScriptedServer(rule, is_lmtp=True, path=instance.queue / "lm") as lmtp:
            instance.start()
            assert instance.submit("to@far.test", "a@box.test", "hard@box.test") == 0
            wait_for(instance.is_queue_empty)
    assert len(smtp.messages) == 1 and len(lmtp.messages) == 1
    log = instance.log_text()
    assert "/lmtp[" in log and "relay=mail.example.test[lm]" in log
    assert "dsn=5.2.2, status=bounced (host mail.example.test[lm] said: 550 5.2.2 full" in log


# -- tables ------------------------------------------------------------------------------------

MULTIPART = b"""Subject: hello
X-Away: 1
X-Odd: 1
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
X-Part: 1

a secret
--b
Content-Type: message/rfc822

Subject: nested

text
--b--
"""
TABLES = {
    "smtp_header_checks": "regexp:{{/^X-Away/ IGNORE} {/^X-Odd/ HOLD} {/^Subj/ PREPEND X-New: 1}}",
    "smtp_mime_header_checks": "regexp:{{/^X-Part/ REPLACE X-Part: 2}}",
    "smtp_nested_header_checks": "regexp:{{/^Subj/ REPLACE nothing} {/nested/ STRIP gone}}",
    "smtp_body_checks": "regexp:{{/secret/ REPLACE ******} {/^text/ WARN seen}}",
}


def test_tables_change_what_goes_out() -> None:
    """smtp_header_checks, smtp_mime_header_checks, smtp_nested_header_checks, smtp_body_checks."""
    client = Client(TABLES)
    with ScriptedServer() as server:
        client.deliver(make_request(server), content=MULTIPART)
    expected = MULTIPART.replace(b"X-Away: 1\n", b"").replace(b"X-Part: 1", b"X-Part: 2")
    expected = expected.replace(b"Subject: hello", b"X-New: 1\nSubject: hello")
    assert server.messages == [expected.replace(b"a secret", b"******")]
    assert client.log == [
        "Q1: prepend: header Subject: hello: X-New: 1",
        "warning: unsupported command in smtp_header_checks map: HOLD",
        "Q1: replace: header X-Part: 1: X-Part: 2",
        "Q1: replace: body a secret: ******",
        'warning: bad REPLACE header text "nothing" in smtp_nested_header_checks map'
        ' -- need "headername: headervalue"',
        "Q1: warning: body text: seen",
    ]


def test_a_table_that_cannot_answer_defers() -> None:
    """The server never sees the end of the message."""
    client = Client({"smtp_header_checks": "fail:x"})
    with ScriptedServer() as server:
        (result,) = client.deliver(make_request(server), content=MULTIPART)
    assert server.messages == []
    assert result.status is Status.DEFERRED and result.dsn == "4.3.0"
    assert "local data error while talking to" in result.text
    assert "warning: Q1: smtp header checks lookup error" in client.log
