"""The master process: supervises; imports the standard library and the configuration, parses no mail.

It holds the instance's lock, opens the listening sockets, executes a zygote at start and
at each reload, has the workers forked, and forks them again when they die, with a growing pause
when that happens again and again.

Signals: SIGTERM stops, SIGHUP reloads, SIGINT stops at once. postfix(1) reloads through the
control socket, to be told when the new workers accept.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.load import load_config
from pyfixcli.config.master_cf import Service, read_services
from pyfixcli.daemon import listener
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import open_sink
from pyfixcli.queue.layout import ensure_layout, owner_ids

SINGLE = ("store", "queue")
STOP_PATIENCE = 5.0  # seconds until what does not end is killed
START_PATIENCE = 30.0
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 20.0
HEALTHY = 10.0  # a worker that lived so long dies without a growing pause


@dataclass(slots=True)
class Zygote:
    """A zygote process and its workers: pid -> role."""

    pid: int
    channel: socket.socket
    workers: dict[int, str] = field(default_factory=dict)
    waiting_for: int = 0
    failed: str = ""
    draining: bool = False


class Master:
    """The supervisor of one instance."""

    def __init__(self, directory: str, notify: int) -> None:
        self._directory = directory
        self._notify = notify
        if notify >= 0:
            os.set_inheritable(notify, False)
        self.config = load_config(directory)
        self._services: list[Service] = read_services(directory)
        self._queue = self.config.queue_directory
        ensure_layout(self.config)
        self._log = self._open_log()
        self._lock = self._take_lock()
        self._owner = owner_ids(self.config)[0]
        self._local = listener.open_local_sockets(self._queue, self._owner)
        self._control = listener.open_unix(
            self._queue, paths.MASTER, listener.PRIVATE_MODE, socket.SOCK_STREAM, os.geteuid()
        )
        self._inet: dict[str, socket.socket] = {}
        self._zygotes: list[Zygote] = []
        self._ready: set[int] = set()
        self._born: dict[int, float] = {}
        self._pause: dict[str, float] = {}
        self._respawn: list[tuple[float, str]] = []
        self._stopping = False
        self._patience = STOP_PATIENCE
        self._signals = socket.socketpair()
        self._poll = select.poll()
        self._waiting_clients: list[socket.socket] = []

    # -- start -----------------------------------------------------------------------

    def _open_log(self) -> MailLog:
        sink = open_sink(self.config, "daemon")
        return MailLog(sink, self.config.syslog_name, self.config.myhostname, SystemClock())

    def _take_lock(self) -> int:
        lock = os.open(
            os.path.join(self._queue, paths.MASTER_LOCK),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW,
            0o600,
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PyfixError("the Postfix mail system is already running") from error
        if os.geteuid() == 0:
            os.fchown(lock, owner_ids(self.config)[0], -1)
        path = os.path.join(self._queue, paths.MASTER_PID)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(f"{os.getpid():>10}\n")
        return lock

    def run(self) -> None:
        """Start everything, say so on the notify descriptor, supervise until told to stop."""
        self._catch_signals()
        self._poll.register(self._signals[0], select.POLLIN)
        self._poll.register(self._control, select.POLLIN)
        self._open_inet()
        self._new_zygote()
        self._fork_all(first=True)
        self._log.info(
            "master",
            f"daemon started -- version {self.config.mail_version}, "
            f"configuration {self._directory}",
        )
        self._say_ready("ok")
        while not self._stopping:
            self._turn(self._next_pause())
        self._stop()

    def _catch_signals(self) -> None:
        for end in self._signals:
            end.setblocking(False)
        signal.set_wakeup_fd(self._signals[1].fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, _take_note)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    def _say_ready(self, text: str) -> None:
        if self._notify >= 0:
            with contextlib.suppress(OSError):
                os.write(self._notify, text.encode() + b"\n")
                os.close(self._notify)
            self._notify = -1

    def _open_inet(self) -> None:
        """Open what master.cf names now; close what it no longer names."""
        wanted = listener.inet_endpoints(self._services, self.config)
        names = {listener.endpoint_key(endpoint): endpoint for endpoint in wanted}
        for name in set(self._inet) - set(names):
            self._inet.pop(name).close()
        for name, endpoint in names.items():
            if name not in self._inet:
                self._inet[name] = listener.open_inet(endpoint)

    # -- zygotes and workers ---------------------------------------------------------

    def _new_zygote(self) -> Zygote:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sockets = {**self._local, **self._inet}
        numbers = {name: sock.fileno() for name, sock in sockets.items()}
        pid = os.fork()
        if pid == 0:
            _execute_zygote(self._directory, theirs.fileno(), numbers)
        theirs.close()
        zygote = Zygote(pid, ours)
        self._poll.register(ours, select.POLLIN)
        self._zygotes.append(zygote)
        self._wait(lambda: zygote.waiting_for < 0 or bool(zygote.failed), "zygote")
        if zygote.failed:
            raise PyfixError(zygote.failed)
        zygote.waiting_for = 0
        return zygote

    def _fork_all(self, first: bool) -> None:
        if first:
            for role in SINGLE:
                self._fork(role, first=True)
                self._wait_ready()
        for role, count in self._counts().items():
            for _ in range(count):
                self._fork(role, first)
        self._wait_ready()

    def _counts(self) -> dict[str, int]:
        cpus = min(4, len(os.sched_getaffinity(0)))
        return {
            "edge": self.config.edge_processes or cpus,
            "deliver": self.config.deliver_processes or cpus,
            "local": self.config.local_processes or 4,
        }

    def _fork(self, role: str, first: bool = False) -> None:
        zygote = self._zygotes[-1]
        agents = [
            pid
            for z in self._zygotes
            for pid, name in z.workers.items()
            if name in ("deliver", "local")
        ]
        order = {"fork": role, "first": first, "agents": agents}
        zygote.channel.send(json.dumps(order).encode())
        zygote.waiting_for += 1

    def _wait_ready(self) -> None:
        zygote = self._zygotes[-1]
        self._wait(lambda: zygote.waiting_for <= 0 or bool(zygote.failed), "workers")
        if zygote.failed:
            raise PyfixError(zygote.failed)

    def _wait(self, done: object, what: str) -> None:
        deadline = time.monotonic() + START_PATIENCE
        assert callable(done)
        while not done():
            if time.monotonic() > deadline:
                raise PyfixError(f"{what} did not start")
            self._turn(0.2)
            if self._stopping:
                raise PyfixError("stopped while starting")

    # -- the loop --------------------------------------------------------------------

    def _next_pause(self) -> float:
        if not self._respawn:
            return 60.0
        return max(0.0, min(when for when, _ in self._respawn) - time.monotonic())

    def _turn(self, patience: float) -> None:
        for descriptor, _ in self._poll.poll(patience * 1000):
            if descriptor == self._signals[0].fileno():
                self._take_signals()
            elif descriptor == self._control.fileno():
                self._serve_control()
            else:
                self._hear(descriptor)
        self._respawn_due()

    def _respawn_due(self) -> None:
        now = time.monotonic()
        due = [role for when, role in self._respawn if when <= now]
        self._respawn = [(when, role) for when, role in self._respawn if when > now]
        for role in due:
            if not self._stopping:
                self._fork(role)

    def _take_signals(self) -> None:
        with contextlib.suppress(BlockingIOError):
            octets = self._signals[0].recv(4096)
            if signal.SIGTERM in octets or signal.SIGINT in octets:
                self._stopping = True
                self._patience = 0.0 if signal.SIGINT in octets else STOP_PATIENCE
            elif signal.SIGHUP in octets:
                self._reload()
            if signal.SIGCHLD in octets:
                self._reap_zygotes()

    def _hear(self, descriptor: int) -> None:
        zygote = next((z for z in self._zygotes if z.channel.fileno() == descriptor), None)
        if zygote is None:
            return
        try:
            data = zygote.channel.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self._lost_zygote(zygote)
            return
        message = json.loads(data)
        if "zygote" in message:
            zygote.waiting_for = -1
        elif "failed" in message:
            zygote.failed = message["failed"]
        elif "started" in message:
            zygote.workers[message["started"]] = message["role"]
            self._born[message["started"]] = time.monotonic()
        elif "ready" in message:
            zygote.waiting_for -= 1
            self._ready.add(message["ready"])
        elif "exit" in message:
            self._worker_ended(zygote, message)

    def _worker_ended(self, zygote: Zygote, message: dict[str, int]) -> None:
        pid, status = message["exit"], message["status"]
        role = zygote.workers.pop(pid, "")
        lived = time.monotonic() - self._born.pop(pid, 0.0)
        if pid not in self._ready and zygote.waiting_for > 0:
            zygote.waiting_for -= 1
            if self._notify >= 0:
                zygote.failed = f"the {role} process did not start; the log says why"
        self._ready.discard(pid)
        if self._stopping or (zygote.draining and role not in SINGLE):
            return
        self._log.warning("master", f"process {role} pid {pid} {_describe(status)}")
        if status == 0 and role not in SINGLE and zygote is not self._zygotes[-1]:
            return
        pause = self._pause.get(role, 0.0)
        pause = FIRST_PAUSE if lived > HEALTHY or not pause else min(pause * 2, LONGEST_PAUSE)
        self._pause[role] = pause
        self._respawn.append((time.monotonic() + pause, role))

    def _lost_zygote(self, zygote: Zygote) -> None:
        """A zygote ended; its workers end with it. A current one is replaced, with them."""
        self._poll.unregister(zygote.channel)
        zygote.channel.close()
        was_current = zygote is self._zygotes[-1]
        self._zygotes.remove(zygote)
        if self._stopping or self._notify >= 0:
            zygote.failed = zygote.failed or "zygote ended"
            return
        roles = list(zygote.workers.values())
        if not was_current and not roles:
            return
        self._log.warning("master", f"zygote pid {zygote.pid} is gone, with {len(roles)} workers")
        _wait_for_death(list(zygote.workers))
        if was_current:
            self._new_zygote()
        for role in roles:
            if role in SINGLE or was_current:
                self._fork(role)

    def _reap_zygotes(self) -> None:
        for zygote in self._zygotes:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(zygote.pid, os.WNOHANG)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    # -- reload and control ----------------------------------------------------------

    def _serve_control(self) -> None:
        """One request on a connection: ``reload`` or ``status``; the answer is one line."""
        connection, _ = self._control.accept()
        with connection:
            connection.settimeout(1.0)
            try:
                request = connection.recv(100).strip()
                if request == b"reload":
                    problem = self._reload()
                    connection.sendall((problem or "ok").encode() + b"\n")
                elif request == b"status":
                    connection.sendall(json.dumps(self._status()).encode() + b"\n")
            except OSError as error:
                self._log.warning("master", f"control connection: {error}")

    def _status(self) -> dict[str, object]:
        workers = [
            {"pid": pid, "role": role} for z in self._zygotes for pid, role in z.workers.items()
        ]
        zygotes = [{"pid": zygote.pid, "role": "zygote"} for zygote in self._zygotes]
        return {"master": os.getpid(), "workers": workers + zygotes}

    def _reload(self) -> str:
        """Start workers with the new configuration, let the old ones finish; the problem, if any."""
        try:
            config, services = load_config(self._directory), read_services(self._directory)
            if config.queue_directory != self._queue:
                raise PyfixError("queue_directory changed: stop and start the mail system")
            self.config, self._services = config, services
            self._log.flush()
            self._log = self._open_log()
            self._log.info(
                "master",
                f"reload -- version {config.mail_version}, configuration {self._directory}",
            )
            self._open_inet()
            old = list(self._zygotes)
            self._new_zygote()
            self._signal_workers(old, SINGLE, signal.SIGHUP)
            self._fork_all(first=False)
        except PyfixError as error:
            self._log.error("master", f"reload: {error}")
            return str(error)
        for zygote in old:
            zygote.draining = True
            zygote.channel.send(b'{"drain": true}')
        self._signal_workers(old, ("edge", "deliver", "local"), signal.SIGTERM)
        return ""

    def _signal_workers(
        self, zygotes: list[Zygote], roles: tuple[str, ...], number: signal.Signals
    ) -> None:
        for zygote in zygotes:
            for pid, role in zygote.workers.items():
                if role in roles:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)

    # -- stop ------------------------------------------------------------------------

    def _stop(self) -> None:
        """Edge first, so that nothing new comes; the store last, so that results are kept."""
        for name in self._local:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self._queue, name))
        for roles in (("edge", "queue"), ("deliver", "local"), ("store",)):
            self._signal_workers(self._zygotes, roles, signal.SIGTERM)
            self._wait_gone(roles)
        for zygote in self._zygotes:
            zygote.channel.close()
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self._queue, paths.MASTER))
            os.unlink(os.path.join(self._queue, paths.MASTER_PID))
        self._log.info("master", "terminating on signal 15")
        self._log.flush()

    def abandon(self, problem: str) -> None:
        """The start failed: say why, and take everything down again."""
        self._log.fatal("master", problem)
        self._stopping = True
        self._stop()
        self._say_ready(problem)

    def _wait_gone(self, roles: tuple[str, ...]) -> None:
        deadline = time.monotonic() + self._patience
        killed = False
        while any(role in roles for z in self._zygotes for role in z.workers.values()):
            if time.monotonic() > deadline and not killed:
                killed = True
                self._signal_workers(self._zygotes, roles, signal.SIGKILL)
            self._turn(0.1)


def _take_note(number: int, frame: object) -> None:
    """The octet on the wakeup socket says it all."""


def _describe(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    return f"exit status {os.WEXITSTATUS(status)}"


def _wait_for_death(pids: list[int]) -> None:
    """Wait until workers whose life line broke are gone; kill what does not end."""
    deadline = time.monotonic() + STOP_PATIENCE
    while pids:
        pids = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
        if time.monotonic() > deadline:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _execute_zygote(directory: str, channel: int, sockets: dict[str, int]) -> None:
    """In the child: become the zygote, with exactly these descriptors."""
    try:
        signal.set_wakeup_fd(-1)
        for descriptor in (channel, *sockets.values()):
            os.set_inheritable(descriptor, True)
        code = (
            f"import json, os, sys; sys.path[:] = {sys.path!r}\n"
            "try:\n"
            "    from pyfixcli.daemon.zygote import main\n"
            "    sys.exit(main(sys.argv))\n"
            "except Exception as error:\n"
            "    text = 'zygote: ' + type(error).__name__ + ': ' + str(error)\n"
            "    os.write(int(sys.argv[2]), json.dumps({'failed': text}).encode())\n"
        )
        argv = [sys.executable, "-I", "-S", "-c", code, directory, str(channel)]
        os.execv(sys.executable, [*argv, json.dumps(sockets)])
    except BaseException:
        os._exit(errno.EIO)


def main(argv: list[str]) -> int:
    """``master CONFIG_DIRECTORY NOTIFY_FD``: executed by postfix(1) only."""
    directory, notify = argv[1], int(argv[2])
    try:
        master = Master(directory, notify)
    except PyfixError as error:
        if notify >= 0:
            os.write(notify, f"{error}\n".encode())
        return 1
    try:
        master.run()
    except PyfixError as error:
        master.abandon(str(error))
        return 1
    return 0
