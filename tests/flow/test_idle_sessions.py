"""Very many clients that say nothing: each costs little, and mail is accepted meanwhile."""

from __future__ import annotations

import resource
import smtplib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance, wait_for

Make = Callable[..., Instance]
SESSIONS = 2000
MOST_KIB = 60  # of private memory, for each
NEEDED = SESSIONS + 200  # descriptors


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Enough of them, here and in the daemon, which inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < NEEDED:
        pytest.skip(f"needs {NEEDED} descriptors, the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, NEEDED), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def private_memory(instance: Instance) -> int:
    """KiB that the edge processes share with nobody."""
    total = 0
    for pid in instance.pids("edge"):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return total


@pytest.mark.usefixtures("descriptors")
def test_two_thousand_idle_sessions(make_instance: Make) -> None:
    """They are greeted, they stay, and a message comes in beside them."""
    instance = make_instance(
        f"default_process_limit = {SESSIONS + 100}\nsmtpd_client_connection_count_limit = 0"
    )
    instance.start()
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.noop()
    before = private_memory(instance)
    idle = [socket.create_connection(("127.0.0.1", instance.port), 60) for _ in range(SESSIONS)]
    assert all(connection.recv(512).startswith(b"220 ") for connection in idle)
    assert (private_memory(instance) - before) / SESSIONS < MOST_KIB
    with smtplib.SMTP("127.0.0.1", instance.port, timeout=20) as client:
        client.sendmail("a@else.test", [f"{instance.user}@localhost"], "Subject: m1\n\nx\n")
    wait_for(instance.delivered)
    for connection in idle:
        connection.settimeout(20)
        connection.sendall(b"NOOP\r\n")
        assert connection.recv(512).startswith(b"250 ")
        connection.close()
