"""A system installation: launchers and the setgid postdrop made by ``pyfix setup``, run by root.

It lies where every user can reach it. mail_owner and setgid_group are accounts that any Debian has and
that own nothing else here, so the tests need no Postfix.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.instance import ROOT, Instance

OWNER = "news"
GROUP = "uucp"
USER = "nobody"
PLACE = Path("/opt")


def missing(*, compiler: bool = True) -> str:
    """What keeps these tests from running, or nothing."""
    if os.geteuid() != 0:
        return "needs root: a system installation"
    if compiler and shutil.which("cc") is None:
        return "needs a C compiler: apt-get install gcc libc6-dev"
    return ""


def install(directory: Path) -> Path:
    """Copy the product into ``directory`` and set it up; where the commands lie."""
    directory.mkdir(parents=True)
    for name in ("pyfixcli", "bin"):
        shutil.copytree(ROOT / name, directory / name)
    site = next(path for path in sys.path if path.endswith("site-packages"))
    shutil.copytree(site, directory / "site", ignore=_not_needed)
    commands = directory / "commands"
    code = (
        f"import sys; sys.path[:0] = ['{directory}', '{directory}/site']; "
        "from pyfixcli.commands.pyfix import main; "
        f"sys.exit(main(['pyfix', 'setup', '--bindir', '{commands}', '--group', '{GROUP}']))"
    )
    interpreter = os.path.realpath(sys.executable)
    done = subprocess.run([interpreter, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return commands


def _not_needed(directory: str, names: list[str]) -> set[str]:
    """Packages of the checks, which are large."""
    return {name for name in names if name.startswith(("mypy", "ruff", "pip", "hypothesis"))}


class SystemInstance(Instance):
    """An instance that root starts, with mail_owner OWNER, in a directory that users can enter."""

    def __init__(self, directory: Path, commands: Path, settings: str = "") -> None:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        super().__init__(directory, settings)
        self.queue.mkdir(mode=0o755)  # as the administrator of a system does
        self.commands = commands
        path = self.config / "main.cf"
        lines = path.read_text().split("\n")
        owners = {"mail_owner": OWNER, "setgid_group": GROUP, "command_directory": str(commands)}
        kept = [line for line in lines if line.partition(" =")[0] not in owners]
        path.write_text("\n".join([*kept, *(f"{n} = {v}" for n, v in owners.items()), ""]))

    def run(
        self, command: str, *arguments: str, data: bytes = b"", timeout: float = 30, user: str = ""
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one of the installed commands, as root or as ``user``."""
        return subprocess.run(
            [str(self.commands / command), *arguments],
            input=data,
            capture_output=True,
            env={"PATH": "/usr/bin:/bin", "MAIL_CONFIG": str(self.config)},
            timeout=timeout,
            cwd="/",
            **({"user": user, "group": group_of(user), "extra_groups": []} if user else {}),  # type: ignore[call-overload]
        )

    @property
    def maildrop(self) -> Path:
        """The maildrop directory."""
        return self.queue / "maildrop"


def group_of(user: str) -> int:
    """The gid of a user's primary group."""
    return pwd.getpwnam(user).pw_gid
