"""memcache: tables against a real cache, and against servers that say strange things; expected values are the reference's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.memcache import MemcacheTable
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table, TableFailure
from tests.support import database_servers
from tests.support.database_servers import Memcached
from tests.support.instance import Instance, free_port
from tests.support.table_server import SILENCE, Answer, TableServer

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
MakeTable = Callable[..., MemcacheTable]


@pytest.fixture
def table(tmp_path: Path) -> MakeTable:
    """Opens a table that a port of this machine serves, with these settings."""

    def make(port: int, **settings: object) -> Table:
        lines = {"memcache": f"inet:127.0.0.1:{port}", "timeout": 1, "max_try": 1, **settings}
        path = tmp_path / "m.cf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
        return open_table(f"memcache:{path}", CONFIG)

    return make  # type: ignore[return-value]


@pytest.fixture
def cache(place: Path) -> Iterator[Memcached]:
    """A cache that knows ``k``."""
    if reason := database_servers.missing("memcached"):
        pytest.skip(reason)
    place.chmod(0o755)
    with database_servers.running(Memcached(place / "m")) as server:
        server.exchange(b"set k 0 0 2\r\nv1\r\n")
        yield server


def test_values(cache: Memcached, table: MakeTable) -> None:
    """One connection serves lookups one after another; keys are folded."""
    cache.exchange("set é 0 0 1\r\nx\r\n".encode())
    opened = table(cache.port)
    assert [opened.get(key) for key in ("k", "K", "none", "é", "")] == ["v1", "v1", None, "x", None]


def test_the_backup_table_answers_and_fills_the_cache(cache: Memcached, table: MakeTable) -> None:
    """For ttl seconds, with flags."""
    opened = table(cache.port, backup="inline:{b=bv,k=other}", flags=7)
    assert [opened.get(key) for key in ("b", "k", "none")] == ["bv", "v1", None]
    assert cache.exchange(b"get b\r\n") == b"VALUE b 7 2\r\nbv\r\nEND\r\n"
    assert cache.exchange(b"get none\r\n") == b"END\r\n"
    assert cache.exchange(b"mg b t\r\n") in {b"HD t%d\r\n" % left for left in range(3500, 3601)}


def test_key_format(cache: Memcached, table: MakeTable) -> None:
    """It is for the cache only; a key that lacks a part is not asked for anywhere."""
    opened = table(cache.port, key_format="p:%d", backup="inline:{u@e.com=x,u=y}")
    assert [opened.get("u@e.com"), opened.get("u")] == ["x", None]
    assert cache.exchange(b"get p:e.com\r\n").startswith(b"VALUE")


def test_domains(cache: Memcached, table: MakeTable) -> None:
    """Other keys are not asked for, not even in the backup table."""
    opened = table(cache.port, domain="e.com", backup="static:x")
    assert [opened.get(key) for key in ("u@e.com", "u@f", "k")] == ["x", None, None]


@pytest.mark.parametrize(
    "key", ["a b", "a\tb", "a\r\nflush_all\r\n", "a\nb", "a\0b", "\x7f", " ", "a\x01"]
)
def test_s22_a_key_that_no_line_can_hold(table: MakeTable, key: str) -> None:
    """It is not found, and nothing is sent."""
    with TableServer(lambda request: b"END\r\n") as server:
        assert table(server.port, backup="static:x").get(key) is None
        assert not server.requests


def test_s22_a_long_key_is_not_in_the_cache(table: MakeTable) -> None:
    """The protocol allows 250 octets; the backup table may have it."""
    with TableServer(lambda request: b"CLIENT_ERROR\r\n") as server:
        assert table(server.port).get("k" * 251) is None
        assert table(server.port, backup="static:x").get("k" * 10_000) == "x"
        assert not server.requests


@pytest.mark.parametrize(
    "reply",
    [
        b"VALUE other 0 2\r\nab\r\nEND\r\n",
        b"VALUE k 0 2\r\nab\r\nVALUE k 0 2\r\nab\r\nEND\r\n",
        b"VALUE k 0 2\r\nabc\r\nEND\r\n",
        b"VALUE k 0 -1\r\n",
        b"VALUE k 0 99999\r\n",
        b"VALUE k\r\n",
        b"ERROR\r\n",
        b"SERVER_ERROR out of memory\r\n",
        b"garbage\r\n",
        b"\r\n",
        b"x" * 3000,
        b"VALUE k 0 2\nab\nEND\n",
        SILENCE,
        None,
    ],
)
def test_what_is_no_answer_is_a_failure(table: MakeTable, reply: Answer) -> None:
    """Never "not found"; with a backup table it is asked instead, with a warning."""
    with TableServer(lambda request: reply) as server:
        with pytest.raises(TableFailure):
            table(server.port).get("k")
        opened = table(server.port, backup="inline:{k=b}")
        assert opened.get("k") == "b"
        assert opened.take_warnings()


def test_a_server_that_is_down(table: MakeTable) -> None:
    """A failure without a backup table, and a warning with one."""
    port = free_port()
    with pytest.raises(TableFailure) as failed:
        table(port).get("k")
    assert failed.value.reason == "Connection refused"
    opened = table(port, backup="inline:{k=b}")
    assert [opened.get("k"), opened.get("none")] == ["b", None]
    assert opened.take_warnings() == [f"connect to 127.0.0.1:{port}: Connection refused"] * 2


def test_a_lost_connection_is_tried_again(table: MakeTable) -> None:
    """max_try times."""
    answers: list[Answer] = [None, b"VALUE k 0 1\r\nx\r\nEND\r\n"]
    with TableServer(lambda request: answers.pop(0)) as server:
        assert table(server.port, max_try=2, retry_pause=1).get("k") == "x"


def test_a_failing_backup_table_is_a_failure(cache: Memcached, table: MakeTable) -> None:
    """What the cache has is found all the same."""
    opened = table(cache.port, backup="fail:x")
    assert opened.get("k") == "v1"
    with pytest.raises(TableFailure):
        opened.get("none")


def test_deleting(cache: Memcached, table: MakeTable) -> None:
    """From the cache."""
    opened = table(cache.port)
    assert [opened.delete("k"), opened.delete("k"), opened.delete("a b")] == [True, False, False]
    assert opened.get("k") is None


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"memcache": "127.0.0.1:1"}, "invalid transport name: 127.0.0.1 in service: 127.0.0.1:1"),
        ({"key_format": "%q"}, "db_common_parse: {}: Invalid query template: %q"),
        ({"ttl": "x"}, "{}: bad numerical configuration: ttl = x"),
        ({"max_try": 0}, "{}: invalid max_try parameter value 0 < 1"),
    ],
)
def test_bad_settings(
    table: MakeTable, tmp_path: Path, settings: dict[str, object], problem: str
) -> None:
    """The table cannot be opened."""
    with pytest.raises(ConfigError) as failed:
        table(1, **settings)
    assert str(failed.value) == problem.format(tmp_path / "m.cf")


def test_keys_are_removed_from_the_backup_table_of_a_cache_that_is_down(table: MakeTable) -> None:
    """With a warning; without such a table it is a failure."""
    port = free_port()
    opened = table(port, backup="static:x")
    assert not opened.delete("k")
    assert opened.take_warnings() == [f"connect to 127.0.0.1:{port}: Connection refused"]
    with pytest.raises(TableFailure, match="connect to"):
        table(port).delete("k")


def test_postmap_says_why_a_key_cannot_be_removed(place: Path) -> None:
    """In the words of the reference."""
    port = free_port()
    path = place / "m.cf"
    path.write_text(f"memcache = inet:127.0.0.1:{port}\n")
    done = Instance(place / "i").run("postmap", "-d", "k", f"memcache:{path}")
    assert (done.returncode, done.stderr.decode().splitlines()) == (
        1,
        [
            f"postmap: warning: connect to 127.0.0.1:{port}: Connection refused",
            f"postmap: fatal: table memcache:{path}: delete error: Connection refused",
        ],
    )
