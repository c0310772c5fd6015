"""Reloads that meet each other or fail: the mail system goes on, and the next one counts."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyfixcli.base import paths
from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
AT_ONCE = 6


def test_reloads_at_the_same_moment_all_succeed(make_instance: Make) -> None:
    """Each is answered once workers that began after it serve; nothing of two generations is mixed up."""
    instance = make_instance("local_processes = 2")
    instance.start()
    roles = sorted(instance.roles())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda _: instance.run("postfix", "reload"), range(AT_ONCE)))
    assert [end.returncode for end in done] == [0] * AT_ONCE, instance.log_text()
    assert "is gone" not in instance.log_text()
    assert instance.submit(instance.user) == 0
    wait_for(lambda: len(instance.delivered()) == 1)
    # the store and the queue process stay the children of the first zygote
    wait_for(lambda: sorted(instance.roles()) == sorted([*roles, "zygote"]))


@pytest.mark.parametrize(
    "bad",
    [
        "maillog_file = /nonexistent/x\nmaillog_file_prefixes = /nonexistent",
        "local_processes = x",
    ],
)
def test_a_reload_that_failed_changes_nothing(make_instance: Make, bad: str) -> None:
    """However often; and what the queue process asks master for afterwards does not end it."""
    instance = make_instance()
    instance.start()
    good = (instance.config / "main.cf").read_text()
    instance.configure(bad)
    for _ in range(3):
        assert instance.run("postfix", "reload").returncode == 1
    assert ask_master(instance, b"workers local 5") == b"ok\n"
    wait_for(lambda: instance.roles().count("local") == 5)
    (instance.config / "main.cf").write_text(good)
    assert instance.run("postfix", "reload").returncode == 0
    assert instance.submit(instance.user) == 0
    wait_for(lambda: len(instance.delivered()) == 1)


@pytest.mark.parametrize("name", ["127.0.0.1:99999", "x" * 70 + ".example:2525"])
def test_an_address_that_is_none_fails_the_reload(make_instance: Make, name: str) -> None:
    """A port or host that cannot exist is an error of the configuration, not the end of master."""
    instance = make_instance()
    instance.start()
    with (instance.config / "master.cf").open("a") as stream:
        stream.write(f"{name} inet n - n - - smtpd\n")
    assert instance.run("postfix", "reload").returncode == 1
    assert "postfix/master" in instance.log_text() and "error: reload: " in instance.log_text()
    assert instance.submit(instance.user) == 0
    wait_for(lambda: len(instance.delivered()) == 1)


def test_a_service_that_delivery_processes_do_not_know_yet(make_instance: Make) -> None:
    """In a reload the scheduler may know it before them: mail for it is put off, and no process ends."""
    instance = make_instance("transport_maps = inline:{else.test=fresh:}")
    instance.start()
    with (instance.config / "master.cf").open("a") as stream:
        stream.write("fresh unix - n n - - pipe user=nobody directory=/ argv=/bin/true\n")
    for pid in instance.pids("queue"):
        os.kill(pid, signal.SIGHUP)
    # the scheduler reads it before it takes the next message up
    assert instance.submit("x@else.test") == 0
    wait_for(lambda: "status=deferred" in instance.log_text())
    assert "(mail transport unavailable)" in instance.log_text()
    assert "panic" not in instance.log_text() and "exit status" not in instance.log_text()
    assert instance.run("postfix", "reload").returncode == 0

    def is_delivered() -> bool:
        instance.run("postqueue", "-f")  # again: the processes are replaced one after the other
        return instance.is_queue_empty()

    wait_for(is_delivered)


def ask_master(instance: Instance, request: bytes) -> bytes:
    """An answer from the control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(os.path.join(instance.queue, paths.MASTER))
        connection.sendall(request)
        return connection.recv(100)
