"""postkick(1): a request to a service of the mail system."""

from __future__ import annotations

import _socket
import os
import sys

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import open_config
from pyfixcli.commands._run import complain, getopt, run

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
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.settimeout(10.0)
    try:
        if kind not in ("public", "private") or "/" in service:
            raise OSError("no such class")
        connection.connect(os.path.join(config.queue_directory, kind, service))
        connection.sendall(request.encode("utf-8", "surrogateescape"))
    except OSError:
        text = f"Cannot contact class {kind} service {service} - perhaps the mail system is down"
        complain(f"postkick: warning: {text}")
        return 1
    return EX_OK


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
