"""Tables that one process has open for all others, and what asks for them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.proxymap import ProxyMap
from pyfixcli.daemon.submit import may_use
from pyfixcli.log.maillog import MailLog
from pyfixcli.maps.proxied import ProxiedTable
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.static import StaticTable
from pyfixcli.maps.table import TableFailure
from tests.support.access import Lines
from tests.support.table_server import SocketmapServer

VALUES = {
    b"m k": b"OK value",
    b"m  \0\xff": b"OK of odd octets",
    b"m fails": b"PERM go away",
    b"m lost": None,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "private").mkdir()
    return tmp_path


def answer(request: bytes) -> bytes | None:
    """What the server says; nothing else is known."""
    return VALUES.get(request, b"NOTFOUND ")


def config_of(place: Path, port: int, **settings: str) -> Config:
    """A configuration in which a map of that server is used with ``proxy:``."""
    tables = f"proxy:socketmap:inet:127.0.0.1:{port}:m"
    return Config(
        "/nowhere",
        {
            "compatibility_level": "3.7",
            "smtputf8_enable": "no",
            "queue_directory": str(place),
            "virtual_alias_maps": tables,
            **settings,
        },
    )


def with_daemon(config: Config, act: Callable[[], object]) -> tuple[object, list[str]]:
    """What ``act`` gives in another thread while tables are served, and what the log has."""
    lines = Lines()
    log = MailLog(lines, "postfix", "mail", SystemClock())  # type: ignore[arg-type]

    async def serve() -> object:
        loop = asyncio.get_running_loop()
        proxymap = ProxyMap(config, log, lambda work: tasks.append(loop.create_task(work)))
        path = os.path.join(config.queue_directory, paths.PROXYMAP)
        server = await loop.create_unix_server(proxymap.protocol, path)
        try:
            return await asyncio.to_thread(act)
        finally:
            server.close()

    tasks: list[asyncio.Task[None]] = []
    result = asyncio.run(serve())
    log.flush()
    return result, lines.texts


def test_answers(place: Path) -> None:
    """A value, none, and keys with any octets; one connection does for all."""
    with SocketmapServer(answer) as server:
        config = config_of(place, server.port)
        table = open_table(config.virtual_alias_maps, config)

        def ask() -> list[str | None]:
            return [table.get(key) for key in ("k", "absent", " \0\udcff", "k")]

        found, _ = with_daemon(config, ask)
        assert found == ["value", None, "of odd octets", "value"]
        assert server.connections == 1


def test_failure_is_that_of_the_table(place: Path) -> None:
    """Text and reason are as without the daemon."""

    def ask() -> list[tuple[str, str]]:
        failures = []
        for key in ("fails", "lost"):
            with pytest.raises(TableFailure) as caught:
                table.get(key)
            failures.append((str(caught.value), caught.value.reason))
        return failures

    with SocketmapServer(answer) as server:
        config = config_of(place, server.port)
        table = open_table(config.virtual_alias_maps, config)
        alone = ask()
        assert with_daemon(config, ask)[0] == alone
        assert server.connections > 1


def test_tables_of_two_parameters_have_one_connection(place: Path) -> None:
    with SocketmapServer(answer) as server:
        config = config_of(place, server.port)
        tables = [open_table(config.virtual_alias_maps, config) for _ in range(3)]
        found, _ = with_daemon(config, lambda: [table.get("k") for table in tables])
        assert found == ["value"] * 3
        assert server.connections == 1


def test_the_daemon_opens_only_tables_that_are_listed(place: Path) -> None:
    """Whatever the one who asks has in its own view."""
    with SocketmapServer(answer) as server:
        config = config_of(place, server.port)
        table = open_table(config.virtual_alias_maps, config)
        daemon = config_of(place, server.port, proxy_read_maps="proxy:static:x")

        def ask() -> str:
            with pytest.raises(TableFailure) as caught:
                table.get("k")
            return str(caught.value)

        name = f"socketmap:inet:127.0.0.1:{server.port}:m"
        text = f'table proxy:{name}: proxymap service is not configured for table "{name}"'
        assert with_daemon(daemon, ask)[0] == text
        assert server.connections == 0


def test_without_a_daemon_the_table_is_asked_itself(place: Path) -> None:
    with SocketmapServer(answer) as server:
        config = config_of(place, server.port)
        table = open_table(config.virtual_alias_maps, config)
        assert isinstance(table, ProxiedTable)
        assert table.get("k") == "value"


def test_s40_what_names_rights_is_not_taken_from_the_daemon(place: Path) -> None:
    """local(8) and virtual(8) open tables themselves whose values name commands, files or rights; others ask the daemon."""
    rules = place / "rules"
    rules.write_text("/^(.*)$/ $1\n")
    with SocketmapServer(answer) as server:
        table = f"proxy:pipemap:{{socketmap:inet:127.0.0.1:{server.port}:m,regexp:{rules}}}"
        config = config_of(place, server.port, virtual_alias_maps=table)
        sensitive, free = open_table(table, config), open_table(table, config)
        sensitive.refuse_substitution()
        sensitive.refuse_daemon()
        daemon = config_of(place, server.port, virtual_alias_maps="", proxy_read_maps="")

        def ask() -> str | None:
            with pytest.raises(TableFailure, match="not configured"):
                free.get("k")
            return sensitive.get("k")

        assert with_daemon(daemon, ask)[0] is None
        other = open_table(table, config)
        assert with_daemon(config, lambda: other.get("k"))[0] == "value"


def test_parts_of_a_key_go_into_no_value(place: Path) -> None:
    """What refuses substitution here does so in the daemon, too; others that ask for the table keep theirs."""
    rules = place / "rules"
    rules.write_text("/^(.*)$/ $1\n")
    with SocketmapServer(answer) as server:
        table = f"proxy:pipemap:{{socketmap:inet:127.0.0.1:{server.port}:m,regexp:{rules}}}"
        config = config_of(place, server.port, virtual_alias_maps=table)
        plain, free = open_table(table, config), open_table(table, config)
        plain.refuse_substitution()
        found, _ = with_daemon(config, lambda: [t.get("k") for t in (plain, free)])
        assert found == [None, "value"]
        assert server.connections == 2  # of the two tables that the daemon has open


def test_what_is_no_question_ends_the_connection(place: Path) -> None:
    """And is logged."""
    config = config_of(place, 1)

    async def send() -> bytes:
        path = os.path.join(config.queue_directory, paths.PROXYMAP)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"\0\0\0\4none")
        answered = await reader.read()
        writer.close()
        return answered

    found, log = with_daemon(config, lambda: asyncio.run(send()))
    assert found == b""
    assert log == ["warning: closing a connection: a question has three parts"]


class OddTable(StaticTable):
    """Fails as it is told."""

    def __init__(self, failure: Exception) -> None:
        super().__init__("static", "x", Config("/nowhere", {}), False)
        self._failure = failure

    def get(self, key: str) -> str | None:
        raise self._failure


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (RuntimeError("a bug"), "the proxymap service hung up"),
        (TableFailure(""), ""),
    ],
)
def test_whatever_goes_wrong_is_a_failure_at_once(
    place: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, text: str
) -> None:
    """Nobody waits for an answer that does not come, and no failure is taken for a key that is not there."""
    monkeypatch.setattr("pyfixcli.daemon.proxymap.open_behind", lambda *_: OddTable(failure))

    def ask() -> str:
        with pytest.raises(TableFailure) as caught:
            table.get("k")
        return str(caught.value)

    config = config_of(place, 1)
    table = open_table(config.virtual_alias_maps, config)
    assert str(with_daemon(config, ask)[0]).endswith(text)


def test_users_are_looked_up_through_the_loop_that_serves_the_table(place: Path) -> None:
    """A list of users in a proxy: table, asked for in the queue process itself."""

    async def ask(config: Config) -> list[str]:
        log = MailLog(Lines(), "postfix", "mail", SystemClock())  # type: ignore[arg-type]
        tasks: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        proxymap = ProxyMap(config, log, lambda work: tasks.append(loop.create_task(work)))
        path = os.path.join(config.queue_directory, paths.PROXYMAP)
        async with await loop.create_unix_server(proxymap.protocol, path):
            return [
                await asyncio.wait_for(may_use(config, name, 0, "is not allowed"), 20)
                for name in ("authorized_mailq_users", "authorized_flush_users")
            ]

    with SocketmapServer(lambda request: b"OK" + b" yes" * request.endswith(b"root")) as server:
        table = config_of(place, server.port).virtual_alias_maps
        config = config_of(
            place,
            server.port,
            authorized_mailq_users=table,
            authorized_flush_users=f"!{table}",
            proxy_read_maps=table,
        )
        assert asyncio.run(ask(config)) == ["", "User root(0) is not allowed"]
        assert len(server.requests) == 2
