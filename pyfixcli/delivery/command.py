"""Running a command for a delivery, and what its end means (local(8), pipe(8): EXTERNAL COMMAND DELIVERY).

The child gives its rights up for good before anything of the recipient's runs. A command line is executed
directly when it has nothing that only a shell understands; else /bin/sh gets it as one constant argument. Nothing
from a message is ever put into a command line: it comes as arguments or in the environment.

Diagnostics: exit statuses are those of sysexits; an enhanced status code at the start of the output decides instead.
"""

from __future__ import annotations

import itertools
import os
import re
import select
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.privilege import Rights, drop_for_good, is_privileged
from pyfixcli.base.sysexits import EX_TEMPFAIL
from pyfixcli.delivery.agent import Outcome
from pyfixcli.mail.delivery import Status

MAX_OUTPUT = 4096  # octets of output that are kept
SHELL = "/bin/sh"
REAP = 0.01  # seconds between looks whether a child without output has ended
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890!@%-_=+:,./ \t")
_RESET = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
# what a line of output looks like in logs and notices
_SHOWN = {**{code: "_" for code in (*range(32), 127)}, ord("\n"): " ", ord("\t"): " "}
_CODE = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, as whom and where.

    ``line`` is a command line, or the words of a command that is executed as it is; ``runner`` are words of a command that
    gets the line as its last argument, always (local_command_shell). ``program`` names the agent in what the child says
    itself. ``environment`` is all that the command gets; ``time_limit`` is in seconds for the whole of it, 0: none.
    """

    line: str | tuple[str, ...]
    program: str
    rights: Rights
    environment: Mapping[str, str]
    directory: str
    time_limit: float
    chroot: str = ""
    runner: tuple[str, ...] = ()

    @property
    def program_file(self) -> str:
        """What has to be there to be executed; empty where /bin/sh looks for it."""
        if self.runner:
            return self.runner[0]
        return "" if isinstance(self.line, str) else self.line[0]

    @property
    def text(self) -> str:
        """The command as log lines show it: its line, or the program that it runs."""
        return self.line if isinstance(self.line, str) else self.line[0]


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended: a wait(2) status, its output, and whether it took too long.

    ``complaint`` is for the log: why the command was not even begun.
    """

    status: int
    output: str
    is_timed_out: bool = False
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class _ExitText:
    status: Status
    dsn: str
    text: str


def _bounced(dsn: str, text: str) -> _ExitText:
    return _ExitText(Status.BOUNCED, dsn, text)


def _deferred(dsn: str, text: str) -> _ExitText:
    return _ExitText(Status.DEFERRED, dsn, text)


# sysexits(3) and the words of the reference
EXIT_TEXTS: Mapping[int, _ExitText] = {
    64: _bounced("5.3.0", "command line usage error"),
    65: _bounced("5.6.0", "data format error"),
    66: _bounced("5.3.0", "cannot open input"),
    67: _bounced("5.1.1", "user unknown"),
    68: _bounced("5.1.2", "host name unknown"),
    69: _bounced("5.3.0", "service unavailable"),
    70: _bounced("5.3.0", "internal software error"),
    71: _deferred("4.3.0", "system resource problem"),
    72: _bounced("5.3.0", "critical OS file missing"),
    73: _bounced("5.2.0", "can't create user output file"),
    74: _bounced("5.3.0", "input/output error"),
    75: _deferred("4.3.0", "temporary failure"),
    76: _bounced("5.5.0", "remote error in protocol"),
    77: _bounced("5.7.0", "permission denied"),
    78: _bounced("5.3.5", "local configuration error"),
}


# -- what it means -----------------------------------------------------------------------


def judge_command(command: Command, end: CommandEnd, delivered: str) -> Outcome:
    """The outcome for the recipient; ``delivered`` is the text of success."""
    if end.is_timed_out:
        return _failed(_bounced("5.3.0", f'Command time limit exceeded: "{command.text}"'), end, "")
    if end.status == 0:
        return Outcome(Status.SENT, "2.0.0", delivered)
    coded = _coded(end.output)
    if coded is not None:
        return coded
    if os.WIFSIGNALED(end.status):
        number = os.WTERMSIG(end.status)
        text = f'Command died with signal {number}: "{command.text}"'
        return _failed(_deferred("4.3.0", text), end, "")
    number = os.WEXITSTATUS(end.status)
    known = EXIT_TEXTS.get(number)
    if known is not None:
        return _failed(known, end, known.text)
    text = f'Command died with status {number}: "{command.text}"'
    return _failed(_bounced("5.3.0", text), end, f"unknown mail system error {number}")


def _failed(said: _ExitText, end: CommandEnd, reason: str) -> Outcome:
    text = f"{said.text}. Command output: {end.output}" if end.output else said.text
    diagnostic = end.output or reason or said.text
    return Outcome(said.status, said.dsn, text, "", "x-unix", diagnostic)


def _coded(output: str) -> Outcome | None:
    """The outcome that an enhanced status code in the output asks for (RFC 3463)."""
    found = _CODE.match(output)
    if found is None:
        return None
    text = output[found.end() :]
    if found[1].startswith("2"):
        return Outcome(Status.BOUNCED, "5.0.0", text, "", "x-unix", text)
    status = Status.DEFERRED if found[1].startswith("4") else Status.BOUNCED
    return Outcome(status, found[1], text, "", "x-unix", text)


# -- running it --------------------------------------------------------------------------


def run_command(command: Command, pieces: Iterator[bytes]) -> CommandEnd:
    """Run a command with a message on its standard input; OSError when it cannot be begun.

    What it does not read is no error. A command that takes too long is killed with all that it started.
    """
    (into, feed), (heard, out), (told, tell) = _pipes(3)
    try:
        pid = os.fork()
    except OSError:
        for descriptor in (into, feed, heard, out, told, tell):
            os.close(descriptor)
        raise
    if pid == 0:
        _become(command, into, out, tell)
    for descriptor in (into, out, tell):
        os.close(descriptor)
    deadline = time.monotonic() + command.time_limit if command.time_limit else None
    conversation = _Conversation(pid, feed, heard, deadline)
    try:
        complaint = os.read(told, 4096).decode("utf-8", "surrogateescape")  # ends at the exec
        return replace(conversation.run(filter(None, pieces)), complaint=complaint)
    finally:
        conversation.close()
        os.close(told)


def _pipes(count: int) -> list[tuple[int, int]]:
    """So many pipes, or none."""
    pipes: list[tuple[int, int]] = []
    try:
        for _ in range(count):
            pipes.append(os.pipe())
    except OSError:
        for descriptor in itertools.chain.from_iterable(pipes):
            os.close(descriptor)
        raise
    return pipes


class _Conversation:
    """Feeds a child and hears it until it has ended."""

    def __init__(self, pid: int, feed: int, heard: int, deadline: float | None) -> None:
        self._pid = pid
        self._feed = feed
        self._heard = heard
        self._deadline = deadline
        self._output = b""
        os.set_blocking(feed, False)

    def run(self, pieces: Iterator[bytes]) -> CommandEnd:
        """To the end of the child, or of its time.

        It gets the whole message also after it has closed its output. When the message cannot be read, the child is
        killed: the end of what it reads would look to it like the end of the message.
        """
        try:
            return self._converse(pieces)
        except BaseException:
            self._kill()
            raise

    def _converse(self, pieces: Iterator[bytes]) -> CommandEnd:
        pending = next(pieces, b"")
        while True:
            if not pending:
                self._feed = _close(self._feed)
            if self._feed < 0 and self._heard < 0:
                return self._reap()
            pending = self._turn(pending) or next(pieces, b"")
            if self._is_late():
                return self._kill()

    def _turn(self, pending: bytes) -> bytes:
        """Wait until something can be written or read; what is still to be written."""
        readers, writers = _open_ones(self._heard), _open_ones(self._feed)
        patience = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        readable, writable, _ = select.select(readers, writers, [], patience)
        if readable:
            self._hear()
        if writable:
            try:
                return pending[os.write(self._feed, pending) :]
            except BlockingIOError:
                return pending
            except OSError:  # it does not want (the rest of) the message
                self._feed = _close(self._feed)
                return b""
        return pending

    def _hear(self) -> None:
        data = os.read(self._heard, 65536)
        if not data:
            self._heard = _close(self._heard)
        self._output += data[: MAX_OUTPUT - len(self._output)]

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _reap(self) -> CommandEnd:
        """It has closed its output and has, or does not want, the message: wait for its end."""
        while self._deadline is not None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                return self._end(status)
            if self._is_late():
                return self._kill()
            time.sleep(REAP)
        return self._end(os.waitpid(self._pid, 0)[1])

    def _kill(self) -> CommandEnd:
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            os.kill(self._pid, signal.SIGKILL)
        return self._end(os.waitpid(self._pid, 0)[1], is_timed_out=True)

    def _end(self, status: int, is_timed_out: bool = False) -> CommandEnd:
        octets = self._output.partition(b"\0")[0]
        output = octets.decode("utf-8", "surrogateescape").translate(_SHOWN)
        return CommandEnd(status, output, is_timed_out)

    def close(self) -> None:
        """Give the descriptors back."""
        self._feed, self._heard = _close(self._feed), _close(self._heard)


def _open_ones(descriptor: int) -> list[int]:
    return [descriptor] if descriptor >= 0 else []


def _close(descriptor: int) -> int:
    if descriptor >= 0:
        os.close(descriptor)
    return -1


# -- the child ---------------------------------------------------------------------------


def _become(command: Command, into: int, out: int, tell: int) -> None:
    """In the child: take the place of the command. Never returns."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in _RESET:
            signal.signal(number, signal.SIG_DFL)
        os.dup2(into, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.dup2(tell, 3, inheritable=False)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        _enter(command)
        _execute(command)
    except (OSError, PyfixError, ValueError) as error:
        reason = _reason(error)
        if command.program_file:
            reason = f"pipe_command: execvp {command.program_file}: {_problem(error)}"
            os.write(3, reason.encode("utf-8", "surrogateescape"))
        text = f"{command.program}: fatal: {reason}\n"
        os.write(2, text.encode("utf-8", "surrogateescape"))
    finally:
        os._exit(EX_TEMPFAIL)


def _problem(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"execvp {os.fsdecode(error.filename)}: {error.strerror}"
    return str(error)


def _enter(command: Command) -> None:
    """Root directory, rights, working directory: in this order, and none of it can be undone."""
    if command.chroot:
        try:
            os.chroot(command.chroot)
            os.chdir("/")
        except OSError as error:
            _give_up(f"chroot({command.chroot}): {error.strerror}")
    if is_privileged():
        rights = command.rights
        drop_for_good(rights.uid, rights.gid, list(rights.groups) or [rights.gid])
    try:
        os.chdir(command.directory)
    except OSError as error:
        ids = f"uid={os.geteuid()} gid={os.getegid()}"
        text = f'cannot change directory to "{command.directory}" for {ids}: {error.strerror}'
        _give_up(text)
    os.umask(0o077)


def _give_up(complaint: str) -> NoReturn:
    """End before the command, with what the log is to say."""
    os.write(3, complaint.encode("utf-8", "surrogateescape"))
    os._exit(EX_TEMPFAIL)


def _execute(command: Command) -> None:
    environment = {
        os.fsencode(name): os.fsencode(value) for name, value in command.environment.items()
    }
    words = _words(command)
    if words:
        try:
            os.execvpe(words[0], words, environment)
        except FileNotFoundError:
            if command.program_file or "/" in words[0]:
                raise
    assert isinstance(command.line, str)
    os.execve(SHELL, ["sh", "-c", command.line], environment)


def _words(command: Command) -> list[str]:
    """The words of a command that needs no shell, or has its own; none of one that needs /bin/sh."""
    line = command.line
    if isinstance(line, tuple):
        return list(line)
    if command.runner:
        return [*command.runner, line]
    return line.split() if _PLAIN.issuperset(line) else []
