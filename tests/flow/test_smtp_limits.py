"""S19 and others against a real daemon: clients that dawdle, flood, come too often or go away."""

from __future__ import annotations

import os
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.instance import HERE, Instance, wait_for
from tests.support.table_server import TableServer

Make = Callable[..., Instance]


class Talk:
    """A raw connection."""

    def __init__(self, instance: Instance, timeout: float = 20.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", instance.port), timeout)

    def say(self, octets: bytes) -> bytes:
        """Send; whatever comes next."""
        self.socket.sendall(octets)
        return self.socket.recv(65536)

    def rest(self) -> bytes:
        """Everything until the server hangs up."""
        found = b""
        try:
            while data := self.socket.recv(65536):
                found += data
        except ConnectionResetError:
            pass
        return found

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(20)
        return False


def test_s19_a_client_that_sends_an_octet_at_a_time_is_cut_off(make_instance: Make) -> None:
    """The time limit is for the whole command, not for each octet."""
    instance = make_instance("smtpd_timeout = 1s")
    instance.start()
    talk = Talk(instance)
    talk.socket.recv(1000)
    began = time.monotonic()
    talk.socket.sendall(b"N")
    while talk.is_silent(0.1):
        talk.socket.sendall(b"O")
        assert time.monotonic() - began < 10
    wait_for(lambda: f"timeout after CONNECT from {HERE}" in instance.log_text())


def test_with_smtpd_per_request_deadline_off_each_piece_has_the_time(make_instance: Make) -> None:
    """As in the reference, where an administrator asks for it."""
    instance = make_instance("smtpd_timeout = 1s\nsmtpd_per_request_deadline = no")
    instance.start()
    talk = Talk(instance)
    talk.socket.recv(1000)
    began = time.monotonic()
    while time.monotonic() - began < 2.5:
        talk.socket.sendall(b" ")
        assert talk.is_silent(0.2)
    assert talk.say(b"NOOP\r\n") == b"250 2.0.0 Ok\r\n"


def test_s19_a_silent_client_is_cut_off(make_instance: Make) -> None:
    """smtpd_timeout."""
    instance = make_instance("smtpd_timeout = 1s")
    instance.start()
    assert (
        Talk(instance).rest().endswith(b"421 4.4.2 mail.example.test Error: timeout exceeded\r\n")
    )


def memory(pid: int) -> int:
    """Resident KiB of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def test_s19_floods_take_no_memory(make_instance: Make) -> None:
    """A line without end, then content without end beyond message_size_limit."""
    instance = make_instance("edge_processes = 1\nmessage_size_limit = 100000")
    instance.start()
    (pid,) = instance.pids("edge")
    talk = Talk(instance)
    talk.socket.recv(1000)
    before = memory(pid)
    for _ in range(500):
        talk.socket.sendall(b"x" * 65536)
    talk.say(b"\r\n")
    for line in (b"HELO x\r\n", b"MAIL FROM:<a@x.test>\r\n", b"RCPT TO:<postmaster@localhost>\r\n"):
        talk.say(line)
    assert talk.say(b"DATA\r\n").startswith(b"354")
    for _ in range(500):
        talk.socket.sendall(b"x" * 65536)
    assert talk.say(b"\r\n.\r\n") == b"552 5.3.4 Error: message file too big\r\n"
    assert memory(pid) - before < 16 * 1024


def test_s19_replies_that_are_not_read_take_no_memory(make_instance: Make) -> None:
    """A client that talks and never listens is not read from any longer."""
    instance = make_instance("smtpd_junk_command_limit = 10000000\nedge_processes = 1")
    instance.start()
    (pid,) = instance.pids("edge")
    talk = Talk(instance, 1.0)
    talk.say(b"EHLO x\r\n")
    before = memory(pid)
    try:
        for _ in range(2000):
            talk.socket.sendall(b"RSET\r\n" * 1000)
    except TimeoutError:
        pass
    assert memory(pid) - before < 16 * 1024


def test_sessions_of_a_service_are_limited(make_instance: Make) -> None:
    """maxproc of master.cf, over all processes; who comes too soon waits without a greeting."""
    instance = make_instance("default_process_limit = 2")
    instance.start()
    first, second = Talk(instance), Talk(instance)
    assert first.socket.recv(3) == second.socket.recv(3) == b"220"
    third = Talk(instance)
    assert third.is_silent(0.3)
    first.say(b"QUIT\r\n")
    first.socket.close()
    assert third.socket.recv(3) == b"220"
    wait_for(lambda: 'has reached its process limit "2"' in instance.log_text())


def test_connections_of_a_client_are_limited(make_instance: Make) -> None:
    """smtpd_client_connection_count_limit, over all processes."""
    instance = make_instance(
        "smtpd_client_connection_count_limit = 2\nsmtpd_client_event_limit_exceptions ="
    )
    instance.start()
    first, second = Talk(instance), Talk(instance)
    assert first.socket.recv(3) == second.socket.recv(3) == b"220"
    assert Talk(instance).rest() == (
        b"421 4.7.0 mail.example.test Error: too many connections from 127.0.0.1\r\n"
    )


def test_a_message_that_breaks_off_is_not_queued(make_instance: Make) -> None:
    """Nothing of it stays, however large it was."""
    instance = make_instance()
    instance.start()
    talk = Talk(instance)
    for line in (
        b"",
        b"HELO x\r\n",
        b"MAIL FROM:<a@x.test>\r\n",
        b"RCPT TO:<postmaster@localhost>\r\n",
    ):
        talk.say(line)
    talk.say(b"DATA\r\n")
    talk.socket.sendall(b"x" * 100000)
    talk.socket.close()
    wait_for(lambda: "lost connection after DATA" in instance.log_text())
    assert instance.queue_entries() == []
    assert list((instance.queue / "content").iterdir()) == []


def test_a_reload_lets_a_message_finish(make_instance: Make) -> None:
    """The old process serves its session to the end of the mail."""
    instance = make_instance()
    instance.start()
    talk = Talk(instance)
    for line in (b"", b"HELO x\r\n", b"MAIL FROM:<a@x.test>\r\n"):
        talk.say(line)
    talk.say(f"RCPT TO:<{instance.user}@localhost>\r\n".encode())
    assert instance.run("postfix", "reload").returncode == 0
    assert talk.say(b"DATA\r\n").startswith(b"354")
    assert talk.say(b"Subject: n1\r\n\r\nx\r\n.\r\n").startswith(b"250 2.0.0 Ok: queued as ")
    wait_for(lambda: instance.delivered())


def test_a_reload_lets_go_of_quiet_clients(make_instance: Make) -> None:
    """With a reply that makes them come back."""
    instance = make_instance()
    instance.start()
    talk = Talk(instance)
    talk.socket.recv(1000)
    assert instance.run("postfix", "reload").returncode == 0
    assert talk.rest().startswith(b"421 4.3.2 mail.example.test ")


def test_a_bad_parameter_breaks_only_its_service(make_instance: Make) -> None:
    """As in the reference: the log says what is wrong, local submission goes on."""
    instance = make_instance("smtpd_recipient_limit = many")
    instance.start()
    assert Talk(instance).rest() == b""
    wait_for(
        lambda: (
            "fatal: bad numerical configuration: smtpd_recipient_limit = many"
            in instance.log_text()
        )
    )
    assert instance.submit(instance.user) == 0
    wait_for(lambda: instance.delivered())


def test_s19_clients_that_wait_for_a_place_do_not_use_up_the_descriptors(
    make_instance: Make,
) -> None:
    """More of them than most systems give to a process by default; commands of deliveries get the default."""
    usual, waiting = 1024, 1100
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < 3 * usual:
        pytest.skip("not enough descriptors")
    parameters = ("edge_processes = 1", "default_transport = retry:4.3.0 later")
    patience = "smtpd_timeout = 300s"  # by default 10 s for who comes when all places are taken
    instance = make_instance("\n".join((*parameters, patience)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (usual, before[1]))
    try:
        instance.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    clients = []
    try:
        for _ in range(waiting):
            clients.append(socket.create_connection(("127.0.0.1", instance.port)))
        wait_for(lambda: open_sockets(instance) == waiting)
        assert instance.submit("x@else.test", text="Subject: x\n\n" + "x" * 70000 + "\n") == 0
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    limits = Path(f"/proc/{instance.pids('local')[0]}/limits").read_text()
    assert limits.partition("Max open files")[2].split()[0] == str(usual)


def open_sockets(instance: Instance) -> int:
    """How many connections of clients the SMTP server has."""
    (edge,) = instance.pids("edge")
    port = f":{instance.port:04X}"
    links = [os.readlink(each) for each in Path(f"/proc/{edge}/fd").iterdir()]
    found = 0
    for line in Path("/proc/net/tcp").read_text().split("\n")[1:]:
        words = line.split()
        if words and words[1].endswith(port) and words[3] != "0A":
            found += f"socket:[{words[9]}]" in links
    return found


def test_clients_that_leave_before_they_are_known_do_not_count_for_ever(
    make_instance: Make,
) -> None:
    """They hang up while a table that says which limits they have is still asked."""
    many, asked, go_on = 8, threading.Event(), threading.Event()

    def answer(request: bytes) -> bytes:
        asked.set()
        go_on.wait(20)
        return b"500 not found\n"

    with TableServer(answer) as tables:
        instance = make_instance(
            "edge_processes = 1\nsmtpd_client_connection_count_limit = 3\n"
            f"smtpd_client_event_limit_exceptions = tcp:127.0.0.1:{tables.port}"
        )
        instance.start()
        clients = [socket.create_connection(("127.0.0.1", instance.port)) for _ in range(many)]
        assert asked.wait(20)
        wait_for(lambda: instance.log_text().count("connect from") >= many)
        for client in clients:  # with a reset
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        wait_for(lambda: open_sockets(instance) == 0)
        go_on.set()
        wait_for(lambda: instance.log_text().count("disconnect from") >= many)
        assert Talk(instance).socket.recv(1000).startswith(b"220 ")
