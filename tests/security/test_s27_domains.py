"""S27: a domain in Unicode is one name in all of the mail system, and never a second name for a domain of ours.

Expected values were read off the reference: tables and lists compare letters without regard to case, and only DNS sees A-labels.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
SETTINGS = """mydestination = localhost, lök.test
virtual_alias_domains = värt.test
virtual_alias_maps = inline:{{%s@värt.test=root@localhost}}
local_recipient_maps =
default_transport = discard:
header_checks = regexp:{{/^Subject:/ INFO seen}}"""


def talk(port: int, *commands: str) -> list[str]:
    """The last line of the reply to each command, after EHLO."""
    replies = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        stream = client.makefile("rwb")
        for command in ("", "EHLO client.test\r\n", *commands):
            stream.write(command.encode())
            stream.flush()
            while (line := stream.readline())[3:4] == b"-":
                pass
            replies.append(line.decode().rstrip("\r\n"))
    return replies[2:]


@pytest.fixture
def instance(make_instance: Make) -> Instance:
    """One with domains that are not ASCII."""
    made = make_instance()
    text = SETTINGS % made.user
    main = made.config / "main.cf"
    main.write_text(f"{main.read_text()}\n{text}\n", encoding="utf-8")
    made.start()
    return made


def test_s27_all_ways_to_write_a_domain(instance: Instance) -> None:
    """Capitals are the same domain, its A-label is one that we know nothing of, and so is a homoglyph."""
    user = instance.user
    recipients = [
        f"{user}@lök.test",
        f"{user}@LÖK.test",
        f"{user}@xn--lk-fka.test",
        f"{user}@l\u04e7k.test",  # the Cyrillic letter that looks the same
        f"{user}@VÄRT.test",
    ]
    commands = [f"RCPT TO:<{recipient}>\r\n" for recipient in recipients]
    replies = talk(
        instance.port,
        "MAIL FROM:<s@else.test> SMTPUTF8\r\n",
        *commands,
        "DATA\r\n",
        "Subject: é\r\n\r\nx\r\n.\r\n",
    )
    assert [reply[:3] for reply in replies] == ["250"] * 6 + ["354", "250"]
    wait_for(instance.is_queue_empty)
    log = instance.log_text()
    ours = [line for line in log.split("\n") if "relay=local" in line and "dsn=" in line]
    discarded = [line for line in log.split("\n") if "/discard[" in line]
    assert any(f"to=<{user}@lök.test>" in line for line in ours)
    assert any(f"to=<root@localhost>, orig_to=<{user}@VÄRT.test>" in line for line in ours)
    assert [domain in "".join(discarded) for domain in ("xn--lk-fka.test", "l\u04e7k.test")] == [
        True
    ] * 2
    assert len(discarded) == 2
    assert "header Subject: é from localhost[127.0.0.1]" in log and "proto=ESMTP helo" in log
    assert instance.delivered()
    assert all(b" with UTF8SMTP id " in message for message in instance.delivered())


def test_s27_a_label_without_end(instance: Instance) -> None:
    """It is refused at once, in whatever script it is."""
    for letter in ("δ", "\u0301", "a", "ß"):
        started = time.monotonic()
        replies = talk(
            instance.port,
            "MAIL FROM:<s@else.test> SMTPUTF8\r\n",
            f"RCPT TO:<a@{letter * 900}.test>\r\n",
            f"RCPT TO:<a@x.{letter * 5_000}>\r\n",
        )
        assert time.monotonic() - started < 5
        assert [reply[0] for reply in replies] == ["2", "5", "5"], replies
