"""A worker from its fork to its end: rights, signals, life line, and then its role.

Roles that have a loop take the signals there; the others through ``wakeup``.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfixcli.base.errors import PyfixError
from pyfixcli.config.load import load_config
from pyfixcli.config.master_cf import Service, read_services
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog
from pyfixcli.queue.layout import become_mail_owner

if TYPE_CHECKING:
    from pyfixcli.log.sink import Sink


@dataclass(slots=True)
class WorkerContext:
    """What a worker is given by the zygote.

    ``listeners`` are the inherited sockets by name (base/paths.py, listener.endpoint_key). ``life_line`` is
    readable once the zygote is gone. ``first_start`` is true for the workers of a start, false for successors.
    """

    role: str
    config: Config
    services: list[Service]
    listeners: dict[str, socket.socket]
    sink: Sink
    log: MailLog
    life_line: int
    ready_line: int
    first_start: bool
    agents: tuple[int, ...] = ()
    stopping: bool = False
    _reload: bool = False
    _wakeup: tuple[socket.socket, socket.socket] | None = field(default=None)

    @property
    def wakeup(self) -> socket.socket:
        """Readable when a signal came (roles without a loop)."""
        assert self._wakeup is not None
        return self._wakeup[0]

    def ready(self) -> None:
        """Tell master that this worker accepts work."""
        os.write(self.ready_line, b"%d\n" % os.getpid())

    def install_signals(self) -> None:
        """Turn SIGTERM and SIGHUP into octets on ``wakeup``."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        self._wakeup = (ours, theirs)
        signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, _take_note)
        signal.signal(signal.SIGHUP, _take_note)

    def take_signals(self) -> None:
        """Read what came; sets ``stopping`` and the pending reload."""
        try:
            octets = self.wakeup.recv(4096)
        except BlockingIOError:
            return
        if signal.SIGTERM in octets:
            self.stopping = True
        if signal.SIGHUP in octets:
            self._reload = True

    def take_reload(self) -> bool:
        """Read the configuration again if a reload is pending; whether it was."""
        if not self._reload:
            return False
        self._reload = False
        return self.reload()

    def reload(self) -> bool:
        """Read the configuration again; a broken one is reported and the old one stays."""
        directory = self.config.config_directory
        try:
            config, services = load_config(directory), read_services(directory)
        except PyfixError as error:
            self.log.error(self.role, f"reload: {error}")
            return False
        self.config, self.services = config, services
        return True


def _take_note(number: int, frame: object) -> None:
    """The octet on the wakeup socket says it all."""


Body = Callable[[WorkerContext], None]


def run_worker(context: WorkerContext, body: Body, keep_rights: bool) -> int:
    """The whole life of a worker process; returns its exit status."""
    try:
        context.install_signals()
        if not keep_rights:
            become_mail_owner(context.config)
        os.chdir(context.config.queue_directory)
        body(context)
        context.log.flush()
        return 0
    except PyfixError as error:
        context.log.fatal(context.role, str(error))
    except Exception:
        for line in traceback.format_exc().split("\n"):
            if line:
                context.log.panic(context.role, line)
        sys.stderr.write(traceback.format_exc())
    context.log.flush()
    return 1
