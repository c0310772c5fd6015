"""The sockets of the queue process that users reach: showq, flush, pickup, qmgr, and the log.

The uid of a peer comes from the kernel; requests are one small frame, answered within
a deadline, and whatever a peer does closes its connection, nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from pyfixcli.base import paths
from pyfixcli.base.errors import ConfigError
from pyfixcli.base.sysexits import EX_NOPERM, EX_OK, EX_USAGE
from pyfixcli.config.load import load_config
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.listener import peer_uid
from pyfixcli.daemon.submit import may_use
from pyfixcli.log.postlogd import sanitise_datagram
from pyfixcli.mail import submission
from pyfixcli.present.showq_json import format_json
from pyfixcli.present.showq_text import TextListing
from pyfixcli.queue.listing import ListedMessage, list_slices
from pyfixcli.queue.maildrop_listing import list_maildrop
from pyfixcli.queue.queue_id import may_be_queue_id

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

QUERY = ord("Q")
FLUSH = ord("F")
DEADLINE = 30.0
STALLED = 3600.0
MAX_REQUEST = 4096
CONNECTIONS = 200
CONNECTIONS_A_USER = 40  # so that nobody keeps others from listing the queue
MAX_DATAGRAM = 65536
SETTLING, SETTLING_STEP = 30, 0.01  # results are committed some 0.05 s after they were logged

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]


class FreshConfig:
    """The configuration as commands see it: main.cf is read again when it has changed.

    Commands of the reference look their lists of users up themselves; an administrator who changes one expects no
    reload to be needed.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stamp = self._look()

    def config(self) -> Config:
        """The configuration; the last good one while main.cf cannot be read."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            with contextlib.suppress(ConfigError):
                self._config = load_config(self._config.config_directory)
        return self._config

    def _look(self) -> int:
        try:
            return os.stat(os.path.join(self._config.config_directory, "main.cf")).st_mtime_ns
        except OSError:
            return 0


class QueueSockets:
    """Serves them for the queue process."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._open: Counter[int] = Counter()  # connections by uid
        self._servers: list[asyncio.Server] = []
        self._users = FreshConfig(process.config)

    async def start(self) -> None:
        """Listen on the inherited sockets."""
        listeners = self._process.context.listeners
        for name, serve in (
            (paths.SHOWQ, self._showq),
            (paths.FLUSH, self._flush),
            (paths.PICKUP, self._pickup),
            (paths.QMGR, self._qmgr),
        ):
            server = await asyncio.start_unix_server(self._guard(serve), sock=listeners[name])
            self._servers.append(server)  # a server that nobody holds stops listening
        log_socket = listeners[paths.POSTLOG]
        log_socket.setblocking(False)
        asyncio.get_running_loop().add_reader(log_socket.fileno(), self._read_log)

    def _guard(
        self, serve: Handler
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            uid = peer_uid(writer.get_extra_info("socket"))
            if not self._has_place(uid):
                writer.close()
                return
            self._open[uid] += 1
            try:
                await serve(reader, writer, uid)
            except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
                pass
            finally:
                self._leave(uid)
                writer.close()

        return guarded

    def _has_place(self, uid: int) -> bool:
        """Whether this user may have one connection more; users cannot lock root and mail_owner out."""
        if uid in (0, os.geteuid()):
            return True
        return self._open[uid] < CONNECTIONS_A_USER and self._open.total() < CONNECTIONS

    def _leave(self, uid: int) -> None:
        self._open[uid] -= 1
        if not self._open[uid]:
            del self._open[uid]

    async def _request(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        frames = submission.FrameReader(MAX_REQUEST)
        while (found := frames.next_frame()) is None:
            data = await asyncio.wait_for(reader.read(MAX_REQUEST), DEADLINE)
            if not data:
                raise ConnectionAbortedError
            frames.receive(data)
        return found

    def _answer(self, writer: asyncio.StreamWriter, status: int, text: str) -> None:
        payload = submission.pack_reply(status, "", text)
        writer.write(submission.pack_frame(submission.REPLY, payload))

    # -- showq ---------------------------------------------------------------------------

    async def _showq(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: int
    ) -> None:
        kind, payload = await self._request(reader)
        refusal = await self._refusal(
            "authorized_mailq_users", uid, "is not allowed to view the mail queue"
        )
        if kind != QUERY or refusal:
            self._answer(writer, EX_NOPERM if refusal else EX_USAGE, refusal or "bad request")
            return
        await self._settle()
        as_json = payload == b"json"
        text = TextListing(self._process.config.enable_long_queue_ids)
        for messages in self._slices():
            piece = "".join(map(format_json, messages)) if as_json else text.add(messages)
            writer.write(
                submission.pack_frame(submission.CONTENT, piece.encode("utf-8", "surrogateescape"))
            )
            await asyncio.wait_for(writer.drain(), STALLED)
            await asyncio.sleep(0)
        if not as_json:
            writer.write(submission.pack_frame(submission.CONTENT, text.end().encode()))
        writer.write(submission.pack_frame(submission.END, b""))
        await asyncio.wait_for(writer.drain(), STALLED)

    async def _settle(self) -> None:
        """Let what was logged be in the queue before it is listed."""
        active = self._process.active
        ended = [message for message in active.values() if message.is_complete]
        for _ in range(SETTLING):
            ended = [message for message in ended if active.get(message.queue_id) is message]
            if not ended:
                return
            await asyncio.sleep(SETTLING_STEP)

    async def _refusal(self, parameter: str, uid: int, text: str) -> str:
        if uid in (0, os.geteuid()):
            return ""
        return await may_use(self._users.config(), parameter, uid, text)

    def _slices(self) -> Iterator[list[ListedMessage]]:
        process = self._process
        directory = os.path.join(process.config.queue_directory, paths.MAILDROP)
        yield list_maildrop(directory)
        yield from list_slices(process.environment, process.active)

    # -- flush and triggers ----------------------------------------------------------------

    async def _flush(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: int
    ) -> None:
        kind, payload = await self._request(reader)
        refusal = await self._refusal(
            "authorized_flush_users", uid, "is not allowed to flush the mail queue"
        )
        if kind != FLUSH or refusal:
            self._answer(writer, EX_NOPERM if refusal else EX_USAGE, refusal or "bad request")
            return
        what, _, name = payload.decode("utf-8", "surrogateescape").partition(" ")
        if what == "all":
            self._process.feeder.flush()
        elif what == "id" and may_be_queue_id(name):
            self._process.feeder.try_now([name])
        elif what == "site":
            self._process.feeder.try_now(self._process.reader.site(name))
        else:
            self._answer(writer, EX_USAGE, "bad request")
            return
        self._answer(writer, EX_OK, "")

    async def _pickup(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: int
    ) -> None:
        await asyncio.wait_for(reader.read(MAX_REQUEST), DEADLINE)
        self._process.pickup.trigger()

    async def _qmgr(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: int
    ) -> None:
        request = await asyncio.wait_for(reader.read(MAX_REQUEST), DEADLINE)
        if uid not in (0, os.geteuid()):
            return
        if b"I" in request:
            self._process.feeder.look_again()
        if b"D" in request and b"A" in request:
            self._process.feeder.flush()
        elif b"D" in request:
            self._process.feeder.queue_run()

    # -- the log socket --------------------------------------------------------------------

    def _read_log(self) -> None:
        log_socket = self._process.context.listeners[paths.POSTLOG]
        for _ in range(100):
            try:
                datagram = log_socket.recv(MAX_DATAGRAM)
            except OSError:
                return
            line = sanitise_datagram(datagram)
            if line:
                self._process.context.sink.write(line)
