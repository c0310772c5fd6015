"""The zygote: has every module loaded, and forks the workers when master asks.

It has no threads, no loop and no open environment, so a fork copies nothing that must not be shared; the
pages of the modules are shared by all workers. It is executed by master at start and at each reload
with the sockets that the workers inherit.

Data flow: JSON datagrams from master (``fork``), answers ``started`` or ``unforked``, ``ready``, ``exit``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.load import load_config
from pyfixcli.config.master_cf import read_services
from pyfixcli.config.params import PARAMETERS
from pyfixcli.daemon.deliver import run_deliver
from pyfixcli.daemon.edge import run_edge
from pyfixcli.daemon.local import run_local
from pyfixcli.daemon.queue import run_queue
from pyfixcli.daemon.store import run_store
from pyfixcli.daemon.worker import Body, WorkerContext, run_worker
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import open_sink

BODIES: dict[str, Body] = {
    "store": run_store,
    "queue": run_queue,
    "edge": run_edge,
    "deliver": run_deliver,
    "local": run_local,
}
KEEPS_RIGHTS = frozenset(("local",))


class Zygote:
    """Forks on request until master hangs up and the last child has ended."""

    def __init__(self, directory: str, channel: socket.socket, sockets: dict[str, int]) -> None:
        self._channel = channel
        self._config = load_config(directory)
        self._services = read_services(directory)
        self._counts = sockets.pop(paths.COUNTS)
        os.set_inheritable(self._counts, False)
        self._listeners = {name: _adopt(name, fd) for name, fd in sockets.items()}
        self._sink = open_sink(self._config, "daemon")
        self._life = os.pipe2(os.O_CLOEXEC)
        self._ready = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._children: dict[int, str] = {}
        self._draining = False
        self._signals = socket.socketpair()

    def run(self) -> None:
        """Serve master."""
        for end in self._signals:
            end.setblocking(False)
        signal.set_wakeup_fd(self._signals[1].fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for ignored in (signal.SIGHUP, signal.SIGINT):
            signal.signal(ignored, signal.SIG_IGN)
        PARAMETERS.read_all()  # once for all processes
        gc.collect()
        gc.freeze()
        poll = select.poll()
        for readable in (self._channel.fileno(), self._ready[0], self._signals[0].fileno()):
            poll.register(readable, select.POLLIN)
        self._tell({"zygote": os.getpid()})
        while not (self._draining and not self._children):
            for descriptor, _ in poll.poll():
                if descriptor == self._channel.fileno():
                    self._obey()
                elif descriptor == self._ready[0]:
                    self._pass_on_ready()
                else:
                    self._reap()

    def _obey(self) -> None:
        order = self._channel.recv(65536)
        if not order:
            os._exit(0)  # master is gone: the life line breaks, and the workers end
        message = json.loads(order)
        if "fork" in message:
            self._fork(message["fork"], message["first"], tuple(message.get("agents", ())))
        if message.get("drain"):
            self._draining = True

    def _fork(self, role: str, first: bool, agents: tuple[int, ...]) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self._tell({"unforked": role, "why": error.strerror})
            return
        if pid == 0:
            os._exit(self._child(role, first, agents))
        self._children[pid] = role
        self._tell({"started": pid, "role": role})

    def _child(self, role: str, first: bool, agents: tuple[int, ...]) -> int:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._channel.close()
        os.close(self._life[1])
        os.close(self._ready[0])
        _name_process(f"pyfix-{role}")
        log = MailLog(
            self._sink,
            self._config.syslog_name,
            self._config.myhostname,
            SystemClock(),
            buffered=True,
        )
        context = WorkerContext(
            role=role,
            config=self._config,
            services=self._services,
            listeners=self._listeners,
            sink=self._sink,
            log=log,
            life_line=self._life[0],
            ready_line=self._ready[1],
            first_start=first,
            agents=agents,
            counts=self._counts,
        )
        status = run_worker(context, BODIES[role], role in KEEPS_RIGHTS)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
        return status

    def _pass_on_ready(self) -> None:
        for line in os.read(self._ready[0], 4096).split():
            self._tell({"ready": int(line)})

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._signals[0].recv(4096)
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            role = self._children.pop(pid)
            self._tell({"exit": pid, "role": role, "status": status})

    def _tell(self, message: dict[str, object]) -> None:
        try:
            self._channel.send(json.dumps(message).encode())
        except OSError:
            os._exit(0)


def _adopt(name: str, descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def _name_process(name: str) -> None:
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(name[:15])


def main(argv: list[str]) -> int:
    """``zygote CONFIG_DIRECTORY CHANNEL_FD SOCKETS_JSON``: executed by master only."""
    directory, channel, sockets = argv[1], int(argv[2]), json.loads(argv[3])
    link = socket.socket(fileno=channel)
    os.set_inheritable(channel, False)
    try:
        Zygote(directory, link, sockets).run()
    except PyfixError as error:
        link.send(json.dumps({"failed": str(error)}).encode())
        return 1
    return 0
