"""What the hot commands may import: start-up is part of the product.

Scripts call sendmail, ``postmap -q`` and ``postconf -h`` thousands of times, and each module costs time.
The tables below are the budget; a command that loads anything else fails, even if it is small.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyfixcli.queue.maildrop_file import INCOMPLETE
from tests.support.instance import BIN, ROOT, Instance

# What decoding brings; all of it is frozen or tiny.
START = set(
    [
        "_abc",
        "abc",
        "_codecs",
        "codecs",
        "encodings",
        "encodings.aliases",
        "encodings.utf_8",
        "_io",
        "io",
        "__future__",
    ]
)
# os costs a quarter of what a short command takes; the hottest go without (posix is built in).
OS = {"_stat", "stat", "_collections_abc", "genericpath", "posixpath", "os"}
WITHOUT_OS = {"sendmail", "sendmail -t", "sendmail -f", "mailq", "postconf -h", "postconf"}

FRAME = {
    "pyfixcli",
    "pyfixcli.base",
    "pyfixcli.base.errors",
    "pyfixcli.base.sysexits",
    "pyfixcli.commands",
    "pyfixcli.commands._run",
}
CONFIG = {
    "pyfixcli.config",
    "pyfixcli.config.expand",
    "pyfixcli.config.lines",
    "pyfixcli.config.load",
    "pyfixcli.config.locate",
    "pyfixcli.config.parameter_table",
    "pyfixcli.config.params",
    "pyfixcli.config.snapshot",
    "pyfixcli.config.values",
}
POSTCONF = {
    *CONFIG,
    "pyfixcli.commands.postconf",
    "pyfixcli.config.master_entries",
    "pyfixcli.config.master_entry",
    "pyfixcli.config.usage",
    "pyfixcli.present",
    "pyfixcli.present.postconf_text",
}
CONTEXT = {*CONFIG, "pyfixcli.commands._context"}
PATHS = {"pyfixcli.base.paths"}
STREAM = {"pyfixcli.mail", "pyfixcli.mail.submission"}
SOCKET = {"_socket"}
TABLES = {"pyfixcli.maps", "pyfixcli.maps.folding", "pyfixcli.maps.registry", "pyfixcli.maps.table"}
INDEX = {"pyfixcli.maps.index_file", "time"}
LMDB = {"lmdb", "lmdb.cpython", "lmdb._envid"}
POSTMAP = {*CONTEXT, *TABLES, "pyfixcli.commands._tables", "pyfixcli.commands.postmap"}
MAILDROP = {"pyfixcli.queue", "pyfixcli.queue.maildrop_file"}
SENDMAIL = {
    *CONTEXT,
    *PATHS,
    *STREAM,
    *SOCKET,
    "pwd",
    "pyfixcli.commands._submit",
    "pyfixcli.commands.sendmail",
    "pyfixcli.ipc",
    "pyfixcli.ipc.submit_client",
}
POSTQUEUE = {
    *CONTEXT,
    *PATHS,
    *STREAM,
    *SOCKET,
    "pyfixcli.commands.postqueue",
    "pyfixcli.queue",
    "pyfixcli.queue.queue_id",
}
LOG = {
    *PATHS,
    *SOCKET,
    "pyfixcli.base.clock",
    "pyfixcli.log",
    "pyfixcli.log.maillog",
    "pyfixcli.log.sink",
}

# name -> (command line, standard input, what it may import besides START, OS and FRAME)
UP = {
    "sendmail": ("sendmail root", b"x\n", SENDMAIL),
    "sendmail -t": ("sendmail -t", b"To: root\n\nx\n", SENDMAIL),
    "sendmail -f": ("sendmail -i -f a@example.test root", b"x\n", SENDMAIL),
    "mailq": (
        "mailq",
        b"",
        {*POSTQUEUE, "pyfixcli.commands.sendmail", "pyfixcli.commands.mailq"},
    ),
    "postqueue -p": ("postqueue -p", b"", POSTQUEUE),
    "postqueue -j": ("postqueue -j", b"", POSTQUEUE),
    "postlog": ("postlog text", b"", {*CONTEXT, *LOG, "pyfixcli.commands.postlog"}),
}
DOWN = {
    "postconf -h": ("postconf -h myhostname", b"", POSTCONF),
    "postconf": ("postconf", b"", POSTCONF),
    "postconf -n": ("postconf -n", b"", POSTCONF),
    "postmap -q lmdb": (
        "postmap -q key lmdb:{place}/t",
        b"",
        {*POSTMAP, *LMDB, *INDEX, "pyfixcli.maps.lmdb_table"},
    ),
    "postmap -q texthash": (
        "postmap -q key texthash:{place}/t",
        b"",
        {*POSTMAP, "pyfixcli.maps.source", "pyfixcli.maps.texthash", "pyfixcli.maps.utf8"},
    ),
    "sendmail, system down": (
        "sendmail root",
        b"x\n",
        {*SENDMAIL, *MAILDROP, "pyfixcli.commands._maildrop", "pyfixcli.ipc.trigger"},
    ),
    "postdrop": (
        "postdrop",
        b"E\0\0\0\x08sender=\0Z\0\0\0\0",
        {*CONTEXT, *PATHS, *STREAM, *MAILDROP, "pyfixcli.commands.postdrop"},
    ),
    "postlog, system down": ("postlog text", b"", {*CONTEXT, *LOG, "pyfixcli.commands.postlog"}),
}
COMMANDS = sorted(path.stem for path in (ROOT / "pyfixcli" / "commands").glob("[a-z]*.py"))


def loaded(arguments: list[str], instance: Instance, data: bytes) -> set[str]:
    """The modules that a command imports, beyond those of a bare interpreter."""
    bare = _import_times(["-c", "pass"], instance, b"")
    return _import_times([str(BIN / arguments[0]), *arguments[1:]], instance, data) - bare


def _import_times(arguments: list[str], instance: Instance, data: bytes) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", *arguments],
        input=data,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "MAIL_CONFIG": str(instance.config)},
        timeout=30,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stderr.decode().split("\n")
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance whose daemon is up."""
    instance = Instance(tmp_path_factory.mktemp("up"))
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An instance whose daemon was up once, with a table."""
    instance = Instance(tmp_path_factory.mktemp("down"))
    instance.start()
    instance.stop()
    (instance.directory / "t").write_text("key value\n")
    assert instance.run("postmap", f"lmdb:{instance.directory}/t").returncode == 0
    return instance


@pytest.mark.parametrize("name", UP)
def test_a_hot_command_imports_nothing_else(running: Instance, name: str) -> None:
    """With the mail system up."""
    line, data, allowed = UP[name]
    extra = loaded(line.split(), running, data) - START - FRAME - allowed
    assert extra - (set() if name in WITHOUT_OS else OS) == set()


@pytest.mark.parametrize("name", DOWN)
def test_a_hot_command_imports_nothing_else_without_daemon(stopped: Instance, name: str) -> None:
    """With the mail system down, or without any need of it."""
    line, data, allowed = DOWN[name]
    words = line.format(place=stopped.directory).split()
    extra = loaded(words, stopped, data) - START - FRAME - allowed
    assert extra - (set() if name in WITHOUT_OS else OS) == set()


def test_s44_the_setgid_postdrop_loads_the_standard_library_and_us(
    stopped: Instance, place: Path
) -> None:
    """As the wrapper starts it, with a file on descriptor 3."""
    code = (
        "import os, sys; sys.path[:0] = [sys.argv[1]]; name = sys.argv[2]\n"
        f"os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT, {INCOMPLETE}), 3)\n"
        "os.environ['PYFIX_MAILDROP_FILE'] = name; sys.argv = ['postdrop']\n"
        "from pyfixcli.commands.postdrop import entry; entry()"
    )
    data = b"E\0\0\0\x08sender=\0Z\0\0\0\0"
    bare = _import_times(["-c", "pass"], stopped, b"")
    found = _import_times(["-c", code, str(ROOT), str(place / "f")], stopped, data) - bare
    allowed = {*PATHS, *STREAM, *MAILDROP, "pyfixcli.commands.postdrop"}
    assert found - START - OS - FRAME - allowed == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_s44_no_command_loads_the_daemon_or_a_loop(command: str) -> None:
    """Nor DNS; what commands import later, in functions, import-linter looks through."""
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        f"import pyfixcli.commands.{command}\n"
        "bad = ('asyncio', 'dns', 'uvloop', 'pyfixcli.daemon')\n"
        "print([name for name in bad if name in sys.modules])"
    )
    site = [path for path in sys.path if path.endswith("-packages")]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT), *site], capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr


def test_s44_no_command_reaches_the_daemon_by_any_chain_of_imports() -> None:
    """Imports inside functions count too."""
    import grimp

    graph = grimp.build_graph("pyfixcli", include_external_packages=True)
    for target in ("pyfixcli.daemon", "asyncio", "dns", "uvloop"):
        if target in graph.modules:
            chain = graph.find_shortest_chain("pyfixcli.commands", target, as_packages=True)
            assert chain is None
