"""S16, S38, S39: the sockets that every user reaches, under fire from one without rights."""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.base.sysexits import EX_USAGE
from pyfixcli.mail import submission
from pyfixcli.mail.envelope import FLAG_NOTICE, FLAG_PROBE, FLAG_TRACE
from tests.support.instance import ROOT, Instance, wait_for
from tests.support.system import USER, SystemInstance, group_of

Make = Callable[..., Instance]
MakeSystem = Callable[..., SystemInstance]
STREAMS = ("submit", "showq", "flush", "pickup", "qmgr")
GROWTH = 12 << 20  # octets of private memory that all processes may take more than before

FUZZER = """
import sys
sys.path[:0] = [sys.argv[1]]
from tests.security.test_s38_s39_sockets import fire
fire(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
"""


def envelope(*items: tuple[str, str]) -> bytes:
    """An envelope frame."""
    return submission.pack_frame(submission.ENVELOPE, submission.pack_envelope(list(items)))


def submit_raw(queue: Path, octets: bytes, timeout: float = 20.0) -> tuple[int, str]:
    """Send a submission as it is; exit status and text of the answer, or -1."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(str(queue / "public" / "submit"))
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        frames = submission.FrameReader()
        while data := connection.recv(65536):
            frames.receive(data)
    while (found := frames.next_frame()) is not None:
        if found[0] == submission.REPLY:
            status, _, text = submission.unpack_reply(found[1])
            return status, text
    return -1, ""


def fire(public: str, seed: int, shots: int) -> None:
    """Random frames, cut frames, huge lengths and early ends; runs as a user without rights."""
    chance = random.Random(seed)
    kinds = (submission.ENVELOPE, submission.CONTENT, submission.END, ord("Q"), ord("F"), 0, 255)
    for _ in range(shots):
        name = chance.choice(STREAMS)
        frames = b""
        if name == "submit" and chance.random() < 0.5:
            frames = envelope(("sender", "a"), ("recipient", "b"))
        for _ in range(chance.randrange(4)):
            size = chance.choice((0, 1, 5, 4096, 65536, 65537, 1 << 31, 0xFFFFFFFF))
            body = chance.randbytes(min(size, chance.choice((0, 3, 70000))))
            frames += struct.pack(">BI", chance.choice(kinds), size) + body
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            try:
                connection.connect(f"{public}/{name}")
                connection.sendall(frames)
                if chance.random() < 0.7:
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
            except OSError:
                continue


def private_memory(instance: Instance) -> dict[int, int]:
    """Private octets of each process."""
    rows = json.loads(instance.run("pyfix", "status", "--json").stdout)
    return {row["pid"]: row["private"] for row in rows}


def shoot(instance: SystemInstance, seed: int, shots: int) -> None:
    """A round of fuzzing as USER."""
    words = [sys.executable, "-c", FUZZER, str(ROOT), str(instance.queue / "public")]
    done = subprocess.run(
        [*words, str(seed), str(shots)],
        user=USER,
        group=group_of(USER),
        extra_groups=[],
        capture_output=True,
        cwd="/",
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def reachable() -> bool:
    """Whether USER can read this checkout and its interpreter."""
    words = ["test", "-r", str(ROOT / "pyfixcli" / "__init__.py"), "-a", "-x", sys.executable]
    return subprocess.run(words, user=USER, group=group_of(USER)).returncode == 0


def test_s39_a_user_without_rights_cannot_end_or_fill_the_daemon(make_system: MakeSystem) -> None:
    """Hundreds of hostile connections: every process lives on with the memory that it had."""
    instance = make_system("default_transport = discard:")
    instance.start()
    if not reachable():
        pytest.skip(f"{USER} cannot read this checkout")
    shoot(instance, 1, 200)
    before = private_memory(instance)
    for seed in (2, 3):
        shoot(instance, seed, 300)
    after = private_memory(instance)
    assert set(after) == set(before)
    assert sum(after.values()) - sum(before.values()) < GROWTH
    assert "panic" not in instance.log_text()
    assert instance.run("sendmail", "x@else.test", data=b"x\n", user=USER).returncode == 0
    wait_for(lambda: "to=<x@else.test>" in instance.log_text())


def test_s39_only_the_public_sockets_are_reachable(make_system: MakeSystem) -> None:
    """The others lie in a directory that users cannot enter."""
    instance = make_system()
    instance.start()
    code = (
        "import os, socket, sys\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        socket.socket(socket.AF_UNIX).connect(path)\n"
        "    except PermissionError:\n"
        "        continue\n"
        "    sys.exit(path)\n"
    )
    names = [str(instance.queue / "private" / name) for name in ("store", "agents", "master")]
    done = subprocess.run(
        ["/usr/bin/python3", "-c", code, *names], user=USER, group=group_of(USER), extra_groups=[]
    )
    assert done.returncode == 0
    found = {path.name for path in (instance.queue / "public").iterdir()}
    assert found == {*STREAMS, "postlog"}


def test_s39_one_user_gets_a_bounded_number_of_connections(make_instance: Make) -> None:
    """More are answered with a temporary failure (root and mail_owner are not held to it)."""
    if os.geteuid() == 0:
        pytest.skip("root is not limited")
    instance = make_instance("edge_processes = 1")
    instance.start()
    path = str(instance.queue / "public" / "submit")
    idle = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(60)]
    for connection in idle:
        connection.connect(path)
    status, text = submit_raw(instance.queue, envelope(("sender", "a"), ("recipient", "b")))
    for connection in idle:
        connection.close()
    assert (status, text) == (75, "too many simultaneous submissions")


HOLD = """
import os, socket, sys
held = []
for _ in range(int(sys.argv[2])):
    held.append(socket.socket(socket.AF_UNIX))
    held[-1].connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_s39_one_user_does_not_keep_others_from_the_listing(make_system: MakeSystem) -> None:
    """Whoever holds many connections is alone with that limit."""
    instance = make_system()
    instance.start()
    path = str(instance.queue / "public" / "showq")
    words = ["/usr/bin/python3", "-c", HOLD, path, "250"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    group = group_of(USER)
    with subprocess.Popen(words, user=USER, group=group, extra_groups=[], **pipes) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for user in ("root", "daemon"):
            done = instance.run("mailq", user=user)
            assert (done.returncode, done.stdout) == (0, b"Mail queue is empty\n"), user
        assert instance.run("mailq", user=USER).returncode != 0
        holder.stdin.close()


@pytest.mark.parametrize("flag", [FLAG_PROBE, FLAG_NOTICE, FLAG_PROBE | FLAG_TRACE, 1 << 20, 1, 2])
def test_s16_flags_of_the_daemon_are_refused(make_instance: Make, flag: int) -> None:
    """Through the socket and through the maildrop: no user makes a probe or a notice."""
    instance = make_instance()
    instance.start()
    stream = (
        envelope(("sender", "a"), ("recipient", "b"), ("flags", str(flag)))
        + submission.pack_frame(submission.CONTENT, b"x\n")
        + submission.pack_frame(submission.END, b"")
    )
    status, _ = submit_raw(instance.queue, stream)
    assert status == 65
    path = instance.queue / "maildrop" / "PROBE"
    path.write_bytes(stream)
    path.chmod(0o744)
    instance.run("postkick", "public", "pickup", "W")
    wait_for(lambda: not path.exists())
    wait_for(lambda: "flags that only the mail system may set" in instance.log_text())
    assert "status=" not in instance.log_text()


@pytest.mark.parametrize(
    "items",
    [
        b"uid=0\0",
        b"queue_id=x\0",
        b"sender=a\0client_name=x\0",
        b"flags=x\0",
        b"time=inf\0",
        b"time=nan\0",
        b"time=-1e300\0",
    ],
)
def test_s16_items_that_no_user_may_set_are_refused(make_instance: Make, items: bytes) -> None:
    """An unknown item or a number that is none ends the submission."""
    instance = make_instance()
    instance.start()
    stream = (
        submission.pack_frame(submission.ENVELOPE, items + b"recipient=b\0")
        + submission.pack_frame(submission.CONTENT, b"x\n")
        + submission.pack_frame(submission.END, b"")
    )
    status, _ = submit_raw(instance.queue, stream)
    assert status in (-1, 65)
    assert instance.submit(instance.user) == 0
    wait_for(lambda: len(instance.delivered()) == 1)


STAMP = b"Nov 24 04:09:03 mail postfix/x[1]: "
DATAGRAMS = (
    b"",
    b"\0" * 65000,
    STAMP,
    STAMP + b"y" * 64000,
    STAMP + b"a\nNov 24 04:09:03 mail postfix/smtpd[1]: forged\n",
    STAMP + b"a\r\nforged",
    STAMP + b"\0\0a\0b",
    STAMP + b"\x1b]0;title\x07",
    STAMP + b"\xff\xfe\x85\xe2\x80\xa8",
    b"\n" * 1000,
    b"%s%n%x" * 100,
    random.Random(1).randbytes(65000),
)


def test_s38_any_datagram_becomes_at_most_one_bounded_line(make_system: MakeSystem) -> None:
    """64 kB, NULs, line breaks, escapes, sent by a user without rights; the log and the daemon stand."""
    instance = make_system()
    instance.start()
    before = private_memory(instance)
    lines = instance.log.read_bytes().count(b"\n")
    code = (
        "import ast, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(sys.argv[1])\n"
        "for data in ast.literal_eval(sys.stdin.read()):\n"
        "    s.send(data)\n"
    )
    subprocess.run(
        ["/usr/bin/python3", "-c", code, str(instance.queue / "public" / "postlog")],
        input=repr(DATAGRAMS).encode(),
        check=True,
        user=USER,
        group=group_of(USER),
        extra_groups=[],
    )
    instance.run("postlog", "the end")
    wait_for(lambda: "the end" in instance.log_text())
    log = instance.log.read_bytes()
    assert b"\0" not in log and b"\x1b" not in log and b"\r" not in log
    assert log.count(b"\n") - lines <= len(DATAGRAMS) + 2
    assert max(map(len, log.split(b"\n"))) <= 4096
    assert all(b"]: a?" in line for line in log.split(b"\n") if b"forged" in line)
    assert set(private_memory(instance)) == set(before)


@pytest.mark.parametrize("name", [b"A" * 600, b"\xff\xfe\0", b""])
def test_s39_what_cannot_be_a_queue_id_is_not_looked_for(make_instance: Make, name: bytes) -> None:
    """Any user may ask for a message to be tried; the queue process has nothing to say about names that are none."""
    instance = make_instance()
    instance.start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        connection.connect(str(instance.queue / "public" / "flush"))
        connection.sendall(submission.pack_frame(ord("F"), b"id " + name))
        frames = submission.FrameReader()
        while data := connection.recv(65536):
            frames.receive(data)
    found = frames.next_frame()
    assert found is not None
    assert submission.unpack_reply(found[1])[0] == EX_USAGE
    assert "panic" not in instance.log_text()
