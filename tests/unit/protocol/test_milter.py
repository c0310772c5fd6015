"""The milter protocol: packets as libmilter writes them (mfdef.h of Sendmail), and what is not one."""

from __future__ import annotations

import struct

import pytest

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.milter import (
    ALL_ACTIONS,
    VERSIONS,
    Action,
    AddHeader,
    AddRecipient,
    ChangeHeader,
    ChangeSender,
    Command,
    DeleteRecipient,
    InsertHeader,
    Judgement,
    MilterFault,
    Offer,
    PacketReader,
    Quarantine,
    ReplaceBody,
    ReplyText,
    Step,
    connect_arguments,
    macro_packet,
    offer_packet,
    read_offer,
    read_reply,
    texts,
)

OURS = Offer(6, ALL_ACTIONS, VERSIONS[6])
NUMBERS = struct.Struct("!III")


def test_the_offer_of_version_6() -> None:
    """As the reference sends it."""
    assert offer_packet(OURS) == b"\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff"


@pytest.mark.parametrize(("version", "steps"), [(2, 0x7F), (3, 0x17F), (4, 0x37F), (6, 0x1FFFFF)])
def test_the_steps_of_each_version(version: int, steps: int) -> None:
    """As the reference offers them."""
    assert int(VERSIONS[version]) == steps


def test_macros_stand_before_their_command() -> None:
    """Name and value as texts, after the letter of the command."""
    pairs = iter((("j", "mail.test"), ("{client_addr}", "::1")))
    packet = b"DCj\0mail.test\0{client_addr}\0::1\0"
    assert macro_packet(Command.CONNECT, pairs) == struct.pack("!I", len(packet)) + packet


@pytest.mark.parametrize(
    ("address", "port", "expected"),
    [
        ("192.0.2.1", "4660", b"n\x004\x12\x34192.0.2.1\0"),
        ("2001:db8::1", "25", b"n\x006\0\x19IPv6:2001:db8::1\0"),
        ("unknown", "25", b"n\0U"),
        ("127.0.0.1", "", b"n\x004\0\x00127.0.0.1\0"),
    ],
)
def test_the_client(address: str, port: str, expected: bytes) -> None:
    """Family, port in network order, address."""
    assert connect_arguments("n", address, port) == expected


def test_a_text_ends_at_a_null_octet() -> None:
    """So that no argument is taken for two."""
    assert texts("a\0b", b"c") == b"a\0c\0"


PACKETS = b"\0\0\0\x01c\0\0\0\x05hA\0b\0\0\0\0\x01q"


@pytest.mark.parametrize("step", [1, 2, 3, 7, len(PACKETS)])
def test_packets_come_in_pieces(step: int) -> None:
    """However the octets come, the packets are the same."""
    reader, found = PacketReader(), []
    for start in range(0, len(PACKETS), step):
        reader.receive(PACKETS[start : start + step])
        while (packet := reader.take()) is not None:
            found.append(packet)
    assert found == [(b"c", b""), (b"h", b"A\0b\0"), (b"q", b"")]


@pytest.mark.parametrize("head", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\x10\0\x01"])
def test_lengths_that_make_no_sense(head: bytes) -> None:
    """Nothing is waited for, nothing is kept."""
    reader = PacketReader()
    reader.receive(head)
    with pytest.raises(MilterFault, match="length"):
        reader.take()


REPLIES = [
    (b"c", b"", Judgement.CONTINUE),
    (b"a", b"", Judgement.ACCEPT),
    (b"s", b"", Judgement.SKIP),
    (b"4", b"", Judgement.SHUTDOWN),
    (b"h", b"X-A\0 b\0", AddHeader(b"X-A", b" b")),
    (b"i", b"\0\0\0\x01X-A\0b\0", InsertHeader(1, b"X-A", b"b")),
    (b"m", b"\0\0\0\x02X-A\0\0", ChangeHeader(2, b"X-A", b"")),
    (b"e", b"<a@b>\0RET=HDRS\0", ChangeSender(b"<a@b>", b"RET=HDRS")),
    (b"e", b"<a@b>\0", ChangeSender(b"<a@b>", b"")),
    (b"+", b"<a@b>\0", AddRecipient(b"<a@b>", b"")),
    (b"2", b"<a@b>\0NOTIFY=NEVER\0", AddRecipient(b"<a@b>", b"NOTIFY=NEVER")),
    (b"-", b"<a@b>\0", DeleteRecipient(b"<a@b>")),
    (b"b", b"x\0\r\n", ReplaceBody(b"x\0\r\n")),
    (b"q", b"why\0", Quarantine(b"why")),
    (b"y", b"550 5.7.9 no\0", ReplyText(Reply(550, "5.7.9", "no"))),
    (b"y", b"450 just no\0", ReplyText(Reply(450, "", "just no"))),
    (b"y", b"550-5.7.9 a\r\n550 5.7.9 100%% b\0", ReplyText(Reply(550, "5.7.9", "a\n100% b"))),
]


@pytest.mark.parametrize(("letter", "arguments", "expected"), REPLIES)
def test_replies(letter: bytes, arguments: bytes, expected: object) -> None:
    """Each kind of reply."""
    assert read_reply(letter, arguments) == expected


@pytest.mark.parametrize(
    ("letter", "arguments"),
    [
        (b"z", b""),
        (b"h", b"X-A\0"),
        (b"h", b"X-A\0b"),
        (b"h", b"X-A\0b\0c\0"),
        (b"h", b"\0b\0"),
        (b"h", b"X A\0b\0"),
        (b"h", b"A: b\nEvil\0b\0"),
        (b"i", b"\0\0"),
        (b"m", b"\0\0\0\x01"),
        (b"+", b""),
        (b"+", b"<a@b>\0<c@d>\0"),
        (b"q", b"no end"),
        (b"y", b"250 2.0.0 fine\0"),
        (b"y", b"5\0"),
        (b"y", b"450 5.7.1 mixed\0"),
        (b"y", b"5xx 5.7.1 no\0"),
    ],
)
def test_what_is_no_reply(letter: bytes, arguments: bytes) -> None:
    """Arguments that do not fit exactly are none."""
    with pytest.raises(MilterFault):
        read_reply(letter, arguments)


def test_what_a_milter_wants() -> None:
    """Less than what is offered, and macros of its own."""
    arguments = NUMBERS.pack(4, 0x11, 0x28) + b"\0\0\0\x05i {auth}, j\0"
    assert read_offer(b"O", arguments, OURS) == Offer(
        4,
        Action.ADD_HEADERS | Action.CHANGE_HEADERS,
        Step.NO_RCPT | Step.NO_HEADERS,
        ((Command.END_OF_BODY, ("i", "{auth}", "j")),),
    )


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        NUMBERS.pack(7, 0, 0),
        NUMBERS.pack(6, 0x200, 0),
        NUMBERS.pack(6, 0, 0x200000),
        NUMBERS.pack(6, 0, 0) + b"\0\0\0\x09i\0",
        NUMBERS.pack(6, 0, 0) + b"\0\0\0\x01i",
        NUMBERS.pack(6, 0, 0) + b"\0\0",
    ],
)
def test_offers_that_cannot_be_taken(arguments: bytes) -> None:
    """More than what we offered, or not well-formed."""
    with pytest.raises(MilterFault):
        read_offer(b"O", arguments, OURS)
