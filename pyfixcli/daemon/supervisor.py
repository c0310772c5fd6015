"""Zygotes and workers: what should run, what does run, and when what died is started again.

Nothing here waits: master's loop calls hear() for what a zygote says, and reconcile() to have whatever is missing
forked. A zygote may die at any moment, also before it said what it forked; its workers end with it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pyfixcli.base.errors import PyfixError
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog

SINGLE = ("store", "queue")  # a reload leaves these where they are
AGENTS = ("deliver", "local")
ZYGOTE = "zygote"
LOCAL_PROCESSES = 4

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 20.0  # of what dies before it serves
LONGEST_PAUSE_SERVING = 1.0  # of what dies after it served
HEALTHY = 10.0  # what lived so long dies without a growing pause


@dataclass(slots=True)
class Zygote:
    """A zygote process; ``workers`` (pid -> role) are its children, ``requested`` roles not yet forked.

    ``failure`` says why it, or one of its workers, ended before it was ready. ``retiring`` are workers that are not needed
    any more: they finish what they are at.
    """

    pid: int
    channel: socket.socket
    born: float
    is_up: bool = False
    is_draining: bool = False
    failure: str = ""
    requested: list[str] = field(default_factory=list)
    workers: dict[int, str] = field(default_factory=dict)
    births: dict[int, float] = field(default_factory=dict)
    ready: set[int] = field(default_factory=set)
    retiring: set[int] = field(default_factory=set)

    def count(self, role: str) -> int:
        """How many workers of this role it has, or will have once it did what it was told."""
        return len(self.staying(role)) + self.requested.count(role)

    def staying(self, role: str) -> list[int]:
        """The workers of this role that were not told to end, the oldest first."""
        return [pid for pid, r in self.workers.items() if r == role and pid not in self.retiring]

    def count_ready(self, role: str) -> int:
        """How many workers of this role serve."""
        return sum(1 for pid in self.ready if self.workers.get(pid) == role)


class Supervisor:
    """Keeps as many workers of each role as are ``wanted``.

    ``execute`` starts a zygote on a descriptor of its channel, and returns its pid; ``on_killed`` is told the
    signal that ended a worker. ``current`` forks what is missing; a zygote of before a reload drains. ``first`` is passed on to workers: nothing else runs yet.
    """

    def __init__(
        self,
        execute: Callable[[int], int],
        on_killed: Callable[[int], None],
        poll: select.poll,
        log: MailLog,
    ) -> None:
        self.log = log
        self.wanted: dict[str, int] = {}
        self.first = False
        self.is_stopping = False
        self.current: Zygote | None = None
        self.zygotes: list[Zygote] = []
        self._execute = execute
        self._on_killed = on_killed
        self._poll = poll
        self._pauses: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._orphans: set[int] = set()  # delivery processes whose zygote died before them

    # -- starting ----------------------------------------------------------------------

    def start_zygote(self) -> Zygote:
        """Execute a zygote; it is of use once ``is_up``. PyfixError when the system has no room for one."""
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            raise PyfixError(f"zygote: {error.strerror}") from error
        try:
            pid = self._execute(theirs.fileno())
        except OSError as error:
            ours.close()
            raise PyfixError(f"fork zygote: {error.strerror}") from error
        finally:
            theirs.close()
        zygote = Zygote(pid, ours, time.monotonic())
        self._poll.register(ours, select.POLLIN)
        self.zygotes.append(zygote)
        return zygote

    def reconcile(self) -> None:
        """Start what is missing, unless it is to wait."""
        if self.is_stopping or not self.wanted:
            return
        if self.current is None:
            if self._may_start(ZYGOTE):
                self._start_again()
        elif self.current.is_up:
            self.complete(self.current)

    def _start_again(self) -> None:
        try:
            self.current = self.start_zygote()
        except PyfixError as error:
            self.log.warning("master", str(error))
            self._delay(ZYGOTE, served=False, lived=0.0)

    def complete(self, zygote: Zygote) -> None:
        """Have this zygote fork what it lacks."""
        for role, count in self.wanted.items():
            if not self._may_start(role):
                continue
            everywhere = self.zygotes if role in SINGLE else [zygote]
            for _ in range(count - sum(z.count(role) for z in everywhere)):
                self._fork(zygote, role)

    def resize(self, role: str, count: int) -> None:
        """Have so many workers of this role from now on."""
        self.wanted[role] = count
        zygote = self.current
        if zygote is None or zygote.is_draining:
            return
        for pid in zygote.staying(role)[count:]:
            zygote.retiring.add(pid)
            _kill(pid, signal.SIGTERM)

    def is_complete(self, zygote: Zygote) -> bool:
        """Whether every role that is wanted is served."""
        return all(
            sum(z.count_ready(role) for z in (self.zygotes if role in SINGLE else [zygote]))
            >= count
            for role, count in self.wanted.items()
        )

    def pause(self) -> float:
        """Seconds until reconcile() has something to do that does not do yet."""
        now = time.monotonic()
        return min((when - now for when in self._not_before.values() if when > now), default=60.0)

    def _may_start(self, role: str) -> bool:
        return self._not_before.get(role, 0.0) <= time.monotonic()

    def _fork(self, zygote: Zygote, role: str) -> None:
        self._orphans = {pid for pid in self._orphans if is_delivery_process(pid)}
        agents = [pid for z in self.zygotes for pid, other in z.workers.items() if other in AGENTS]
        order = {"fork": role, "first": self.first, "agents": [*agents, *self._orphans]}
        zygote.requested.append(role)
        self._tell(zygote, order)

    def _tell(self, zygote: Zygote, order: dict[str, object]) -> None:
        try:
            zygote.channel.send(json.dumps(order).encode())
        except OSError:
            zygote.failure = "zygote ended"  # hear() will meet the end of the channel

    # -- a new generation ----------------------------------------------------------------

    def replace(self, zygote: Zygote) -> None:
        """From now on this one forks; the workers of the others finish what they are at."""
        for other in self.zygotes:
            if other is not zygote:
                other.is_draining = True
                self._tell(other, {"drain": True})
        self.current = zygote

    def discard(self, zygote: Zygote) -> None:
        """Give up a new generation that did not come up: its end of the channel ends it."""
        if zygote in self.zygotes:
            self._forget(zygote)

    # -- hearing -----------------------------------------------------------------------

    def hear(self, descriptor: int) -> None:
        """A zygote's channel is readable."""
        zygote = next((z for z in self.zygotes if z.channel.fileno() == descriptor), None)
        if zygote is None:
            return
        try:
            data = zygote.channel.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self._lost(zygote)
            return
        message = json.loads(data)
        if "zygote" in message:
            zygote.is_up = True
        elif "failed" in message:
            zygote.failure = message["failed"]
        elif "started" in message:
            self._started(zygote, message["started"], message["role"])
        elif "unforked" in message:
            self._not_started(zygote, message["unforked"], message["why"])
        elif "ready" in message:
            zygote.ready.add(message["ready"])
        elif "exit" in message:
            self._ended(zygote, message["exit"], message["status"])

    def _started(self, zygote: Zygote, pid: int, role: str) -> None:
        zygote.requested.remove(role)
        zygote.workers[pid] = role
        zygote.births[pid] = time.monotonic()

    def _not_started(self, zygote: Zygote, role: str, why: str) -> None:
        """The system has no room for a process now."""
        zygote.requested.remove(role)
        zygote.failure = f"fork {role}: {why}"
        self.log.warning("master", zygote.failure)
        self._delay(role, served=False, lived=0.0)

    def _ended(self, zygote: Zygote, pid: int, status: int) -> None:
        role = zygote.workers.pop(pid, "")
        served = pid in zygote.ready
        zygote.ready.discard(pid)
        if pid in zygote.retiring:
            zygote.retiring.discard(pid)
            zygote.births.pop(pid, None)
            return
        lived = time.monotonic() - zygote.births.pop(pid, 0.0)
        if not served:
            zygote.failure = f"the {role} process did not start; the log says why"
        if self.is_stopping or (zygote.is_draining and role not in SINGLE):
            return
        self.log.warning("master", f"process {role} pid {pid} {_describe(status)}")
        if os.WIFSIGNALED(status):
            self._on_killed(os.WTERMSIG(status))
        self._delay(role, served, lived)

    def _lost(self, zygote: Zygote) -> None:
        """A zygote ended; its workers end with it, and the current one is replaced."""
        self._forget(zygote)
        zygote.failure = zygote.failure or "zygote ended"
        if self.is_stopping or (zygote.is_draining and not zygote.workers):
            return
        self.log.warning(
            "master", f"zygote pid {zygote.pid} is gone, with {len(zygote.workers)} workers"
        )
        if zygote is self.current:
            self.current = None
            self._delay(ZYGOTE, zygote.is_up, time.monotonic() - zygote.born)

    def _forget(self, zygote: Zygote) -> None:
        self._poll.unregister(zygote.channel)
        zygote.channel.close()
        self.zygotes.remove(zygote)
        self._orphans |= {pid for pid, role in zygote.workers.items() if role in AGENTS}

    def _delay(self, role: str, served: bool, lived: float) -> None:
        """When a role may start again; several that die together are one incident."""
        now = time.monotonic()
        if self._not_before.get(role, 0.0) > now:
            return
        before = self._pauses.get(role, 0.0)
        longest = LONGEST_PAUSE_SERVING if served else LONGEST_PAUSE
        pause = FIRST_PAUSE if lived > HEALTHY or not before else min(before * 2, longest)
        self._pauses[role] = pause
        self._not_before[role] = now + pause

    # -- all of them -------------------------------------------------------------------

    def signal_workers(
        self, roles: tuple[str, ...], number: signal.Signals, only_draining: bool = False
    ) -> None:
        """Send a signal to the workers of these roles."""
        for zygote in self.zygotes:
            if only_draining and not zygote.is_draining:
                continue
            for pid, role in zygote.workers.items():
                if role in roles:
                    _kill(pid, number)

    def has_workers(self, roles: tuple[str, ...]) -> bool:
        """Whether a worker of one of these roles is left."""
        return any(role in roles for z in self.zygotes for role in z.workers.values())

    def hang_up(self) -> None:
        """Close all channels: what is left of the zygotes ends."""
        for zygote in list(self.zygotes):
            self._forget(zygote)

    def processes(self) -> list[dict[str, object]]:
        """pid and role of every worker and zygote."""
        workers = [
            {"pid": pid, "role": role} for z in self.zygotes for pid, role in z.workers.items()
        ]
        return workers + [{"pid": zygote.pid, "role": ZYGOTE} for zygote in self.zygotes]


def usual_local_processes(config: Config) -> int:
    """How many local delivery processes there are as long as none of them is held up (local_processes)."""
    return int(config.local_processes or LOCAL_PROCESSES)


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def is_delivery_process(pid: int) -> bool:
    """Whether a process that was a delivery process still runs.

    Its pid may be somebody else's by now, and an orphan that no init reaps (containers) stays as a zombie.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            name, _, rest = stat.read().partition("(")[2].rpartition(") ")
    except OSError:
        return False
    return name in {f"pyfix-{role}" for role in AGENTS} and rest[:1] not in ("Z", "X")


def _describe(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    return f"exit status {os.WEXITSTATUS(status)}"
