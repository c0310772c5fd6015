"""The master process: supervises; imports the standard library and the configuration, parses no mail.

It holds the instance's lock, opens the listening sockets, executes a zygote at start and
at each reload, has the workers forked, and forks them again when they die (supervisor.py).

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

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.load import load_config
from pyfixcli.config.master_cf import Service, read_services
from pyfixcli.daemon import listener
from pyfixcli.daemon.shared_counts import make_shared_memory
from pyfixcli.daemon.supervisor import SINGLE, Supervisor, Zygote, usual_local_processes
from pyfixcli.log.maillog import MailLog
from pyfixcli.log.sink import open_log_file, open_sink
from pyfixcli.queue.layout import ensure_layout, owner_ids
from pyfixcli.queue.soundness import SIGNALS, note_crash

STOP_PATIENCE = 5.0  # seconds until what does not end is killed
START_PATIENCE = 30.0


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
            self._queue, paths.MASTER, listener.PRIVATE_MODE, socket.SOCK_STREAM, self._owner
        )
        self._inet: dict[str, socket.socket] = {}
        self._shared_counts = make_shared_memory()
        self._stopping = False
        self._patience = STOP_PATIENCE
        self._signals = socket.socketpair()
        self._poll = select.poll()
        self._supervisor = Supervisor(self._execute, self._note_killed, self._poll, self._log)
        self._is_reload_due = False
        self._waiting_clients: list[socket.socket] = []  # for the end of the next reload

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
        self._start_workers()
        self._log.info(
            "master",
            f"daemon started -- version {self.config.mail_version}, "
            f"configuration {self._directory}",
        )
        self._say_ready("ok")
        while not self._stopping:
            if self._is_reload_due:
                self._serve_reload()
            else:
                self._turn(self._supervisor.pause())
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

    def _execute(self, channel: int) -> int:
        """Start a zygote with the sockets that are open now; its pid."""
        sockets = {**self._local, **self._inet}
        numbers = {name: sock.fileno() for name, sock in sockets.items()}
        numbers[paths.COUNTS] = self._shared_counts
        pid = os.fork()
        if pid == 0:
            _execute_zygote(self._directory, channel, numbers)
        return pid

    def _note_killed(self, number: int) -> None:
        """A worker that damaged pages may have ended: the next store looks at them first."""
        if number in SIGNALS:
            note_crash(os.path.join(self._queue, paths.ENVIRONMENT))

    def _start_workers(self) -> None:
        """The store first, alone with the queue; then the scheduler; then all others."""
        supervisor = self._supervisor
        zygote = supervisor.current = supervisor.start_zygote()
        supervisor.first = True
        for role in SINGLE:
            supervisor.wanted[role] = 1
            self._wait_for(zygote)
        supervisor.wanted.update(self._counts())
        self._wait_for(zygote)
        supervisor.first = False

    def _counts(self) -> dict[str, int]:
        cpus = min(4, len(os.sched_getaffinity(0)))
        return {
            "edge": self.config.edge_processes or cpus,
            "deliver": self.config.deliver_processes or cpus,
            "local": usual_local_processes(self.config),
        }

    def _wait_for(self, zygote: Zygote) -> None:
        """Until all that is wanted serves; PyfixError when something of it ends instead."""
        deadline = time.monotonic() + START_PATIENCE
        zygote.failure = ""
        while not self._supervisor.is_complete(zygote):
            if zygote.failure:
                raise PyfixError(zygote.failure)
            if time.monotonic() > deadline:
                raise PyfixError("the processes did not start in time")
            if zygote.is_up:
                self._supervisor.complete(zygote)
            self._turn(0.2)
            if self._stopping:
                raise PyfixError("stopped while starting")

    # -- the loop --------------------------------------------------------------------

    def _turn(self, patience: float) -> None:
        for descriptor, _ in self._poll.poll(patience * 1000):
            if descriptor == self._signals[0].fileno():
                self._take_signals()
            elif descriptor == self._control.fileno():
                self._serve_control()
            else:
                self._supervisor.hear(descriptor)
        self._supervisor.reconcile()

    def _take_signals(self) -> None:
        with contextlib.suppress(BlockingIOError):
            octets = self._signals[0].recv(4096)
            if signal.SIGTERM in octets or signal.SIGINT in octets:
                self._stopping = True
                self._patience = 0.0 if signal.SIGINT in octets else STOP_PATIENCE
            elif signal.SIGHUP in octets:
                self._is_reload_due = True
            if signal.SIGCHLD in octets:
                self._reap_zygotes()

    def _reap_zygotes(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    # -- reload and control ----------------------------------------------------------

    def _serve_control(self) -> None:
        """A connection with one request; the answer is one line. Who asks for a reload hears of it when it is over."""
        is_kept = False
        try:
            connection, _ = self._control.accept()
        except OSError as error:
            self._log.warning("master", f"control connection: {error}")
            return
        try:
            connection.settimeout(1.0)
            is_kept = self._answer(connection, connection.recv(4096).strip())
        except (OSError, PyfixError) as error:
            self._log.warning("master", f"control connection: {error}")
        finally:
            if not is_kept:
                connection.close()

    def _answer(self, connection: socket.socket, request: bytes) -> bool:
        """``reload``, ``status``, ``workers local N`` or ``log NAME``; whether the answer comes later.

        Workers get the log files that they may not open themselves, and nothing else.
        """
        if request.startswith(b"log "):
            self._hand_over_log(connection, os.fsdecode(request[4:]))
        elif listener.peer_uid(connection) not in (0, os.geteuid(), self._owner):
            connection.sendall(b"not allowed\n")
        elif request == b"reload":
            self._is_reload_due = True
            self._waiting_clients.append(connection)
            return True
        elif request.startswith(b"workers local "):
            self._resize_local(request[14:])
            connection.sendall(b"ok\n")
        elif request == b"status":
            connection.sendall(json.dumps(self._status()).encode() + b"\n")
        return False

    def _resize_local(self, count: bytes) -> None:
        """The queue process wants so many local processes, for deliveries that take long."""
        usual = self._counts()["local"]
        if count.isdigit():
            most = max(usual, self.config.default_process_limit)
            self._supervisor.resize("local", max(usual, min(int(count), most)))

    def _hand_over_log(self, connection: socket.socket, name: str) -> None:
        if name and name in (self.config.maillog_file, self.config.maillog_json_file):
            descriptor = open_log_file(name)
            try:
                socket.send_fds(connection, [b"ok\n"], [descriptor])
            finally:
                os.close(descriptor)

    def _status(self) -> dict[str, object]:
        return {"master": os.getpid(), "workers": self._supervisor.processes()}

    def _serve_reload(self) -> None:
        """One reload for all who asked before it began; who asks meanwhile waits for the next."""
        self._is_reload_due = False
        clients, self._waiting_clients = self._waiting_clients, []
        try:
            answer = self._reload() or "ok"
        except PyfixError as error:
            answer = str(error)
        self._answer_clients(clients, answer)

    def _answer_clients(self, clients: list[socket.socket], answer: str) -> None:
        for connection in clients:
            with connection, contextlib.suppress(OSError):
                connection.sendall(f"{answer}\n".encode("utf-8", "surrogateescape"))

    def _reload(self) -> str:
        """Start workers with the new configuration, let the old ones finish; the problem, if any.

        Then the old configuration stays: what comes in place of a process that died is forked by the old zygote.
        """
        before = self.config, self._services
        try:
            config, services = load_config(self._directory), read_services(self._directory)
            if config.queue_directory != self._queue:
                raise PyfixError("queue_directory changed: stop and start the mail system")
            self.config, self._services = config, services
            self._use_log(self._open_log())
            self._log.info(
                "master",
                f"reload -- version {config.mail_version}, configuration {self._directory}",
            )
            self._open_inet()
            self._replace_workers()
        except PyfixError as error:
            self.config, self._services = before
            self._log.error("master", f"reload: {error}")
            return str(error)
        return ""

    def _use_log(self, log: MailLog) -> None:
        old, self._log, self._supervisor.log = self._log, log, log
        old.close()

    def _replace_workers(self) -> None:
        """New workers accept; then the old ones finish. When they do not come up, the old ones stay."""
        supervisor = self._supervisor
        counts, before = self._counts(), dict(supervisor.wanted)
        supervisor.signal_workers(SINGLE, signal.SIGHUP)
        zygote = supervisor.start_zygote()
        supervisor.wanted.update(counts)
        try:
            self._wait_for(zygote)
        except PyfixError:
            supervisor.wanted.update(before)
            supervisor.discard(zygote)
            raise
        supervisor.replace(zygote)
        supervisor.signal_workers(("edge", "deliver", "local"), signal.SIGTERM, only_draining=True)

    # -- stop ------------------------------------------------------------------------

    def _stop(self) -> None:
        """What brings mail and what delivers it first, then the queue process, so that it hears of what was delivered; the store last."""
        self._supervisor.is_stopping = True
        self._answer_clients(self._waiting_clients, "the mail system is stopping")
        for name in self._local:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self._queue, name))
        for roles in (("edge", "deliver", "local"), ("queue",), ("store",)):
            self._supervisor.signal_workers(roles, signal.SIGTERM)
            self._wait_gone(roles)
        self._supervisor.hang_up()
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
        while self._supervisor.has_workers(roles):
            if time.monotonic() > deadline and not killed:
                killed = True
                self._supervisor.signal_workers(roles, signal.SIGKILL)
            self._turn(0.1)


def _take_note(number: int, frame: object) -> None:
    """The octet on the wakeup socket says it all."""


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
        # nobody waits for the answer of a start in the foreground, and there is no log yet
        told, text = (notify, f"{error}") if notify >= 0 else (2, f"postfix/master: fatal: {error}")
        with contextlib.suppress(OSError):
            os.write(told, f"{text}\n".encode())
        return 1
    try:
        master.run()
    except PyfixError as error:
        master.abandon(str(error))
        return 1
    return 0
