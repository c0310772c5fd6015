"""The two mail systems of a comparison: private instances with the same configuration, on the same disk."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from pyfixcli.config.own_instance import MASTER
from tests.support.instance import ROOT, free_port, wait_for

OWNER, GROUP = "postfix", "postdrop"
SBIN = Path("/usr/sbin")
PROGRAMS = ("smtp-source", "smtp-sink", "postfix", "postmap")


def missing() -> str:
    """What keeps a comparison from running, or nothing."""
    if os.geteuid() != 0:
        return "needs root: mail systems that drop their rights"
    lacking = [name for name in PROGRAMS if not (SBIN / name).exists()]
    if lacking:
        return f"{', '.join(lacking)} missing: apt-get install postfix postfix-lmdb"
    return ""


class System:
    """One instance: start it, drive it through its port and its commands, stop it."""

    name = ""

    def __init__(self, directory: Path, settings: str) -> None:
        self.directory = directory
        self.config = directory / "etc"
        self.queue = directory / "queue"
        self.log = directory / "maillog"
        self.port = free_port()
        self.config.mkdir(parents=True)
        (directory / "data").mkdir()
        shutil.chown(directory / "data", OWNER, GROUP)
        (directory / "mail").mkdir()
        (directory / "mail").chmod(0o1777)
        self.queue.mkdir()
        (self.config / "main.cf").write_text(
            "compatibility_level = 3.6\n"
            f"queue_directory = {self.queue}\ndata_directory = {directory}/data\n"
            f"mail_owner = {OWNER}\nsetgid_group = {GROUP}\n"
            f"maillog_file = {self.log}\nmaillog_file_prefixes = {directory}\n"
            "myhostname = mail.example.test\nmydestination = $myhostname, localhost\n"
            "inet_interfaces = 127.0.0.1\nmynetworks = 127.0.0.0/8\n"
            "alias_maps =\nalias_database =\nbiff = no\nenable_long_queue_ids = yes\n"
            f"mail_spool_directory = {directory}/mail/\n{settings}\n"
        )
        (self.config / "master.cf").write_text(MASTER.format(smtp=f"127.0.0.1:{self.port}"))

    def command(self, name: str) -> str:
        """The path of a command."""
        raise NotImplementedError

    def run(
        self, name: str, *arguments: str, timeout: float = 900
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command against this instance."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": str(self.config)}
        return subprocess.run(
            [self.command(name), *arguments], capture_output=True, env=environment, timeout=timeout
        )

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        done = self.run("postfix", "-c", str(self.config), "start", timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        wait_for(lambda: b"daemon started" in self.log.read_bytes() if self.log.exists() else False)

    def stop(self) -> None:
        """Stop it if it runs."""
        self.run("postfix", "-c", str(self.config), "stop", timeout=120)

    def queued(self) -> int:
        """How many messages are in the queue."""
        done = self.run("postqueue", "-c", str(self.config), "-j")
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.count(b"\n")

    def roles(self) -> dict[int, str]:
        """pid -> what the process does, for all processes of the instance."""
        raise NotImplementedError


def descendants(root: int) -> list[int]:
    """The pids of a process and of all that it started, directly or not."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                fields = (path / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue  # it ended meanwhile
            children.setdefault(int(fields[1]), []).append(int(path.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


class Postfix(System):
    """The installed Postfix."""

    name = "Postfix"

    def command(self, name: str) -> str:
        found = shutil.which(name, path="/usr/sbin:/usr/bin")
        assert found is not None, name
        return found

    def roles(self) -> dict[int, str]:
        master = int((self.queue / "pid" / "master.pid").read_text())
        found = {}
        for pid in descendants(master):
            try:
                found[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
            except OSError:
                continue
        return found


class Pyfix(System):
    """This checkout, with launchers made by ``pyfix setup``."""

    name = "Pyfix"

    def __init__(self, directory: Path, settings: str, commands: Path) -> None:
        self._commands = commands
        super().__init__(directory, f"{settings}\ncommand_directory = {commands}")

    def command(self, name: str) -> str:
        return str(self._commands / name)

    def roles(self) -> dict[int, str]:
        done = self.run("pyfix", "status", "--json", timeout=30)
        return {p["pid"]: str(p["role"]) for p in json.loads(done.stdout or b"[]")}


def install(directory: Path) -> Path:
    """Launchers of this checkout's commands; where they lie."""
    commands = directory / "bin"
    setup = [str(ROOT / "bin" / "pyfix"), "setup", "--bindir", str(commands), "--group", GROUP]
    subprocess.run(setup, check=True, stdout=subprocess.DEVNULL)
    return commands


def user() -> str:
    """A local account whose mailbox the Maildir row delivers to."""
    return pwd.getpwnam("nobody").pw_name
