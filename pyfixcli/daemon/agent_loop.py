"""The life of a local delivery process: one delivery after the other, no loop.

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
from collections.abc import Callable, Iterator
from typing import NoReturn

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
from pyfixcli.daemon.group_sync import Ended, GroupSync, Work
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, Status
from pyfixcli.protocol.frame import MAX_FRAME, FrameBuffer, frame
from pyfixcli.queue import codec

RECONNECT = 0.05
LARGEST = MAX_FRAME // 4  # octets of the results of one delivery: a greeting has those of several
FAREWELL = 5.0  # seconds without an answer until it ends anyway
Deliver = Callable[[DeliveryRequest], Work]


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


class AgentLoop:
    """Connects to the scheduler and delivers what it assigns; ``group`` is what ``deliver`` makes files durable with."""

    def __init__(self, context: WorkerContext, deliver: Deliver, group: GroupSync) -> None:
        self._context = context
        self._deliver = deliver
        self._group = group
        group.tell = self._take_ended
        self._path = os.path.join(context.config.queue_directory, paths.AGENTS)
        self._unconfirmed: dict[int, Finished] = {}
        self._is_released = False
        self._socket: socket.socket | None = None

    def run(self) -> None:
        """Serve until SIGTERM or the end of the zygote."""
        try:
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
        finally:
            self._group.abandon()

    def _connect(self) -> None:
        """Greet a scheduler, as soon as there is one, with what is not confirmed."""
        if self._is_orphan(0.0):
            self._vanish()
        self._settle()
        while not self._context.stopping and not self._greet():
            if self._is_orphan(RECONNECT):
                self._vanish()

    def _greet(self) -> bool:
        """Whether a scheduler listens; it may die before it has read the greeting, and then run() connects again."""
        self._buffer = FrameBuffer()
        self._pending: list[Assign] = []
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            return False
        self._socket = connection
        hello = Hello("local", os.getpid(), 1, (), tuple(self._unconfirmed.values()))
        try:
            self._send(hello)
        except OSError:
            self._disconnect()
        return True

    def _vanish(self) -> NoReturn:
        """The zygote is gone, and with it the scheduler.

        What has no name in a mailbox yet is given up, and is tried again; the next scheduler finds the results that were not
        confirmed in the socket, if that is still there.
        """
        self._group.abandon()
        self._disconnect()
        if self._unconfirmed:
            self._greet()
        os._exit(0)

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

    def _send(self, message: Hello | Landed | Leaving) -> None:
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
        readable, _, _ = select.select(watched, [], [], self._group.patience)
        if self._context.wakeup in readable:
            self._context.take_signals()
        if self._context.life_line in readable:
            self._vanish()
        if self._socket in readable:
            self._receive()
        while self._pending:
            self._carry_out(self._pending.pop(0))
        if self._group.patience == 0.0:
            self._settle()

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

    def _carry_out(self, assigned: Assign) -> None:
        with self._watchdog():
            results = self._group.begin(assigned, self._deliver(assigned.request))
        if results is None:
            self._send(Landed(assigned.ticket))
        else:
            self._report(assigned, results)

    @contextlib.contextmanager
    def _watchdog(self) -> Iterator[None]:
        """A file system that hangs ends this process."""
        outer = signal.alarm(int(self._context.config.daemon_timeout))
        try:
            yield
        finally:
            signal.alarm(outer)

    def _settle(self) -> None:
        with self._watchdog():
            self._group.settle()

    def _take_ended(self, ended: list[Ended]) -> None:
        """Deliveries that waited for the disk have ended."""
        for assigned, results in ended:
            with contextlib.suppress(
                OSError
            ):  # the results are kept, and the next turn meets the error
                self._report(assigned, results)

    def _report(self, assigned: Assign, results: list[DeliveryResult]) -> None:
        """Tell the scheduler of the end of a delivery; it is kept until it is confirmed."""
        finished = Finished(assigned.ticket, assigned.request, tuple(results))
        payload = codec.pack(finished)
        if len(payload) > LARGEST:
            finished = shorten(finished)
            payload = codec.pack(finished)
        self._unconfirmed[assigned.ticket] = finished
        if self._socket is not None:  # else the greeting says it
            self._send_payload(payload)

    def _leave(self) -> None:
        """The end: do what was assigned before the scheduler heard of it, and wait until the results are confirmed."""
        deadline = time.monotonic() + FAREWELL
        try:
            if self._socket is not None:
                self._settle()
                self._send(Leaving())
            while self._has_ties() and time.monotonic() < deadline:
                while self._pending:
                    self._carry_out(self._pending.pop(0))
                    deadline = time.monotonic() + FAREWELL
                self._settle()
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
