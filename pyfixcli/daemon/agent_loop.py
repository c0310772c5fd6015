"""The life of a local delivery process: one delivery at a time, no loop.

Results are kept until the scheduler confirms them; when it restarts, they are the first that the new one
hears.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from pyfixcli.base import paths
from pyfixcli.daemon.agent_frames import (
    Assign,
    Confirm,
    Finished,
    Hello,
    Landed,
    Leaving,
    Released,
    to_agent_decoder,
)
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, Status
from pyfixcli.protocol.frame import MAX_FRAME, FrameBuffer, frame
from pyfixcli.queue import codec

RECONNECT = 0.05
LARGEST = MAX_FRAME // 4  # octets of the results of one delivery: a greeting has those of several
FAREWELL = 5.0  # seconds without an answer until it ends anyway
GATHER = 0.01  # seconds in which names that are to be made durable come together
MOST_LANDED = 32  # deliveries that wait for that
Deliver = Callable[[DeliveryRequest], list[DeliveryResult]]


def shorten(finished: Finished) -> Finished:
    """The end of a delivery whose outcomes fit into no frame: the recipients are returned, else it would begin again for ever."""
    results = tuple(
        DeliveryResult(
            queue_id=result.queue_id,
            attempt=result.attempt,
            index=result.index,
            part=result.part,
            status=Status.BOUNCED,
            dsn="5.5.3",
            text="too many recipients",
        )
        for result in finished.results
    )
    return Finished(finished.ticket, finished.request, results)


def _sync(directory: int) -> OSError | None:
    try:
        os.fsync(directory)
    except OSError as error:
        return error
    return None


class Landing(NamedTuple):
    """A delivery whose mail is where it goes, under a name that is not durable yet: a descriptor of its directory."""

    finished: Finished
    directory: int


def put_off(finished: Finished, error: OSError) -> Finished:
    """The end of a delivery whose name could not be made durable: it is made again."""
    results = tuple(
        msgspec.structs.replace(
            result,
            status=Status.DEFERRED,
            dsn="4.3.0",
            text=f"maildir delivery failed: cannot sync the directory: {error.strerror}",
        )
        for result in finished.results
    )
    return Finished(finished.ticket, finished.request, results)


class AgentLoop:
    """Connects to the scheduler and has delivered what it assigns."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._path = os.path.join(context.config.queue_directory, paths.AGENTS)
        self._unconfirmed: dict[int, Finished] = {}
        self._is_released = False
        self._may_land = False  # whether the delivery under way is all of its request
        self._directory = -1  # where it has landed
        self._landings: list[Landing] = []
        self._due = 0.0  # when they are to be made durable
        self._socket: socket.socket | None = None

    def run(self, deliver: Deliver) -> None:
        """Serve until SIGTERM or the end of the zygote; ``deliver`` makes one delivery."""
        self._deliver = deliver
        self._connect()
        self._context.ready()
        while not self._context.stopping:
            if self._socket is None:
                self._connect()
                continue
            try:
                self._turn()
            except OSError:
                self._disconnect()
        self._leave()

    def _connect(self) -> None:
        self._settle()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        while not self._context.stopping:
            try:
                connection.connect(self._path)
                break
            except OSError:
                if self._is_orphan(RECONNECT):
                    os._exit(0)
        self._buffer = FrameBuffer()
        self._pending: list[Assign] = []
        if self._context.stopping:
            connection.close()
            return
        self._socket = connection
        hello = Hello("local", os.getpid(), 1, (), tuple(self._unconfirmed.values()))
        try:
            self._send(hello)
        except OSError:
            self._disconnect()  # the scheduler died meanwhile: run() connects again

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _is_orphan(self, patience: float) -> bool:
        watched: list[int | socket.socket] = [self._context.life_line, self._context.wakeup]
        readable, _, _ = select.select(watched, [], [], patience)
        if self._context.wakeup in readable:
            self._context.take_signals()
        return self._context.life_line in readable

    def _send(self, message: Finished | Hello | Landed | Leaving) -> None:
        self._send_payload(codec.pack(message))

    def _send_payload(self, payload: bytes) -> None:
        assert self._socket is not None
        self._context.log.flush()
        self._socket.sendall(frame(payload))

    def _turn(self) -> None:
        """Wait for an assignment, and carry it out."""
        assert self._socket is not None
        watched: list[int | socket.socket] = [
            self._socket,
            self._context.life_line,
            self._context.wakeup,
        ]
        patience = max(0.0, self._due - time.monotonic()) if self._landings else None
        readable, _, _ = select.select(watched, [], [], patience)
        if self._context.wakeup in readable:
            self._context.take_signals()
        if self._context.life_line in readable:
            with contextlib.suppress(OSError):
                self._report(self._settle())
            os._exit(0)
        if self._socket in readable:
            self._receive()
        while self._pending:
            self._carry_out(self._pending.pop(0))
        if self._landings and self._is_time_to_settle:
            self._report(self._settle())

    def _receive(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError
        for payload in self._buffer.receive(data):
            message = codec.unpack(payload, to_agent_decoder)
            if isinstance(message, Confirm):
                for ticket in message.tickets:
                    self._unconfirmed.pop(ticket, None)
            elif isinstance(message, Released):
                self._is_released = True
            else:
                self._pending.append(message)

    # -- what has landed -------------------------------------------------------------

    def landed(self, directory: str) -> bool:
        """Have the names in a directory made durable later, together with those of other deliveries.

        False: the caller is to do that at once, since others wait for this delivery (it is not all of its request), or
        since the directory cannot be opened.
        """
        if not self._may_land:
            return False
        self._may_land = False
        try:
            self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return False
        return True

    def _land(self, finished: Finished) -> None:
        """Say that the next delivery for the same place may begin; the results follow."""
        if not self._landings:
            self._due = time.monotonic() + GATHER
        self._landings.append(Landing(finished, self._directory))
        self._directory = -1
        self._send(Landed(finished.ticket))

    @property
    def _is_time_to_settle(self) -> bool:
        return len(self._landings) >= MOST_LANDED or time.monotonic() >= self._due

    def _settle(self) -> list[Finished]:
        """Make durable what has landed, each directory once; the results, which are kept from now on."""
        landings, self._landings = self._landings, []
        signal.alarm(int(self._context.config.daemon_timeout))
        errors: dict[tuple[int, int], OSError | None] = {}
        settled = [self._settle_one(landing, errors) for landing in landings]
        signal.alarm(0)
        self._unconfirmed.update((finished.ticket, finished) for finished in settled)
        return settled

    def _settle_one(
        self, landing: Landing, errors: dict[tuple[int, int], OSError | None]
    ) -> Finished:
        finished, directory = landing
        try:
            status = os.fstat(directory)
            place = (status.st_dev, status.st_ino)
            if place not in errors:
                errors[place] = _sync(directory)
        finally:
            os.close(directory)
        error = errors[place]
        if error is None:
            return finished
        failed, request = put_off(finished, error), finished.request
        text = f"{request.queue_id}: status=deferred ({failed.results[0].text})"
        self._context.log.warning(request.service, text)
        return failed

    def _report(self, settled: list[Finished]) -> None:
        for finished in settled:
            self._send(finished)

    # -- deliveries --------------------------------------------------------------------

    def _carry_out(self, assigned: Assign) -> None:
        watchdog = int(self._context.config.daemon_timeout)
        signal.alarm(watchdog)  # a file system that hangs ends this process
        self._may_land = len(assigned.request.recipients) == 1
        results = self._deliver(assigned.request)
        self._may_land = False
        signal.alarm(0)
        finished = Finished(assigned.ticket, assigned.request, tuple(results))
        if self._directory >= 0:
            self._land(finished)
            return
        payload = codec.pack(finished)
        if len(payload) > LARGEST:
            finished = shorten(finished)
            payload = codec.pack(finished)
        self._unconfirmed[assigned.ticket] = finished
        self._send_payload(payload)

    def _leave(self) -> None:
        """The end: do what was assigned before the scheduler heard of it, and wait until the results are confirmed."""
        deadline = time.monotonic() + FAREWELL
        try:
            if self._socket is not None:
                self._report(self._settle())
                self._send(Leaving())
            while self._has_ties() and time.monotonic() < deadline:
                while self._pending:
                    self._carry_out(self._pending.pop(0))
                    deadline = time.monotonic() + FAREWELL
                self._report(self._settle())
                self._hear(0.2)
        except OSError:
            return  # the scheduler is gone: it tries again what had no result

    def _hear(self, patience: float) -> None:
        """Take what the scheduler says within so many seconds."""
        assert self._socket is not None
        if select.select([self._socket], [], [], patience)[0]:
            self._receive()

    def _has_ties(self) -> bool:
        if self._socket is None:
            return False
        return bool(not self._is_released or self._pending or self._unconfirmed)
