"""mysql: and pgsql: tables against real servers; expected values are what the reference answers."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.maps import connection_pool, sql_server
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import Table, TableFailure
from tests.support import database_servers
from tests.support.database_servers import PASSWORD, Mariadb, Postgres
from tests.support.instance import free_port
from tests.support.table_server import SILENCE, TableServer

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
BY_KEY = "SELECT v FROM a WHERE k = '%s'"
ROWS = """
CREATE TABLE a (k varchar(200), v varchar(200), w varchar(200));
INSERT INTO a VALUES ('k', 'v1', 'w1'), ('k', 'v2', NULL), ('nul', NULL, NULL), ('empty', '', ''),
    ('o''b', 'q', ''), ('u@example.com', 'x@d.org', 'y'), ('é', 'acute', '');
"""
QUOTED = PASSWORD.replace("'", "''")
PROGRAMS = {"mysql": ("mariadbd", "mariadb-install-db"), "pgsql": ("postgres",)}


@pytest.fixture(scope="module", params=PROGRAMS)
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A server with ROWS; ``kind`` is the type of its tables."""
    kind = request.param
    if reason := database_servers.missing(*PROGRAMS[kind]):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="pf") as name:
        directory = Path(name)
        directory.chmod(0o755)
        started = Mariadb(directory / "s") if kind == "mysql" else Postgres(directory / "s")
        with database_servers.running(started):
            started.execute("CREATE DATABASE mail;")
            started.execute(ROWS, "mail")
            if kind == "mysql":
                started.execute(
                    f"CREATE USER app@'%' IDENTIFIED BY '{QUOTED}'; GRANT ALL ON mail.* TO app@'%';"
                    "CREATE PROCEDURE p() SELECT 'called'; CREATE PROCEDURE n() SET @x = 1;\n"
                    "DELIMITER //\nCREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END//\n",
                    "mail",
                )
            started.kind = kind  # type: ignore[attr-defined]
            yield started


MakeTable = Callable[..., Table]


@pytest.fixture
def table(server: Any, tmp_path: Path) -> Iterator[MakeTable]:
    """Opens a table with these settings besides the login."""
    made = []

    def make(**settings: object) -> Table:
        login = {
            "hosts": f"127.0.0.1:{server.port}",
            "user": "app",
            "password": PASSWORD,
            "dbname": "mail",
            "query": BY_KEY,
        }
        path = tmp_path / f"{len(made)}.cf"
        path.write_text("".join(f"{n} = {v}\n" for n, v in {**login, **settings}.items()))
        made.append(open_table(f"{server.kind}:{path}", CONFIG))
        return made[-1]

    yield make
    for opened in made:
        opened.close()


KEYS = [("k", "v1,v2"), ("K", "v1,v2"), ("nul", None), ("none", None), ("o'b", "q"), ("é", "acute")]


def test_values(table: MakeTable) -> None:
    """One connection serves them."""
    opened = table()
    assert [(key, opened.get(key)) for key, _ in KEYS] == KEYS


def test_all_columns_are_values(table: MakeTable) -> None:
    """Unlike in sqlite: tables."""
    assert table(query="SELECT v, w FROM a WHERE k = '%s'").get("k") == "v1,w1,v2"


@pytest.mark.parametrize(
    "key", ["back\\slash", "q'u\"o%te", "'; drop table a; --", "x\\' or 1=1 --", "\\", "%s", "é'\\"]
)
def test_s22_a_key_stays_a_key(table: MakeTable, key: str) -> None:
    """The server gets it as it is, and nothing else."""
    assert table(query="SELECT '%s'").get(key) == key
    assert table().get(key) is None


def test_s22_quoting_follows_the_mode_of_the_server(server: Any, table: MakeTable) -> None:
    """Where a backslash quotes nothing, or does."""
    if server.kind == "mysql":
        server.execute("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'")
    else:
        server.execute("ALTER ROLE app SET standard_conforming_strings = off")
    try:
        opened = table(query="SELECT '%s'", result_format="%s")
        opened.close()
        for key in ("a\\'b", "\\", "' or '1'='1", "\\' or 1=1 --"):
            assert opened.get(key) == key
    finally:
        if server.kind == "mysql":
            server.execute("SET GLOBAL sql_mode = DEFAULT")
        else:
            server.execute("ALTER ROLE app RESET standard_conforming_strings")
        opened.close()


def test_a_long_key(table: MakeTable) -> None:
    """10 kB are asked for."""
    assert table().get("k" * 10_000) is None


def test_a_wrong_query_is_a_failure(table: MakeTable) -> None:
    """Each time, and the connection stays."""
    opened = table(query="SELEC")
    for _ in range(2):
        with pytest.raises(TableFailure, match="syntax"):
            opened.get("k")


def test_no_rows_for_a_statement_that_has_none(server: Any, table: MakeTable) -> None:
    """It is not found, in mysql: tables if require_result_set allows it."""
    text = "DELETE FROM a WHERE k = '%s-gone'"
    if server.kind == "mysql":
        with pytest.raises(TableFailure, match="no result set"):
            table(query=text).get("k")
    assert table(query=text, require_result_set="no").get("k") is None


def test_procedures(server: Any, table: MakeTable) -> None:
    """The result of a call, or of a function."""
    if server.kind == "mysql":
        opened = table(query="CALL p()")
        assert [opened.get("k"), opened.get("k")] == ["called"] * 2
    else:
        assert table(query="", select_function="upper").get("k") == "K"


def test_the_limit_of_values(table: MakeTable) -> None:
    """As the reference words it."""
    opened = table(expansion_limit=1)
    with pytest.raises(TableFailure, match="Expansion limit exceeded for key: 'k'"):
        opened.get("k")


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"dbname": "none"}])
def test_a_refused_login_is_a_failure(table: MakeTable, wrong: dict[str, str]) -> None:
    """With the server's words."""
    opened = table(**wrong)
    with pytest.raises(TableFailure) as failed:
        opened.get("k")
    assert complaints(str(failed.value), "k")[0].startswith("connect to ")


def test_s23_a_server_without_tls_is_refused_where_it_is_wanted(
    server: Any, table: MakeTable
) -> None:
    """Before the login: a stranger in between could have taken TLS away."""
    if server.kind == "mysql":
        opened = table(tls_verify_cert="yes")
    else:
        opened = table(hosts=f"postgresql://127.0.0.1:{server.port}/mail?sslmode=require")
    with pytest.raises(TableFailure, match="SSL"):
        opened.get("k")


def test_sockets_of_this_machine(server: Any, table: MakeTable) -> None:
    """unix:/path."""
    path = server.socket if server.kind == "mysql" else f"{server.directory}/.s.PGSQL.{server.port}"
    assert table(hosts=f"unix:{path}").get("k") == "v1,v2"


def test_the_next_host_answers_when_one_is_down(server: Any, table: MakeTable) -> None:
    """Each key, whichever host is tried first."""
    opened = table(hosts=f"inet:127.0.0.1:{free_port()} inet:127.0.0.1:{server.port}")
    assert [opened.get("k") for _ in range(5)] == ["v1,v2"] * 5


def test_a_host_that_is_down_is_named(
    server: Any, table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another one answers."""
    monkeypatch.setattr(connection_pool.random, "shuffle", lambda hosts: None)
    down = free_port()
    opened = table(hosts=f"127.0.0.1:{down} 127.0.0.1:{server.port}")
    assert opened.get("k") == "v1,v2"
    (warning,) = opened.take_warnings()
    assert warning.startswith(f"connect to {server.kind} server 127.0.0.1:{down}: ")


def test_null_is_an_empty_value(server: Any, table: MakeTable) -> None:
    """About which pgsql: tables warn."""
    opened = table()
    assert opened.get("nul") is None
    warning = f'table "{opened.name}": empty lookup result for: "nul" -- ignored'
    assert opened.take_warnings() == ([] if server.kind == "mysql" else [warning])


def test_option_files(server: Any, table: MakeTable, tmp_path: Path) -> None:
    """The login from [client], and what another group has instead."""
    if server.kind != "mysql":
        pytest.skip("only mysql: tables have them")
    file = tmp_path / "my.cnf"
    place = f"port={server.port}\nsocket={server.socket}"
    file.write_text(f'[client]\nuser=app\npassword=no\n{place}\n[mail]\npassword="{PASSWORD}"\n')
    for hosts in ("127.0.0.1", "localhost", ""):
        login = {"user": "", "password": "", "hosts": hosts, "option_file": file}
        assert table(**login, option_group="mail").get("k") == "v1,v2"
        with pytest.raises(TableFailure, match="Access denied for user 'app'"):
            table(**login).get("k")


def test_several_results_of_a_call(server: Any, table: MakeTable) -> None:
    """Are a failure, as it cannot be said which of them counts."""
    if server.kind == "mysql":
        with pytest.raises(TableFailure, match="multiple result sets returning data"):
            table(query="CALL two()").get("k")


def test_a_server_that_is_down_is_a_failure(table: MakeTable) -> None:
    """Never "not found"; also when it is asked again at once."""
    opened = table(hosts=f"127.0.0.1:{free_port()}")
    for _ in range(2):
        with pytest.raises(TableFailure):
            opened.get("none")


def test_connections_that_the_server_ended_are_replaced(server: Any, table: MakeTable) -> None:
    """Without a failure."""
    opened = table()
    assert opened.get("k") == "v1,v2"
    if server.kind == "mysql":
        server.execute(
            "SELECT GROUP_CONCAT(CONCAT('KILL ', id) SEPARATOR ';') INTO @k "
            "FROM information_schema.processlist WHERE user = 'app';"
            "EXECUTE IMMEDIATE @k"
        )
    else:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'mail'"
        )
    assert opened.get("k") == "v1,v2"


def test_a_silent_server_is_a_failure_in_time(
    table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection and says nothing."""
    monkeypatch.setattr(sql_server, "CONNECT_LIMIT", 0.2)
    monkeypatch.setattr(sql_server, "TIME_LIMIT", 0.2)
    monkeypatch.setattr("pyfixcli.maps.pgsql.CONNECT_LIMIT", 0.2)
    monkeypatch.setattr("pyfixcli.maps.mysql.CONNECT_LIMIT", 0.2)
    with TableServer(lambda request: SILENCE) as silent:
        opened = table(hosts=f"127.0.0.1:{silent.port}")
        began = time.monotonic()
        with pytest.raises(TableFailure):
            opened.get("k")
    assert time.monotonic() - began < 5


def test_the_limit_of_connections(server: Any, table: MakeTable) -> None:
    """Many lookups at once, in two tables with the same login: the server sees no more than LIMIT."""
    sleep = "SELECT SLEEP(0.1)" if server.kind == "mysql" else "SELECT 1 FROM pg_sleep(0.1)"
    tables = [table(query=f"{sleep}"), table(query=f"{sleep} -- again")]
    counting = table(
        hosts=f"inet:127.0.0.1:{server.port}",
        query="SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'"
        if server.kind == "mysql"
        else "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = 'mail'",
    )
    threads = [threading.Thread(target=tables[n % 2].get, args=(f"k{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    counts = [int(counting.get("x") or 0) for _ in range(5)]
    for thread in threads:
        thread.join(20)
    assert max(counts) <= connection_pool.LIMIT + 1
