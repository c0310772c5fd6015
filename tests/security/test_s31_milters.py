"""S31: a milter that fails, whenever and however it does, leaves no half-changed message, and harms no other mail."""

from __future__ import annotations

import random
import smtplib
import struct
from collections.abc import Callable

import pytest

from pyfixcli.protocol.milter import MAX_PACKET, MilterFault, PacketReader, read_reply
from tests.support.instance import Instance, wait_for
from tests.support.scripted_milter import Packets, ScriptedMilter

Make = Callable[..., Instance]
TEXT = "Subject: whole\r\n\r\nwhole body\r\n"
LETTERS = b"hime+-2bqyacdrtspf4lzOD\0\xff"
HALF: list[Packets] = [
    [("b", b"half of a bo"), ("!", b"")],
    [("h", b"X-Half\0x\0"), ("!", b"")],
    [("e", b"<other@else.test>\0"), ("-", b"<a@localhost>\0"), ("z", b"")],
    [("b", b"half"), ("#", struct.pack("!I", 9) + b"bhalf"), ("!", b"")],
    [("b", b"half"), ("#", struct.pack("!I", 0x7FFFFFFF)), ("!", b"")],
    [("h", b"X-Half: x\n\nbody\0x\0"), ("c", b"")],
    [("b", b"half"), ("O", b"")],
]


def send(instance: Instance) -> tuple[int, bytes]:
    """The reply to the end of a message."""
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=30) as client:
        client.ehlo("client.test")
        client.docmd("MAIL", "FROM:<s@else.test>")
        client.docmd("RCPT", f"TO:<{instance.user}@localhost>")
        return client.data(TEXT)


@pytest.mark.parametrize("action", ["tempfail", "accept", "quarantine"])
def test_a_milter_dies_between_its_changes(make_instance: Make, action: str) -> None:
    """Even where it may be missing: what it has begun is not done, and the message is not taken without it."""
    milter = ScriptedMilter()
    instance = make_instance(
        f"local_recipient_maps =\nsmtpd_milters = inet:127.0.0.1:{milter.port}\n"
        f"milter_default_action = {action}"
    )
    instance.start()
    for packets in HALF:
        milter.rules["E"] = packets
        code, _ = send(instance)
        begins_with_a_fault = packets is HALF[5]  # nothing was asked for before it
        assert code == (250 if begins_with_a_fault and action != "tempfail" else 451), (
            instance.log_text()
        )
    milter.rules.clear()
    assert send(instance)[0] == 250
    milter.close()
    wanted = 1 + (action == "accept")
    wait_for(lambda: len(instance.delivered()) == wanted)
    for message in instance.delivered():
        assert message.endswith(b"\n\nwhole body\n") and b"Half" not in message
        assert b"Return-Path: <s@else.test>" in message
    left = ["hold"] * (action == "quarantine")
    wait_for(lambda: [e["queue_name"] for e in instance.queue_entries()] == left)
    assert not list((instance.queue / "content").iterdir())


def test_a_milter_that_never_ends(make_instance: Make) -> None:
    """A body without end is cut off at message_size_limit; the next session is served."""
    milter = ScriptedMilter({"E": [("b", b"x" * 60000)] * 50})
    instance = make_instance(
        f"local_recipient_maps =\nsmtpd_milters = inet:127.0.0.1:{milter.port}\n"
        "message_size_limit = 1000000\nmilter_default_action = accept"
    )
    instance.start()
    assert send(instance)[0] == 451
    assert "new message body exceeds the message size limit" in instance.log_text()
    milter.rules.clear()
    assert send(instance)[0] == 250
    milter.close()


def test_a_milter_that_never_ends_to_add_headers(make_instance: Make) -> None:
    """What it asks for is kept until it has named it all, but not without limit."""
    milter = ScriptedMilter({"E": [("h", b"X-More\0" + b"x" * 60000 + b"\0")] * 400})
    instance = make_instance(
        f"local_recipient_maps =\nsmtpd_milters = inet:127.0.0.1:{milter.port}\n"
        "milter_default_action = accept"
    )
    instance.start()
    assert send(instance)[0] == 451
    assert "unreasonable number of changes" in instance.log_text()
    milter.rules.clear()
    assert send(instance)[0] == 250
    milter.close()


def test_a_silent_milter_costs_its_time_only(make_instance: Make) -> None:
    """After the time limit its default action counts."""
    milter = ScriptedMilter({"M": [("*", b"")]})
    instance = make_instance(
        f"local_recipient_maps =\nsmtpd_milters = {{ inet:127.0.0.1:{milter.port}, "
        "command_timeout=1s, default_action=accept }"
    )
    instance.start()
    assert send(instance)[0] == 250
    milter.close()
    assert "can't read SMFIC_MAIL reply packet header: Connection timed out" in instance.log_text()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_milter_sends_is_a_reply_or_a_fault(seed: int) -> None:
    """Random packets, some of them nearly right: nothing else is raised, nothing more is kept than a packet."""
    source = random.Random(seed)
    for _ in range(200):
        body = bytes(source.choices(b"\0\0\0<>@a: \r\n5.", k=source.randrange(40)))
        octets = struct.pack("!I", len(body) + source.choice((0, 1, 1, 1, 2)))
        octets += bytes((source.choice(LETTERS),)) + body
        reader = PacketReader()
        reader.receive(octets)
        try:
            while (packet := reader.take()) is not None:
                read_reply(*packet)
        except MilterFault:
            continue
    reader = PacketReader()
    reader.receive(struct.pack("!I", MAX_PACKET + 1))
    with pytest.raises(MilterFault):
        reader.take()
