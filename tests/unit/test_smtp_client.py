"""The SMTP client's grammar: replies in any pieces, content for the wire, next hops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfixcli.delivery.smtp.nexthop import Nexthop, parse_nexthop, split_nexthops
from pyfixcli.protocol import outgoing
from pyfixcli.protocol.outgoing import WireContent
from pyfixcli.protocol.server_reply import ReplyParser, ServerReply

NO_HOST = "valid hostname or network address required in server description"
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


def test_what_is_no_reply_goes_with_the_next_one() -> None:
    """Other text, digits that are no code; the reference shows all of it with the reply that follows."""
    (reply,) = ReplyParser().receive(b"garbage one\r\n2500 x\r\n550 5.1.1 after garbage\r\n")
    assert (reply.code, reply.dsn) == (550, "5.1.1")
    assert reply.text == "garbage one 2500 x 550 5.1.1 after garbage"
    assert reply.garbage == ("garbage one", "2500 x")


@pytest.mark.parametrize("size", [1, 500, 100000])
def test_an_overlong_line_is_cut(size: int) -> None:
    """At 2048 octets, as the reference cuts it; the memory for it is bounded."""
    octets = b"550 5.1.1 " + b"y" * 50000 + b"\r\n"
    parser, found = ReplyParser(), []
    for start in range(0, len(octets), size):
        found += parser.receive(octets[start : start + size])
    (reply,) = found
    assert reply.text == "550 5.1.1 " + "y" * 2038
    assert reply.cut == (reply.text,)


def test_a_server_that_never_comes_to_an_end_is_left() -> None:
    """More lines than any reply has."""
    parser = ReplyParser()
    (first,) = parser.receive(b"250 ok\r\n" + b"250-more\r\n" * 1001)
    assert (first.text, parser.is_broken) == ("250 ok", True)


@given(st.lists(st.binary(max_size=60), max_size=20), st.sampled_from([0, 20, 998]))
def test_s2_no_content_ends_the_message_early(chunks: list[bytes], limit: int) -> None:
    """Whatever the octets: CR and LF only together, every leading dot doubled."""
    wire = b"".join(WireContent(limit).encode(chunks))
    assert wire == b"" or wire.endswith(b"\r\n")
    lines = wire.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in lines)


@given(st.binary(max_size=200))
def test_s2_a_strict_server_gets_the_same_lines(content: bytes) -> None:
    """After undoing the dots, the content with CR in place of nothing but line ends (RFC 5321 4.5.2)."""
    wire = b"".join(WireContent(0).encode([content]))
    lines = wire.split(b"\r\n")[:-1]
    got = [line[1:] if line.startswith(b".") else line for line in lines]
    whole = content if content.endswith(b"\n") or not content else content + b"\n"
    plain = whole.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    assert got == plain.split(b"\n")[:-1]


def test_long_lines_are_continued_with_a_blank() -> None:
    """smtp_line_length_limit = 10: no line is longer, and the octets are kept."""
    wire = b"".join(WireContent(10).encode([b"a" * 25 + b"\n"]))
    assert wire == b"a" * 10 + b"\r\n " + b"a" * 9 + b"\r\n " + b"a" * 6 + b"\r\n"


@given(st.binary(max_size=300), st.sampled_from([0, 5, 10]), st.integers(1, 50))
def test_pieces_of_long_lines_make_no_difference(content: bytes, limit: int, size: int) -> None:
    """A line that comes in many pieces, held in little memory, goes out as in one piece."""
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    whole = b"".join(WireContent(limit).encode([content]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outgoing, "HELD", 20)
        assert b"".join(WireContent(limit).encode(chunks)) == whole
    if limit:
        assert max(map(len, whole.split(b"\r\n"))) <= limit + 1  # a doubled dot does not count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unix:private/lmtp", Nexthop("private/lmtp", 0, True)),
        ("inet:mail.test", Nexthop("mail.test", 24, True)),
        ("inet:[::1]:2424", Nexthop("::1", 2424, True)),
        ("127.0.0.2", Nexthop("127.0.0.2", 24, True)),
    ],
)
def test_next_hops_of_lmtp(text: str, expected: Nexthop) -> None:
    """lmtp_tcp_port is 24, and no MX records are asked for."""
    assert parse_nexthop(text, "24", is_lmtp=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.test", Nexthop("example.test", 25, False)),
        ("example.test:587", Nexthop("example.test", 587, False)),
        ("[127.0.0.1]:2525", Nexthop("127.0.0.1", 2525, True)),
        ("[ipv6:::1]", Nexthop("::1", 25, True)),
        ("2001:db8::1:25", Nexthop("2001:db8::1", 25, False)),
        ("x:nosuch", "unknown service: nosuch/tcp"),
        ("x:99999", "bad network port: 99999 for destination: x:99999"),
        ("[x.]", f"{NO_HOST}: [x.]"),
        ("[1.2.3]", f"{NO_HOST}: [1.2.3]"),
        ("[]:25", f"{NO_HOST}: []:25"),
        ("999", f"{NO_HOST}: 999"),
        ("a..b", f"{NO_HOST}: a..b"),
        ("[ipv6:127.0.0.1]", "malformed IPv6 address in server description: [ipv6:127.0.0.1]"),
        ("[x", 'missing "]" in server description: [x'),
        ("[x]y", 'garbage after "]" in server description: [x]y'),
        (":25", "missing host information in server description: :25"),
    ],
)
def test_next_hops(text: str, expected: Nexthop | str) -> None:
    """Brackets mean a host, a colon its port; what is neither is named as the reference does, which keeps the mail, too."""
    assert parse_nexthop(text, "smtp") == expected


def test_several_next_hops() -> None:
    """Commas and blanks separate them."""
    assert split_nexthops("[a], b:25 c") == ["[a]", "b:25", "c"]
