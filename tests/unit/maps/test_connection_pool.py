"""Pools of connections: hosts that fail, connections that were lost, and the limit."""

from __future__ import annotations

import threading
import time

import pytest

from pyfixcli.maps import connection_pool
from pyfixcli.maps.connection_pool import ConnectionPool, Exhausted, Host, Refused


class Server:
    """What stands behind a pool: says which host was asked; ``down`` hosts take no connection."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.made: list[str] = []
        self.closed: list[str] = []

    def connect(self, host: str, deadline: float) -> list[str]:
        """A connection is a list with the host's name."""
        if host in self.down:
            raise Refused(f"connect {host}")
        self.made.append(host)
        return [host]

    def pool(self, *names: str, limit: int = 4) -> ConnectionPool[list[str]]:
        """A pool of hosts; a name in capitals is on this machine."""
        hosts = [Host[list[str]](name, name.isupper()) for name in names]
        return ConnectionPool(hosts, self.connect, lambda c: self.closed.append(c[0]), limit)


def soon() -> float:
    """A deadline that a test does not reach."""
    return time.monotonic() + 10


def say(connection: list[str]) -> str:
    """The answer of a host."""
    return connection[0]


def lose(connection: list[str]) -> str:
    """A question in which the connection is lost."""
    raise Refused(f"lost {connection[0]}")


def test_one_connection_serves_questions_one_after_another() -> None:
    """It is kept."""
    server = Server()
    pool = server.pool("a")
    assert [pool.ask(say, soon()) for _ in range(3)] == ["a"] * 3
    assert server.made == ["a"]


def test_hosts_on_this_machine_come_first() -> None:
    """The others are asked when they are down."""
    server = Server()
    pool = server.pool("b", "A", "c")
    assert pool.ask(say, soon()) == "A"
    pool.close()
    server.down = {"A"}
    assert pool.ask(say, soon()) in "bc"


def test_a_host_that_failed_is_left_alone() -> None:
    """While another one answers."""
    server = Server()
    pool = server.pool("A", "b")
    server.down = {"A"}
    pool.ask(say, soon())
    server.down = set()
    assert pool.ask(say, soon()) == "b"


def test_when_all_failed_they_are_soon_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After RETRY; until then lookups fail at once."""
    server = Server()
    pool = server.pool("a")
    server.down = {"a"}
    with pytest.raises(Exhausted, match="connect a"):
        pool.ask(say, soon())
    with pytest.raises(Exhausted, match="no database server is left"):
        pool.ask(say, soon())
    monkeypatch.setattr(connection_pool, "RETRY", 0.0)
    server.down = set()
    assert pool.ask(say, soon()) == "a"


def test_a_kept_connection_that_was_lost_is_replaced() -> None:
    """Without a failure: servers close idle connections."""
    server = Server()
    pool = server.pool("a")
    pool.ask(say, soon())
    questions = [lose, say]
    assert pool.ask(lambda connection: questions.pop(0)(connection), soon()) == "a"
    assert (server.made, server.closed) == (["a", "a"], ["a"])


def test_a_refused_question_keeps_connection_and_host() -> None:
    """A wrong query is no reason to hang up."""
    server = Server()
    pool = server.pool("a")

    def refuse(connection: list[str]) -> str:
        raise Refused("syntax", is_lost=False)

    with pytest.raises(Exhausted, match="syntax"):
        pool.ask(refuse, soon())
    assert pool.ask(say, soon()) == "a"
    assert (server.made, server.closed) == (["a"], [])


def test_an_unexpected_error_closes_the_connection() -> None:
    """Nobody knows what it would answer next; and its place is free again."""
    server = Server()
    pool = server.pool("a", limit=1)
    with pytest.raises(ZeroDivisionError):
        pool.ask(lambda connection: str(1 // 0), soon())
    assert server.closed == ["a"]
    assert pool.ask(say, soon()) == "a"


def test_connections_that_were_not_used_for_long_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next question takes a new one."""
    server = Server()
    pool = server.pool("a")
    pool.ask(say, soon())
    monkeypatch.setattr(connection_pool, "IDLE", -1.0)
    pool.ask(say, soon())
    assert (server.made, server.closed) == (["a", "a"], ["a"])


def test_no_more_connections_than_the_limit() -> None:
    """Who comes then waits, and fails at its deadline."""
    server = Server()
    pool = server.pool("a", limit=1)
    entered, leave = threading.Event(), threading.Event()

    def occupy(connection: list[str]) -> bool:
        entered.set()
        return leave.wait(10)

    thread = threading.Thread(target=pool.ask, args=(occupy, soon()))
    thread.start()
    assert entered.wait(10)
    with pytest.raises(Exhausted, match="too many lookups"):
        pool.ask(say, time.monotonic() + 0.05)
    leave.set()
    thread.join(10)
    assert pool.ask(say, soon()) == "a"
    assert server.made == ["a"]
