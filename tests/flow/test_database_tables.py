"""Tables of databases in a running instance: answers, failures, and a server that says nothing."""

from __future__ import annotations

import smtplib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance, free_port
from tests.support.table_server import SILENCE, SocketmapServer, TableServer

Make = Callable[[str], Instance]


def settings_file(place: Path, name: str, **settings: object) -> Path:
    """A file that a table reads."""
    path = place / f"{name}.cf"
    path.write_text("".join(f"{setting} = {value}\n" for setting, value in settings.items()))
    return path


def recipients(instance: Instance, *addresses: str) -> list[int]:
    """The codes of the replies to RCPT."""
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.ehlo("client.example")
        client.mail("a@example.com")
        return [client.rcpt(address)[0] for address in addresses]


@pytest.fixture
def access(place: Path) -> str:
    """The name of a table of recipients: ``bad@`` is refused, ``good@`` accepted."""
    connection = sqlite3.connect(place / "db")
    connection.execute("CREATE TABLE a (k TEXT, v TEXT)")
    rows = [("bad@mail.example.test", "REJECT no"), ("good@mail.example.test", "OK")]
    connection.executemany("INSERT INTO a VALUES (?, ?)", rows)
    connection.commit()
    connection.close()
    query = "SELECT v FROM a WHERE k = '%s'"
    return f"sqlite:{settings_file(place, 'access', dbpath=place / 'db', query=query)}"


def test_access_by_a_database(make_instance: Make, access: str) -> None:
    """Also under the name that other systems need for sharing."""
    instance = make_instance(
        f"smtpd_recipient_restrictions = check_recipient_access proxy:{access}, reject\n"
        "local_recipient_maps ="
    )
    instance.start()
    addresses = [f"{user}@mail.example.test" for user in ("good", "bad", "other", "it's")]
    assert recipients(instance, *addresses) == [250, 554, 554, 554]


@pytest.mark.parametrize("kind", ["pgsql", "mysql", "ldap", "memcache"])
def test_a_database_that_is_down_is_no_answer(make_instance: Make, place: Path, kind: str) -> None:
    """The client shall come again."""
    port = free_port()
    path = settings_file(
        place,
        "down",
        hosts=f"127.0.0.1:{port}",
        server_host=f"ldap://127.0.0.1:{port}",
        memcache=f"inet:127.0.0.1:{port}",
        dbname="mail",
        user="app",
        query="SELECT '%s'",
        query_filter="(mail=%s)",
    )
    instance = make_instance(f"virtual_alias_maps = {kind}:{path}\nlocal_recipient_maps =")
    instance.start()
    assert recipients(instance, "good@mail.example.test") == [451]


def test_a_silent_database_holds_up_nobody_else(
    make_instance: Make, place: Path, access: str
) -> None:
    """While one client waits for it, others are served by the same process."""
    with TableServer(lambda request: SILENCE) as silent:
        path = settings_file(
            place, "silent", hosts=f"127.0.0.1:{silent.port}", dbname="mail", query="SELECT '%s'"
        )
        instance = make_instance(
            "local_recipient_maps =\nedge_processes = 1\n"
            "smtpd_recipient_restrictions ="
            f" check_recipient_access {access}, check_recipient_access pgsql:{path}, reject"
        )
        instance.start()
        with smtplib.SMTP("127.0.0.1", instance.port, timeout=60) as waiting:
            waiting.ehlo("client.example")
            waiting.mail("a@example.com")
            waiting.putcmd("RCPT", "TO:<other@mail.example.test>")
            assert recipients(instance, "good@mail.example.test") == [250]
            assert waiting.getreply()[0] == 451


def _answer(request: bytes) -> bytes:
    return b"OK OK" if request == b"m good@mail.example.test" else b"NOTFOUND "


@pytest.fixture
def shared(make_instance: Make) -> Iterator[tuple[Instance, SocketmapServer]]:
    """An instance whose processes ask one server for access, through ``proxy:``."""
    with SocketmapServer(_answer) as server:
        table = f"proxy:socketmap:inet:127.0.0.1:{server.port}:m"
        instance = make_instance(
            f"smtpd_recipient_restrictions = check_recipient_access {table}, reject\n"
            f"transport_maps = {table}-transport\nlocal_recipient_maps =\nedge_processes = 4"
        )
        instance.start()
        yield instance, server


def test_a_shared_table_has_one_connection(shared: tuple[Instance, SocketmapServer]) -> None:
    """However many processes ask, as long as they do so one after the other."""
    instance, server = shared
    addresses = ("good@mail.example.test", "other@mail.example.test")
    for _ in range(12):
        assert recipients(instance, *addresses) == [250, 554]
    assert server.requests.count(b"m good@mail.example.test") >= 12
    # one for each name, since a server may have the maps of one name only
    assert server.connections <= 2


def test_a_shared_table_outlives_the_process_that_has_it_open(
    shared: tuple[Instance, SocketmapServer],
) -> None:
    instance, _ = shared
    assert recipients(instance, "good@mail.example.test") == [250]
    assert instance.kill("queue") == 1
    assert recipients(instance, "good@mail.example.test") == [250]
