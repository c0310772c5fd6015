"""pyfix setup: launchers of all commands, and the setgid wrapper, for a system installation.

Paths are compiled in. A path that others may write to, or that ordinary users cannot execute, is
refused: the launchers run for everybody, root included.
"""

from __future__ import annotations

import compileall
import grp
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from pyfixcli.base.errors import PyfixError

COMMANDS = (
    "mailq",
    "newaliases",
    "postalias",
    "postcat",
    "postconf",
    "postdrop",
    "postfix",
    "postkick",
    "postlock",
    "postlog",
    "postmap",
    "postqueue",
    "postsuper",
    "pyfix",
    "sendmail",
)
LAUNCHER = """\
#!{interpreter} -IS
import sys
sys.path[:0] = {paths!r}
from pyfixcli.commands.{command} import entry
entry()
"""
WRAPPER_MODE = 0o2755
WRAPPER_SOURCE = Path(__file__).resolve().with_name("postdrop_wrapper.c")


def set_up(bindir: str, group: str) -> list[str]:
    """Write everything into ``bindir``; the notes for the administrator."""
    if os.geteuid() != 0:
        raise PyfixError("pyfix setup needs root: it makes a setgid program")
    interpreter = find_interpreter()
    package = str(Path(__file__).resolve().parents[2])
    paths = list(dict.fromkeys([package, *dependency_paths()]))
    for path in (interpreter, os.path.join(package, "pyfixcli", "__init__.py"), *paths):
        check_path(path)
    compileall.compile_dir(os.path.join(package, "pyfixcli"), quiet=2)
    os.makedirs(bindir, mode=0o755, exist_ok=True)
    check_path(os.path.realpath(bindir))
    for command in COMMANDS:
        if command != "postdrop":
            text = LAUNCHER.format(interpreter=interpreter, paths=paths, command=command)
            _write(os.path.join(bindir, command), text)
    return build_wrapper(os.path.join(bindir, "postdrop"), interpreter, paths, group)


def find_interpreter() -> str:
    """The interpreter that runs us, without the links of an environment."""
    return os.path.realpath(sys.executable)


def dependency_paths() -> list[str]:
    """Where the required packages lie."""
    import lmdb
    import msgspec

    found = [str(Path(module.__file__ or "").resolve().parents[1]) for module in (lmdb, msgspec)]
    return list(dict.fromkeys(found))


def check_path(path: str) -> None:
    """PyfixError when a component could be changed by others, or not be reached by them."""
    current = "/"
    for part in Path(path).resolve().parts:
        current = os.path.join(current, part)
        status = os.stat(current)
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            raise PyfixError(f"{current} is writable by others")
        if status.st_mode & stat.S_IWGRP and status.st_gid != 0:
            raise PyfixError(f"{current} is writable by its group")
        if stat.S_ISDIR(status.st_mode) and not status.st_mode & stat.S_IXOTH:
            raise PyfixError(
                f"{current} cannot be entered by ordinary users; "
                "use an interpreter and a place that everybody can reach, such as /usr/bin/python3"
            )
        if not status.st_mode & stat.S_IROTH and not stat.S_ISDIR(status.st_mode):
            raise PyfixError(f"{current} cannot be read by ordinary users")


def _write(path: str, text: str) -> None:
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(temporary, 0o755)
    os.rename(temporary, path)


def build_wrapper(path: str, interpreter: str, paths: list[str], group: str) -> list[str]:
    """Compile the setgid wrapper; a note instead when there is no compiler or no group."""
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        return [f"no group {group}: run groupadd --system {group}, then pyfix setup again"]
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return ["no C compiler for the postdrop wrapper: run apt-get install gcc libc6-dev"]
    code = (
        f"import sys; sys.path[:0] = {paths!r}; sys.argv = ['postdrop']; "
        "from pyfixcli.commands.postdrop import entry; entry()"
    )
    defines = {"INTERPRETER": interpreter, "PYTHON_CODE": code}
    flags = [f'-D{name}="{value}"' for name, value in defines.items()]
    hardening = ["-O2", "-Wall", "-Wextra", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"]
    temporary = path + ".new"
    built = subprocess.run(
        [compiler, *hardening, "-fPIE", "-pie", *flags, "-o", temporary, str(WRAPPER_SOURCE)],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        raise PyfixError(f"the postdrop wrapper does not compile: {built.stderr.strip()}")
    os.chown(temporary, 0, gid)
    os.chmod(temporary, WRAPPER_MODE)
    os.rename(temporary, path)
    return []
