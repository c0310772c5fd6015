"""socketmap: tables against real servers; replies as the reference judges them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.socketmap import SocketmapTable
from pyfixcli.maps.table import TableFailure
from tests.support.instance import free_port
from tests.support.table_server import Answer, SocketmapServer, TableServer

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})


def table_of(port: int) -> SocketmapTable:
    """Its map ``m``."""
    return SocketmapTable("socketmap", f"inet:127.0.0.1:{port}:m", CONFIG, True)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (b"OK first", "first"),
        (b"OK  two  spaces ", " two  spaces "),
        (b"OK ", ""),
        (b"OK a\0b", "a"),
        (b"OK a\nb", "a\nb"),
        (b"OK " + b"x" * 99_997, "x" * 99_997),
        (b"OK", None),
        (b"NOTFOUND ", None),
        (b"NOTFOUND", None),
        (b"NOTFOUND some text", None),
    ],
)
def test_replies(reply: bytes, value: str | None) -> None:
    """OK has a value; NOTFOUND has none."""
    with SocketmapServer(lambda request: reply) as server:
        assert table_of(server.port).get("k") == value
        assert server.requests == [b"m k"]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (b"TEMP try later", "temporary error: try later"),
        (b"TIMEOUT too slow", "timeout error: too slow"),
        (b"PERM go away", "permanent error: go away"),
        (b"PERM", "permanent error"),
        (b"WHAT is this", "unknown error: is this"),
        (b"ok first", "unknown error: first"),
        (b"OK\tx", "unknown error"),
        (b"NOTFOUNDX", "unknown error"),
        (b" OK x", "unknown error: OK x"),
    ],
)
def test_any_other_reply_is_a_failure(reply: bytes, problem: str) -> None:
    """With what the server said."""
    with (
        SocketmapServer(lambda request: reply) as server,
        pytest.raises(TableFailure) as failed,
    ):
        table_of(server.port).get("k")
    name = f"socketmap:inet:127.0.0.1:{server.port}:m"
    assert complaints(str(failed.value), "k") == [
        f"{name} socketmap server {problem}",
        f'{name} lookup error for "k"',
    ]


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"8:OK firstX", "input format error"),
        (b"-8:OK first,", "input format error"),
        (b"+8:OK first,", "input format error"),
        (b" 8:OK first,", "input format error"),
        (b":OK first,", "input format error"),
        (b"hello\n", "input format error"),
        (b"100001:x", "input exceeds size limit"),
        (b"9" * 5000 + b":x", "input exceeds size limit"),
        (b"0" * 5000, "input exceeds size limit"),
    ],
)
def test_what_is_no_netstring(octets: bytes, problem: str) -> None:
    """The connection is not used again; nothing more is read than needs be."""
    with TableServer(lambda request: octets) as server, pytest.raises(TableFailure) as failed:
        # the request ends in a comma; TableServer waits for a line end, which the key brings
        table_of(server.port).get("k\n")
    name = f"socketmap:inet:127.0.0.1:{server.port}:m"
    assert complaints(str(failed.value), "k")[0] == f"table {name} lookup error: {problem}"


def test_leading_zeros_are_read() -> None:
    """As the reference reads them."""
    with TableServer(lambda request: b"0008:OK first,") as server:
        assert table_of(server.port).get("k\n") == "first"


def test_a_lost_connection_is_replaced_once() -> None:
    """Without a word."""
    answers: list[Answer] = [None, b"OK again"]
    with SocketmapServer(lambda request: answers.pop(0)) as server:
        table = table_of(server.port)
        assert (table.get("k"), table.take_warnings()) == ("again", [])
        assert server.connections == 2


def test_a_server_that_always_hangs_up() -> None:
    """Two tries, then the lookup fails."""
    with SocketmapServer(lambda request: None) as server:
        with pytest.raises(TableFailure, match="unexpected disconnect"):
            table_of(server.port).get("k")
        assert server.connections == 2


def test_one_connection_serves_lookups_one_after_another() -> None:
    """It is kept."""
    with SocketmapServer(lambda request: b"NOTFOUND ") as server:
        table = table_of(server.port)
        assert [table.get(key) for key in "abc"] == [None] * 3
        assert (server.connections, server.requests) == (1, [b"m a", b"m b", b"m c"])


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time limit, and not tried again."""
    monkeypatch.setattr("pyfixcli.maps.server_table.TIME_LIMIT", 0.1)
    with SocketmapServer(lambda request: b"") as server:
        with pytest.raises(TableFailure, match="time limit exceeded") as failed:
            table_of(server.port).get("k")
        assert server.connections == 1
    assert failed.value.reason == "Connection timed out"


def test_a_server_that_is_not_there() -> None:
    """What could not be done comes before the table's complaint."""
    port = free_port()
    with pytest.raises(TableFailure) as failed:
        table_of(port).get("k")
    assert complaints(str(failed.value), "k")[:2] == [
        f"connect to 127.0.0.1:{port}: Connection refused",
        f"table socketmap:inet:127.0.0.1:{port}:m lookup error: Connection refused",
    ]


def test_unix_sockets(tmp_path: Path) -> None:
    """The name of the map comes after the last colon."""
    with SocketmapServer(lambda request: b"OK " + request, tmp_path / "s"):
        table = SocketmapTable("socketmap", f"unix:{tmp_path}/s:other", CONFIG, True)
        assert table.get("key with space") == "other key with space"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inet", "socketmap requires server:socketmap argument"),
        ("inet:9998", 'need service transport:endpoint instead of "inet"'),
        ("unix::m", 'need service transport:endpoint instead of "unix:"'),
        ("unix:/a/b", 'need service transport:endpoint instead of "unix"'),
        ("inet:127.0.0.1:9998", "127.0.0.1: garbage after numerical service"),
        ("tcp:127.0.0.1:9998:m", "invalid transport name: tcp in service: tcp:127.0.0.1:9998"),
        ("UNIX:/a:m", "invalid transport name: UNIX in service: UNIX:/a"),
    ],
)
def test_names_that_are_wrong(name: str, text: str) -> None:
    """The texts are the reference's."""
    with pytest.raises(ConfigError) as refused:
        SocketmapTable("socketmap", name, CONFIG, True)
    assert str(refused.value) == text
