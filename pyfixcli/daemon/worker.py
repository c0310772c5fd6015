"""A worker from its fork to its end: rights, signals, life line, and then its role.

Roles that have a loop take the signals there; the others through ``wakeup``.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.load import load_config
from pyfixcli.config.master_cf import Service, read_services
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.supervisor import SINGLE
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import open_sink
from pyfixcli.queue.layout import become_mail_owner

if TYPE_CHECKING:
    from pyfixcli.log.sink import Sink

LOG_DEADLINE = 5.0  # seconds for master to hand over a log file


LOCK_RETRY = 0.01


@dataclass(slots=True)
class WorkerContext:
    """What a worker is given by the zygote.

    ``listeners`` are the inherited sockets by name (base/paths.py, listener.endpoint_key). ``life_line`` is
    readable once the zygote is gone. ``counts`` is the descriptor of daemon.shared_counts.
    ``first_start`` is true for the workers of a start, false for successors.
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
    counts: int = -1
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
        with contextlib.suppress(BrokenPipeError):  # master is gone: the life line says so too
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
            self.reopen_log()
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
        self.reopen_log()
        return True

    def reopen_log(self) -> None:
        """Write to the log files of now, which may have been rotated; to the old ones if that fails.

        Master opens them, since this process may have no right to.
        """
        try:
            opener = functools.partial(ask_for_log_file, self.config)
            self.sink = open_sink(self.config, "daemon", opener=opener)
        except PyfixError as error:
            if not isinstance(error.__cause__, ConnectionError):  # master ends: nothing is rotated
                self.log.error(self.role, str(error))
            return
        self.log.use(self.sink)


def ask_for_log_file(config: Config, name: str) -> int:
    """A descriptor of a log file that master opened; OSError when it does not answer in time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(LOG_DEADLINE)
        connection.connect(os.path.join(config.queue_directory, paths.MASTER))
        connection.sendall(b"log " + os.fsencode(name))
        _, descriptors, _, _ = socket.recv_fds(connection, 16, 1)
    if not descriptors:
        raise OSError("master does not open it")
    os.set_inheritable(descriptors[0], False)
    return descriptors[0]


def _take_note(number: int, frame: object) -> None:
    """The octet on the wakeup socket says it all."""


def _wait_to_be_alone(context: WorkerContext) -> None:
    """Hold the role's lock for the rest of this process's life; one that is ending gives it up.

    Raises PyfixError when there is nobody to work for any more.
    """
    path = os.path.join(context.config.queue_directory, paths.ROLE_LOCK.format(context.role))
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            pass
        watched: list[int | socket.socket] = [context.life_line, context.wakeup]
        ended, _, _ = select.select(watched, [], [], LOCK_RETRY)
        context.take_signals()
        if context.life_line in ended or context.stopping:
            raise PyfixError("ended before it began")


def _take_descriptors() -> None:
    """Have as many descriptors as this process may: each connection holds one, those that wait for a place too.

    Commands that deliveries run keep the usual number, with which select(2) works.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


Body = Callable[[WorkerContext], None]


def run_worker(context: WorkerContext, body: Body, keep_rights: bool) -> int:
    """The whole life of a worker process; returns its exit status."""
    try:
        context.install_signals()
        if context.role in SINGLE:
            _wait_to_be_alone(context)
        if not keep_rights:
            _take_descriptors()
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
