"""A root-less instance of Pyfix in a directory of its own, driven through its commands."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from pyfixcli.config.own_instance import MASTER

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "bin"


class Instance:
    """Start it, use its commands, stop it; the daemon is only ever ended by its pid."""

    def __init__(self, directory: Path, settings: str = "") -> None:
        self.directory = directory
        self.config = directory / "etc"
        self.queue = directory / "queue"
        self.mail = directory / "mail"
        self.log = directory / "maillog"
        self.user = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
        group = subprocess.run(["id", "-gn"], capture_output=True, text=True).stdout.strip()
        self.config.mkdir(parents=True)
        self.mail.mkdir(mode=0o700)
        own = (
            "compatibility_level = 3.7\n"
            f"queue_directory = {self.queue}\ndata_directory = {directory}/data\n"
            f"mail_owner = {self.user}\nsetgid_group = {group}\n"
            f"maillog_file = {self.log}\nmaillog_file_prefixes = {directory}\n"
            "myhostname = mail.example.test\nmydestination = $myhostname, localhost\n"
            "inet_interfaces = 127.0.0.1\nalias_maps =\nalias_database =\n"
            f"mail_spool_directory = {self.mail}/\ndefault_transport = discard:\n"
        )
        (self.config / "main.cf").write_text(f"{without(own, settings)}{settings}\n")
        self.port = free_port()
        (self.config / "master.cf").write_text(MASTER.format(smtp=f"127.0.0.1:{self.port}"))

    def configure(self, settings: str) -> None:
        """Set these parameters in main.cf, instead of what is there."""
        path = self.config / "main.cf"
        path.write_text(f"{without(path.read_text(), settings)}{settings.rstrip()}\n")

    def run(
        self, command: str, *arguments: str, data: bytes = b"", timeout: float = 30
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one of the commands against this instance."""
        environment = {**os.environ, "MAIL_CONFIG": str(self.config)}
        return subprocess.run(
            [str(BIN / command), *arguments],
            input=data,
            capture_output=True,
            env=environment,
            timeout=timeout,
        )

    def start(self) -> None:
        """Start the daemon."""
        done = self.run("postfix", "start")
        assert done.returncode == 0, self.log_text()

    def stop(self) -> None:
        """Stop it if it runs."""
        self.run("postfix", "stop")

    def submit(self, *arguments: str, text: str = "Subject: test\n\nbody\n") -> int:
        """Hand a message to sendmail; its exit status."""
        return self.run("sendmail", *arguments, data=text.encode()).returncode

    def log_text(self) -> str:
        """The mail log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def queue_entries(self) -> list[dict[str, object]]:
        """What postqueue -j lists."""
        done = self.run("postqueue", "-j")
        return [json.loads(line) for line in done.stdout.decode().split("\n") if line]

    def is_queue_empty(self) -> bool:
        """Whether the mail system says that nothing is queued."""
        done = self.run("postqueue", "-j")
        return done.returncode == 0 and not done.stdout

    def delivered(self) -> list[bytes]:
        """Every message in the user's Maildir."""
        new = self.mail / self.user / "new"
        return [path.read_bytes() for path in sorted(new.iterdir())] if new.exists() else []

    def pids(self, *roles: str) -> list[int]:
        """Pids of the processes with these roles, in the order of the roles."""
        done = self.run("pyfix", "status", "--json")
        found = {p["pid"]: p["role"] for p in json.loads(done.stdout or b"[]")}
        return sorted((p for p in found if found[p] in roles), key=lambda p: roles.index(found[p]))

    def roles(self) -> list[str]:
        """The role of each process that runs."""
        done = self.run("pyfix", "status", "--json")
        return [str(p["role"]) for p in json.loads(done.stdout or b"[]")]

    def kill(self, *roles: str) -> int:
        """SIGKILL every process of these roles; how many there were."""
        killed = 0
        for pid in self.pids(*roles):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        return killed


def without(lines: str, settings: str) -> str:
    """The lines of main.cf whose parameters ``settings`` do not set: commands warn of what is set twice."""
    names = {line.partition("=")[0].strip() for line in settings.split("\n")}
    kept = [line for line in lines.splitlines() if line.partition("=")[0].strip() not in names]
    return "".join(f"{line}\n" for line in kept)


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    """Return once the condition holds; AssertionError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def own_name() -> str:
    """What this machine calls 127.0.0.1 (a bare root has no /etc/hosts): as smtpd names such a client."""
    try:
        return socket.gethostbyaddr("127.0.0.1")[0]
    except OSError:
        return "unknown"


HERE = f"{own_name()}[127.0.0.1]"  # a client on this machine, as logs and headers show it
