"""S3: no content makes a before-queue filter see more, or other, messages than the SMTP server took from its client."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest

from tests.support.instance import Instance
from tests.support.scripted_server import ScriptedServer

Make = Callable[..., Instance]
ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n..\r\n",
    b"\r\n.\x85",
]
EVIL = b"MAIL FROM:<evil@else.test>\r\nRCPT TO:<%s@localhost>\r\nDATA\r\nSubject: evil\r\n\r\nx\r\n"


def converse(port: int, octets: bytes) -> bytes:
    """Send all of it at once; everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(octets)
        heard = b""
        while piece := client.recv(65536):
            heard += piece
    return heard


@pytest.mark.parametrize("forbid", ["no", "normalize"])
@pytest.mark.parametrize("options", ["", "speed_adjust"])
def test_s3_the_filter_sees_the_messages_that_the_server_took(
    make_instance: Make, forbid: str, options: str
) -> None:
    """False ends of all kinds, in the body and in the header."""
    with ScriptedServer() as proxy:
        instance = make_instance(
            f"smtpd_proxy_filter = 127.0.0.1:{proxy.port}\nsmtpd_proxy_options = {options}\n"
            f"smtpd_forbid_bare_newline = {forbid}\nsmtpd_forbid_unauth_pipelining = no"
        )
        instance.start()
        user = instance.user.encode()
        for end in ENDS:
            for begin in (b"Subject: x\r\n\r\ntext", b"Subject: x"):
                text = b"EHLO client.test\r\nMAIL FROM:<s@else.test>\r\n"
                text += b"RCPT TO:<%s@localhost>\r\nDATA\r\n%s" % (user, begin)
                text += end + EVIL % user + b".\r\nQUIT\r\n"
                heard = converse(instance.port, text)
                assert heard.startswith(b"220 ")
        instance.stop()
        log = instance.log_text()
        taken = re.findall(r"proxy-accept: END-OF-MESSAGE: .*; from=<(.*?)>", log)
        given = [
            sender
            for session in proxy.sessions
            for sender in re.findall(r"MAIL FROM:<(.*?)>", "\n".join(session.commands))
        ]
        assert len(taken) >= 2 * len(ENDS)
        assert sorted(given) == sorted(taken)
        assert len(proxy.messages) == len(taken)
        assert all(message.startswith(b"Received: from client.test") for message in proxy.messages)
        assert all(b"\r" not in message for message in proxy.messages)
