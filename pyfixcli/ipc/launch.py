"""Starting, stopping and asking the daemon, for the commands (postfix(1))."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time

from pyfixcli.base import paths
from pyfixcli.base.environment import selected_environment
from pyfixcli.base.errors import PyfixError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

STOP_DEADLINE = 30.0
DAEMON_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def running_pid(config: Config) -> int | None:
    """The pid of the instance's master, or None when it does not run."""
    path = os.path.join(config.queue_directory, paths.MASTER_LOCK)
    for _ in range(100):
        if not _is_locked(path):
            return None
        pid = _read_pid(config)
        if pid is not None:
            return pid
        time.sleep(0.01)  # it holds the lock: about to write its pid, or about to end
    return None


def _is_locked(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(descriptor)


def _read_pid(config: Config) -> int | None:
    path = os.path.join(config.queue_directory, paths.MASTER_PID)
    try:
        with open(path, encoding="ascii") as stream:
            return int(stream.read())
    except (OSError, ValueError):
        return None


def _master_argv(directory: str, notify: int) -> list[str]:
    search = [os.path.abspath(path) for path in sys.path]  # a launcher may be called as bin/NAME
    code = (
        f"import sys; sys.path[:] = {search!r}; "
        "from pyfixcli.daemon.master import main; sys.exit(main(sys.argv))"
    )
    return [os.path.abspath(sys.executable), "-I", "-S", "-c", code, directory, str(notify)]


def start(config: Config) -> None:
    """Launch the daemon in a session of its own; returns when it accepts mail.

    Raises PyfixError with the reason when it does not start.
    """
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_daemon(config, theirs)
    os.close(theirs)
    os.waitpid(pid, 0)
    answer = b""
    while not answer.endswith(b"\n") and (chunk := os.read(ours, 4096)):
        answer += chunk
    os.close(ours)
    text = answer.decode("utf-8", "replace").strip()
    if text != "ok":
        raise PyfixError(text or "the mail system did not start")


def _daemon_environment(config: Config) -> dict[str, str]:
    """What the daemon keeps of the caller's environment (import_environment)."""
    kept = {"PATH": DAEMON_PATH, **selected_environment(config.import_environment)}
    return {**kept, "MAIL_CONFIG": config.config_directory}


def _become_daemon(config: Config, notify: int) -> None:
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.set_inheritable(notify, True)
        argv = _master_argv(config.config_directory, notify)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.chdir("/")
        os.umask(0o077)
        os.execve(argv[0], argv, _daemon_environment(config))
    finally:
        os._exit(127)


def start_foreground(config: Config) -> None:
    """Become the daemon, in this process and session (postfix start-fg)."""
    os.umask(0o077)
    argv = _master_argv(config.config_directory, -1)
    os.execve(argv[0], argv, _daemon_environment(config))


def stop(config: Config) -> None:
    """Ask master to stop and wait for its end; PyfixError when it does not run or end."""
    _end(config, signal.SIGTERM)


def abort(config: Config) -> None:
    """Stop at once, without waiting for what is under way."""
    _end(config, signal.SIGINT)


def _end(config: Config, number: signal.Signals) -> None:
    pid = running_pid(config)
    if pid is None:
        raise PyfixError("the Postfix mail system is not running")
    try:
        os.kill(pid, number)
    except PermissionError as error:
        raise PyfixError(f"kill master process {pid}: {error.strerror}") from error
    deadline = time.monotonic() + STOP_DEADLINE
    while running_pid(config) is not None:
        if time.monotonic() > deadline:
            raise PyfixError(f"master process {pid} does not end")
        time.sleep(0.01)


def _ask_master(config: Config, request: bytes) -> str:
    import socket

    path = os.path.join(config.queue_directory, paths.MASTER)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(60.0)
        try:
            connection.connect(path)
            connection.sendall(request + b"\n")
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        except OSError as error:
            raise PyfixError(f"master does not answer: {error}") from error
    return answer.decode("utf-8", "replace").strip()


def reload(config: Config) -> None:
    """Read the configuration again; returns when the new workers accept."""
    answer = _ask_master(config, b"reload")
    if answer != "ok":
        raise PyfixError(answer)


def worker_pids(config: Config) -> list[tuple[int, str]]:
    """(pid, role) of every process of the running instance."""
    import json

    status = json.loads(_ask_master(config, b"status"))
    processes = [(int(status["master"]), "master")]
    return processes + [(int(w["pid"]), str(w["role"])) for w in status["workers"]]
