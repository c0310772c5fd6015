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
