"""postkick(1): a request to a service of the mail system."""

from __future__ import annotations

import os
import sys
from errno import EACCES, ENOENT

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.commands._context import may_use_private_sockets, open_config
from pyfixcli.commands._run import complain, parse_options, run
from pyfixcli.config.master_cf import read_services
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.launch import running_pid
from pyfixcli.ipc.trigger import send_trigger

OPTIONS = (("c", "config_dir", "configuration directory"), ("v", None, "talk"))
USAGE = "usage: postkick [-c config_dir] [-v] class service request"


def main(argv: list[str]) -> int:
    """Run postkick."""
    found, operands = parse_options(argv, OPTIONS, USAGE)
    if len(operands) != 3:
        raise PyfixError(USAGE)
    kind, service, request = operands
    config = open_config(dict(found).get("c"))
    try:
        if not may_use_private_sockets(config):
            raise PermissionError(EACCES, os.strerror(EACCES))
        send_trigger(config.queue_directory, kind, service, request)
    except OSError as error:
        is_known = _is_known(config, kind, service)
        if is_known and running_pid(config) is not None:
            return EX_OK  # a service that has nothing to do on request
        if error.errno == EACCES or not is_known:
            reason = error.strerror or os.strerror(ENOENT)
            complain(f"postkick: warning: unable to look up {kind}/{service}: {reason}")
        text = f"Cannot contact class {kind} service {service} - perhaps the mail system is down"
        complain(f"postkick: warning: {text}")
        return 1
    return EX_OK


def _is_known(config: Config, kind: str, service: str) -> bool:
    """Whether master.cf has such a service, whose socket would be in this directory."""
    return may_use_private_sockets(config) and any(
        found.name == service and kind == ("private" if found.private else "public")
        for found in read_services(config.config_directory)
        if found.type != "inet"
    )


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, 1))
