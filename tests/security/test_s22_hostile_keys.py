"""S22: keys that strangers choose never break the protocol of a table server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.registry import open_table
from tests.support.instance import Instance
from tests.support.table_server import SocketmapServer, TableServer

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
KEYS = (
    "a\nget b",
    "a\r\nget b",
    "a b\tc",
    "a\0b",
    "%41%",
    "\x7f\x01\x1b[2J",
    "1:x,2:yy,",
    "*)(uid=*",
    "'; drop table x; --",
    "é\u2028",
    "k" * 10_000,
    " ",
    "",
)


@pytest.mark.parametrize("key", KEYS)
def test_s22_a_key_is_one_line_for_a_tcp_table(key: str) -> None:
    """One request of plain characters, from which the server gets the key back; the next one answers itself."""
    with TableServer(lambda request: b"200 %s\n" % request[4:]) as server:
        table = open_table(f"tcp:127.0.0.1:{server.port}", CONFIG)
        if len(key) < 4000:  # the server's answer has its limit
            assert table.get(key) == key.partition("\0")[0]
            assert table.get("after") == "after"
            assert len(server.requests) == 2
            assert re.fullmatch(rb"get [!-~]*", server.requests[0])


def test_s22_a_long_key_for_a_tcp_table() -> None:
    """It is sent whole."""
    with TableServer(lambda request: b"500 no\n") as server:
        assert open_table(f"tcp:127.0.0.1:{server.port}", CONFIG).get("k" * 10_000) is None
        assert server.requests == [b"get " + b"k" * 10_000]


@pytest.mark.parametrize("key", KEYS)
def test_s22_a_key_is_one_netstring_for_a_socketmap(key: str) -> None:
    """Whatever is in it; the next one answers itself."""
    with SocketmapServer(lambda request: b"OK " + request) as server:
        table = open_table(f"socketmap:inet:127.0.0.1:{server.port}:m", CONFIG)
        assert table.get(key) == f"m {key}".partition("\0")[0]
        assert table.get("after") == "m after"
        assert server.requests == [b"m " + key.encode(), b"m after"]


@pytest.mark.parametrize("kind", ["tcp", "socketmap"])
def test_s22_a_key_that_is_not_utf8_is_not_asked(kind: str) -> None:
    """It is not found, with a warning."""
    with TableServer(lambda request: None) as server:
        place = f"127.0.0.1:{server.port}"
        name = f"tcp:{place}" if kind == "tcp" else f"socketmap:inet:{place}:m"
        table = open_table(name, CONFIG)
        assert table.get("a\udcffb") is None
        assert not server.requests
        assert table.take_warnings() == [
            f'{name}: non-UTF-8 key "a\udcffb": malformed UTF-8 or invalid codepoint'
        ]


def test_s22_postmap_shows_what_a_server_says_on_one_line(tmp_path: Path) -> None:
    """Control characters in a reply do not reach the terminal."""
    with SocketmapServer(lambda request: b"TEMP a\nb\x1b[2J") as server:
        instance = Instance(tmp_path / "i")
        name = f"socketmap:inet:127.0.0.1:{server.port}:m"
        done = instance.run("postmap", "-q", "k", name)
    assert done.returncode == 1
    assert done.stderr.decode().split("\n") == [
        f"postmap: warning: {name} socketmap server temporary error: a?b?[2J",
        f"postmap: fatal: table {name}: query error: Application error",
        "",
    ]
