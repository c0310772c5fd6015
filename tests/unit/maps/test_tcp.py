"""tcp: tables against real servers; replies as the reference judges them."""

from __future__ import annotations

import socket

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps import tcp
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.table import TableFailure
from pyfixcli.maps.tcp import TcpTable
from tests.support.instance import free_port
from tests.support.table_server import Answer, TableServer

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})


def table_of(port: int, config: Config = CONFIG) -> TcpTable:
    """The table that a server on this port serves."""
    return TcpTable("tcp", f"127.0.0.1:{port}", config, True)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (b"200 first", "first"),
        (b"200 with%20space%25", "with space%"),
        (b"200 with plain spaces", "with plain spaces"),
        (b"200  a  b ", " a  b "),
        (b"200\ty", "y"),
        (b"299 what", "what"),
        (b"200 %41%4a%4A", "AJJ"),
        (b"200 x\r", "x\r"),
        (b"200 a\0b", "a"),
        (b"200 a%00b", "a"),
        (b"200 ", ""),
        (b"200 " + b"x" * 4091, "x" * 4091),
        (b"500 not%20here", None),
        (b"501 x", None),
    ],
)
def test_replies(reply: bytes, value: str | None) -> None:
    """2xx has a value, encoded or not; 5xx is not found."""
    with TableServer(lambda request: reply + b"\n") as server:
        assert table_of(server.port).get("k") == value


@pytest.mark.parametrize(
    "reply",
    [
        b"hello",
        b"200",
        b"500",
        b"400",
        b"-200 x",
        b"+200 x",
        b" 200 x",
        b"200x y",
        b"200 a%zz",
        b"500 a%4",
    ],
)
def test_a_malformed_reply_is_a_failure(reply: bytes) -> None:
    """It is never "not found", and is not asked for again."""
    with TableServer(lambda request: reply + b"\n") as server:
        table = table_of(server.port)
        with pytest.raises(TableFailure) as failed:
            table.get("k")
    assert len(server.requests) == 1
    assert complaints(str(failed.value), "k") == [
        f"read TCP map reply from 127.0.0.1:{server.port}: malformed reply: {reply.decode()}",
        f'tcp:127.0.0.1:{server.port} lookup error for "k"',
    ]


def test_an_unknown_status_is_a_failure() -> None:
    """Neither 2xx, 4xx nor 5xx."""
    with (
        TableServer(lambda request: b"100 x\n") as server,
        pytest.raises(TableFailure, match="bad status code: 100 x"),
    ):
        table_of(server.port).get("k")


def test_400_is_a_failure_without_further_words() -> None:
    """The server says that it cannot answer now."""
    with (
        TableServer(lambda request: b"400 later\n") as server,
        pytest.raises(TableFailure) as failed,
    ):
        table_of(server.port).get("k")
    name = f"tcp:127.0.0.1:{server.port}"
    assert complaints(str(failed.value), "k") == [f'{name} lookup error for "k"']


def test_one_connection_serves_lookups_one_after_another() -> None:
    """It is kept."""
    with TableServer(lambda request: b"500 no\n") as server:
        table = table_of(server.port)
        assert [table.get(key) for key in "abc"] == [None] * 3
        assert (server.connections, server.requests) == (1, [b"get a", b"get b", b"get c"])


def test_what_was_not_asked_for_answers_nothing() -> None:
    """A second reply is not the answer to the next request."""
    with TableServer(lambda request: b"200 %s\n200 extra\n" % request[4:]) as server:
        table = table_of(server.port)
        assert [table.get(key) for key in "abc"] == ["a", "b", "c"]


def test_a_connection_that_the_server_closed_is_replaced_without_a_word() -> None:
    """Servers close idle connections, and are restarted."""
    with TableServer(lambda request: b"200 %s\n" % request[4:]) as server:
        table = table_of(server.port)
        assert table.get("a") == "a"
        server.hang_up()
        assert table.get("b") == "b"
        assert (server.connections, table.take_warnings()) == (2, [])


def test_a_lost_connection_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a pause, with a warning."""
    monkeypatch.setattr(tcp, "PAUSE", 0.01)
    answers: list[Answer] = [None, None, b"200 x\n"]
    with TableServer(lambda request: answers.pop(0)) as server:
        table = table_of(server.port)
        assert table.get("k") == "x"
    warning = f"read TCP map reply from 127.0.0.1:{server.port}: unexpected EOF"
    assert table.take_warnings() == [warning] * 2
    assert table.take_warnings() == []


def test_after_ten_tries_the_lookup_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the reference; each try has its warning."""
    monkeypatch.setattr(tcp, "PAUSE", 0.01)
    port = free_port()
    with pytest.raises(TableFailure) as failed:
        table_of(port).get("k")
    warning = f"connect to TCP map 127.0.0.1:{port}: Connection refused"
    assert complaints(str(failed.value), "k")[:-1] == [warning] * 10
    assert failed.value.reason == "Connection refused"


def test_an_endless_reply_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """4096 octets with the newline."""
    monkeypatch.setattr(tcp, "TRIES", 1)
    for reply in (b"200 " + b"x" * 4092 + b"\n", b"200 " + b"x" * 10_000):
        with (
            TableServer(lambda request, reply=reply: reply) as server,  # type: ignore[misc]
            pytest.raises(TableFailure, match="text longer than 4096"),
        ):
            table_of(server.port).get("k")


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit is for the whole lookup, not for each try."""
    monkeypatch.setattr("pyfixcli.maps.server_table.TIME_LIMIT", 0.1)
    with (
        TableServer(lambda request: b"") as server,
        pytest.raises(TableFailure, match=r"unexpected EOF \(Connection timed out\)"),
    ):
        table_of(server.port).get("k")
    assert server.connections == 1


def test_a_value_that_is_not_utf8_is_refused() -> None:
    """Unless smtputf8_enable is off."""
    with TableServer(lambda request: b"200 \xe9\n") as server:
        with pytest.raises(TableFailure, match="non-UTF-8 value"):
            table_of(server.port).get("k")
        loose = Config("/nowhere", {"smtputf8_enable": "no"})
        assert table_of(server.port, loose).get("k") == "\udce9"


def _knows_localhost() -> bool:
    try:
        return bool(socket.getaddrinfo("localhost", None, socket.AF_INET))
    except OSError:
        return False


@pytest.mark.parametrize("name", ["localhost:{}", "[127.0.0.1]:{}", ":{}", "{}"])
def test_names_of_servers(name: str) -> None:
    """A host may be missing: it is this one."""
    if name.startswith("localhost") and not _knows_localhost():
        pytest.skip("this machine does not know the name localhost")
    with TableServer(lambda request: b"200 x\n") as server:
        assert TcpTable("tcp", name.format(server.port), CONFIG, True).get("k") == "x"


def test_a_host_without_a_port_is_refused() -> None:
    """The text is the reference's."""
    with pytest.raises(ConfigError, match=r"^127\.0\.0\.1: garbage after numerical service$"):
        TcpTable("tcp", "127.0.0.1", CONFIG, True)


def test_an_unknown_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name service says so."""
    monkeypatch.setattr(tcp, "TRIES", 1)
    with pytest.raises(TableFailure, match="host or service 127.0.0.1:nosuchport not found"):
        TcpTable("tcp", "127.0.0.1:nosuchport", CONFIG, True).get("k")
