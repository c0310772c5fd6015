"""postlog(1): a line into the mail log."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import open_config, open_log
from pyfixcli.commands._run import complain, getopt, run

OPTIONS = (
    ("c", "config_dir", "configuration directory"),
    ("i", None, "ignored: the pid is always logged"),
    ("p", "priority", "info, warn, error, fatal or panic"),
    ("t", "tag", "the name that the line begins with"),
    ("v", None, "talk"),
)
PRIORITIES = {
    "info": "",
    "warn": "warning: ",
    "warning": "warning: ",
    "error": "error: ",
    "err": "error: ",
    "fatal": "fatal: ",
    "crit": "fatal: ",
    "panic": "panic: ",
}
USAGE = "usage: postlog [-c config_dir] [-i] [-p priority] [-t tag] [-v] [text]"


def main(argv: list[str]) -> int:
    """Run postlog."""
    try:
        found, words = getopt(argv[1:], OPTIONS)
    except UsageError as error:
        raise PyfixError(USAGE) from error
    values = dict(found)
    config = open_config(values.get("c"))
    priority = values.get("p", "info").lower()
    if priority not in PRIORITIES:
        complain(
            f"postlog: fatal: unknown severity level: {values['p']}"
        ) if sys.stderr.isatty() else None
        return 1
    log = open_log(config, "postlog")
    tag = values.get("t")
    name = f"{tag or config.syslog_name + '/postlog'}[{os.getpid()}]"
    prefix = PRIORITIES[priority]
    if words:
        _line(log, name, prefix + " ".join(words))
    else:
        data = sys.stdin.buffer.read()
        for line in data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"):
            _line(log, name, prefix + line)
    return EX_OK


def _line(log: object, name: str, text: str) -> None:
    log.write_tagged(name, text)  # type: ignore[attr-defined]
    if sys.stderr.isatty():
        complain(f"{name.partition('[')[0].rpartition('/')[2]}: {text}")


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
