"""postlog(1): a line into the mail log."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import may_use_private_sockets, open_config, open_log
from pyfixcli.commands._run import complain, end, parse_options, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.log.maillog import MailLog

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
    found, words = parse_options(argv, OPTIONS, USAGE)
    values = dict(found)
    config = open_config(values.get("c"))
    priority = values.get("p", "info").lower()
    if priority not in PRIORITIES:
        raise PyfixError(f'bad severity: "{values["p"]}"')
    log = open_log(config, "postlog")
    tag = values.get("t")
    name = f"{tag or config.syslog_name + '/postlog'}[{os.getpid()}]"
    prefix = PRIORITIES[priority]
    if words:
        _line(log, name, prefix + " ".join(words))
    else:
        for line in sys.stdin.buffer:
            text = line.rstrip(b"\n").decode("utf-8", "surrogateescape")
            _line(log, name, prefix + text)
    return EX_OK if may_log(config) else 1


def may_log(config: Config) -> bool:
    """Whether the caller reaches the log: the socket is for root and mail_owner, the file has an owner."""
    if not config.maillog_file or may_use_private_sockets(config):
        return True
    return os.access(config.maillog_file, os.W_OK)


def _line(log: MailLog, name: str, text: str) -> None:
    log.write_tagged(name, text)
    if sys.stderr.isatty():
        complain(f"{name.partition('[')[0]}: {text}")


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, 1, name="postfix/postlog", only_terminal=True))
