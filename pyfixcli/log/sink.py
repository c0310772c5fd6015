"""Where log lines go: the log file, standard output, the system's log, the daemon's log socket."""

from __future__ import annotations

import _socket
import os

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class LogSettings(Protocol):
        """The parameters that decide where the log goes."""

        @property
        def queue_directory(self) -> str: ...
        @property
        def maillog_file(self) -> str: ...
        @property
        def maillog_file_prefixes(self) -> str: ...
        @property
        def maillog_json_file(self) -> str: ...
        @property
        def syslog_facility(self) -> str: ...

    class Sink(Protocol):
        """Takes whole lines, each ended by a newline."""

        def write(self, lines: bytes) -> None:
            """Write lines; never raises, since a full disk must not stop the mail."""

        def close(self) -> None:
            """Let go of what was opened."""

    Opener = Callable[[str], int]


MAX_DATAGRAM = 60000
FACILITIES = {
    "kern": 0,
    "user": 1,
    "mail": 2,
    "daemon": 3,
    "auth": 4,
    "syslog": 5,
    "news": 7,
    "uucp": 8,
    "cron": 9,
    "authpriv": 10,
    **{f"local{n}": 16 + n for n in range(8)},
}
SYSLOG = "/dev/log"
STAMP = len("Nov 25 17:35:30 ")
LEVELS = {b"warning": 4, b"error": 3, b"fatal": 2, b"panic": 2}  # syslog(3), by how a text begins
INFO = 6


class FileSink:
    """Appends to a file; whole lines, so that several processes may share it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, lines: bytes) -> None:
        try:
            os.write(self._descriptor, lines)
        except OSError:
            return

    def close(self) -> None:
        os.close(self._descriptor)


class SocketSink:
    """Datagrams to a log socket, one for each line."""

    def __init__(self, connection: _socket.socket) -> None:
        self._socket = connection

    def write(self, lines: bytes) -> None:
        for line in lines.split(b"\n"):
            if line:
                self._send(line[:MAX_DATAGRAM])

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
        except OSError:
            return

    def close(self) -> None:
        self._socket.close()


class SyslogSink:
    """The system's log, which itself tells the host, and sorts lines by facility and level (syslog(3)).

    It may be started after us, and again at any time.
    """

    def __init__(self, facility: int, path: str = SYSLOG) -> None:
        self._facility = facility
        self._path = path
        self._socket = connect_datagram(path)

    def write(self, lines: bytes) -> None:
        for line in lines.split(b"\n"):
            if line:
                self._deliver(self._pack(line[:MAX_DATAGRAM]))

    def _pack(self, line: bytes) -> bytes:
        stamp, rest = line[:STAMP], line[STAMP:].partition(b" ")[2]
        level = LEVELS.get(rest.partition(b"]: ")[2].partition(b": ")[0], INFO)
        return b"<%d>%b%b" % (self._facility * 8 + level, stamp, rest)

    def _deliver(self, datagram: bytes) -> None:
        if self._is_sent(datagram):
            return
        self.close()
        self._socket = connect_datagram(self._path)
        self._is_sent(datagram)

    def _is_sent(self, datagram: bytes) -> bool:
        try:
            return self._socket is not None and self._socket.send(datagram) > 0
        except OSError:
            return False

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


class NullSink:
    """For those who may not write anywhere."""

    def write(self, lines: bytes) -> None:
        return

    def close(self) -> None:
        return


def open_log_file(name: str) -> int:
    """A descriptor for appending; /dev/stdout is standard output."""
    if name == "/dev/stdout":
        return os.dup(1)
    return os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)


def open_sink(
    config: LogSettings,
    program: str,
    direct: bool = True,
    opener: Opener = open_log_file,
    *,
    socket: bool = True,
) -> Sink:
    """The sink of the daemon (``program`` is ``daemon``) or of a command.

    A command uses the daemon's log socket, if ``socket``, while somebody reads it, else, if ``direct``, the log
    file when it may write it. ``opener`` opens the log files. Raises PyfixError only for the daemon.
    """
    if config.maillog_file and program != "daemon" and socket:
        connection = connect_datagram(os.path.join(config.queue_directory, paths.POSTLOG))
        if connection is not None:
            return SocketSink(connection)
        if not direct:
            return NullSink()
    required = program == "daemon"
    name = config.maillog_file
    text = (
        _open_file(config, name, required, opener) if name else open_syslog(config.syslog_facility)
    )
    if not config.maillog_json_file or not direct:
        return text
    from pyfixcli.log.json_lines import JsonSink

    return JsonSink(text, _open_file(config, config.maillog_json_file, required, opener))


def _open_file(config: LogSettings, name: str, required: bool, opener: Opener) -> Sink:
    try:
        check_prefix(name, config.maillog_file_prefixes)
        return FileSink(opener(name))
    except OSError as error:
        if required:
            raise PyfixError(f"open logfile '{name}': {error.strerror or error}") from error
        return NullSink()


def check_prefix(name: str, prefixes: str) -> None:
    """PyfixError unless the log file lies where maillog_file_prefixes allows it."""
    for prefix in prefixes.replace(",", " ").split():
        if name == prefix or name.startswith(prefix.rstrip("/") + "/"):
            return
    raise PyfixError(f"maillog_file value '{name}' does not match any prefix in '{prefixes}'")


def connect_datagram(path: str) -> _socket.socket | None:
    """A connected AF_UNIX datagram socket, or None when nobody listens."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection


def open_syslog(name: str) -> Sink:
    """The system's log, under the facility of this name."""
    return SyslogSink(FACILITIES.get(name, FACILITIES["mail"]))
