"""postkick(1): a request to a service of the mail system."""

from __future__ import annotations

import sys

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import open_config
from pyfixcli.commands._run import complain, getopt, run
from pyfixcli.ipc.trigger import send_trigger

OPTIONS = (("c", "config_dir", "configuration directory"), ("v", None, "talk"))
USAGE = "usage: postkick [-c config_dir] [-v] class service request"


def main(argv: list[str]) -> int:
    """Run postkick."""
    try:
        found, operands = getopt(argv[1:], OPTIONS)
    except UsageError as error:
        raise PyfixError(USAGE) from error
    if len(operands) != 3:
        raise PyfixError(USAGE)
    kind, service, request = operands
    config = open_config(dict(found).get("c"))
    try:
        send_trigger(config.queue_directory, kind, service, request)
    except OSError:
        text = f"Cannot contact class {kind} service {service} - perhaps the mail system is down"
        complain(f"postkick: warning: {text}")
        return 1
    return EX_OK


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
