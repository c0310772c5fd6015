"""postlock(1): run a command while a mailbox is locked."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.locking import (
    LockFailure,
    LockPolicy,
    drop_dotlock,
    lock_descriptor,
    parse_methods,
    take_dotlock,
)
from pyfixcli.base.sysexits import EX_TEMPFAIL
from pyfixcli.commands._context import open_config
from pyfixcli.commands._run import complain, parse_options, run

OPTIONS = (
    ("c", "config_dir", "configuration directory"),
    ("l", "lock_style", "lock methods instead of mailbox_delivery_lock"),
    ("v", None, "talk"),
)
USAGE = "usage: postlock [-c config_dir] [-l lock_style] [-v] folder command..."


def main(argv: list[str]) -> int:
    """Run postlock; the status is the command's."""
    found, operands = parse_options(argv, OPTIONS, USAGE)
    values = dict(found)
    if len(operands) < 2:
        raise PyfixError(USAGE)
    config = open_config(values.get("c"))
    style = values.get("l", config.mailbox_delivery_lock)
    methods = parse_methods(style)
    if isinstance(methods, str):
        raise PyfixError(f'unknown mailbox_delivery_lock value "{methods}" in "{style}"')
    policy = LockPolicy(
        methods, config.deliver_lock_attempts, config.deliver_lock_delay, config.stale_lock_time
    )
    folder = operands[0]
    try:
        if "dotlock" in methods:
            take_dotlock(folder, policy)
        try:
            return _locked(folder, policy, operands[1:])
        finally:
            if "dotlock" in methods:
                drop_dotlock(folder)
    except LockFailure as failure:
        raise PyfixError(f"open file {folder}: {failure}") from failure
    except OSError as error:
        raise PyfixError(f"open file {folder}: {error.strerror}") from error


def _locked(folder: str, policy: LockPolicy, command: list[str]) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        descriptor = os.open(folder, flags, 0o600)
    except OSError as error:
        raise LockFailure(f"cannot open file: {error.strerror}") from error
    try:
        lock_descriptor(descriptor, policy)
    except LockFailure as failure:
        raise LockFailure(f"unable to lock for exclusive access: {failure}") from failure
    pid = os.fork()
    if pid == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            complain(f"postlock: fatal: execvp {command[0]}: {error.strerror}")
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 1


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, EX_TEMPFAIL))
