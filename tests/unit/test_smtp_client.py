"""The SMTP client's grammar: replies in any pieces, content for the wire, next hops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.delivery.smtp.nexthop import Nexthop, parse_nexthop, split_nexthops
from pyfixcli.protocol.outgoing import wire_content
from pyfixcli.protocol.server_reply import BadReply, ReplyParser, ServerReply

ANSWER = b"250-mail.test\r\n250 SIZE 10\r\n550 5.1.1 no\r\n"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_replies_come_in_any_pieces(size: int) -> None:
    """A reply of two lines and one with an enhanced status code."""
    parser, found = ReplyParser(), []
    for start in range(0, len(ANSWER), size):
        found += parser.receive(ANSWER[start : start + size])
    assert found == [
        ServerReply(250, ("250-mail.test", "250 SIZE 10"), ""),
        ServerReply(550, ("550 5.1.1 no",), "5.1.1"),
    ]


def test_what_is_no_reply_is_refused() -> None:
    """Another protocol, and a line without end."""
    with pytest.raises(BadReply):
        ReplyParser().receive(b"SSH-2.0-x\r\n")
    with pytest.raises(BadReply):
        ReplyParser().receive(b"250 " + b"x" * 20000)


@given(st.lists(st.binary(max_size=60), max_size=20), st.sampled_from([0, 20, 998]))
def test_s2_no_content_ends_the_message_early(chunks: list[bytes], limit: int) -> None:
    """Whatever the octets: CR and LF only together, every leading dot doubled."""
    wire = b"".join(wire_content(chunks, limit))
    assert wire == b"" or wire.endswith(b"\r\n")
    lines = wire.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in lines)


@given(st.binary(max_size=200))
def test_s2_a_strict_server_gets_the_same_lines(content: bytes) -> None:
    """After undoing the dots, the content with CR in place of nothing but line ends (RFC 5321 4.5.2)."""
    wire = b"".join(wire_content([content], 0))
    lines = wire.split(b"\r\n")[:-1]
    got = [line[1:] if line.startswith(b".") else line for line in lines]
    whole = content if content.endswith(b"\n") or not content else content + b"\n"
    plain = whole.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    assert got == plain.split(b"\n")[:-1]


def test_long_lines_are_continued_with_a_blank() -> None:
    """smtp_line_length_limit = 10: no line is longer, and the octets are kept."""
    wire = b"".join(wire_content([b"a" * 25 + b"\n"], 10))
    assert wire == b"a" * 10 + b"\r\n " + b"a" * 9 + b"\r\n " + b"a" * 6 + b"\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.test", Nexthop("example.test", 25, False)),
        ("example.test:587", Nexthop("example.test", 587, False)),
        ("[127.0.0.1]:2525", Nexthop("127.0.0.1", 2525, True)),
        ("[ipv6:::1]", Nexthop("::1", 25, True)),
        ("x:nosuch", "unknown service: nosuch/tcp"),
    ],
)
def test_next_hops(text: str, expected: Nexthop | str) -> None:
    """Brackets mean a host, a colon its port."""
    assert parse_nexthop(text, "smtp") == expected


def test_several_next_hops() -> None:
    """Commas and blanks separate them."""
    assert split_nexthops("[a], b:25 c") == ["[a]", "b:25", "c"]
