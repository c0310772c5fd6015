"""The store process: the only writer of the queue; no loop, no second thread.

It reads whatever its clients have sent, commits all of it with one fsync, and answers. While it
commits, the next batch gathers in the sockets: that is the group commit. What nobody waits for (results,
removals, mail that is safe in a journal) is put off until something urgent comes, so that a message costs one commit
on its way through. The journals of clients that are gone are taken up here.

Data flow: Request frames from edge, queue and root's commands -> Store.commit ->
Reply frames; Announce and Changed frames to the scheduler.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections import deque
from collections.abc import Sequence

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.protocol.frame import BadFrame, FrameBuffer, frame
from pyfixcli.queue import codec
from pyfixcli.queue import requests as rq
from pyfixcli.queue.content import remove_orphans
from pyfixcli.queue.env import DAMAGE, network_filesystem
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.soundness import look, was_noted
from pyfixcli.queue.store import Store

BATCH = 300  # requests a transaction, so that none holds the lock for long
MOST_NEWS = 1000  # commits that are remembered for a scheduler that connects
MOST_WAITING = 200  # requests that can wait
PUT_OFF = 0.02  # seconds that they wait at most for something urgent
PAUSE = 0.002  # seconds after a commit in which what is in a journal gathers
READ_SIZE = 256 * 1024
HOUSEKEEPING = 5.0  # seconds between looks for dead readers and damage
SCAN_SLICE = 200


class Client:
    """A connection, with what it sent and what it is owed."""

    __slots__ = ("buffer", "journal", "leases", "out", "socket")

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.buffer = FrameBuffer()
        self.out = bytearray()
        self.leases: list[int] = []
        self.journal = ""


class StoreProcess:
    """Serves the store's socket until it is told to end."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._log = context.log
        self._listener = context.listeners[paths.STORE]
        self._listener.setblocking(False)
        self._poll = select.poll()
        self._clients: dict[int, Client] = {}
        self._subscriber: Client | None = None
        self._news: deque[rq.Announce | rq.Changed] = deque(maxlen=MOST_NEWS)  # for the next one
        self._pending: list[tuple[Client, rq.Request]] = []
        self._deadline = 0.0  # when all of them are committed, however little there is
        self._next_commit = 0.0  # what is in a journal waits for it
        self._next_housekeeping = 0.0
        self._scan_after = b""
        self._was_damaged = False
        self._store = self._open()

    def _open(self) -> Store:
        config = self._context.config
        queue = config.queue_directory
        kind = network_filesystem(queue)
        if kind is not None:
            raise PyfixError(f"queue_directory {queue} is on a network filesystem ({kind})")
        prepare_environment(os.path.join(queue, paths.ENVIRONMENT))
        look(os.path.join(queue, paths.ENVIRONMENT))
        content = os.path.join(queue, paths.CONTENT)
        store = Store(
            os.path.join(queue, paths.ENVIRONMENT),
            config.queue_map_size,
            config.queue_minfree,
            content,
            lambda text: self._log.warning("store", text),
        )
        self._news += store.news
        if self._context.first_start:
            remove_orphans(content, QueueReader(store.environment).content_files())
        return store

    def run(self) -> None:
        """Serve until SIGTERM or until the other end of the life line is gone."""
        poll = self._poll
        poll.register(self._listener, select.POLLIN)
        poll.register(self._context.wakeup, select.POLLIN)
        poll.register(self._context.life_line, select.POLLIN)
        self._context.ready()
        while not self._context.stopping:
            for descriptor, mask in poll.poll(self._patience() * 1000):
                self._react(descriptor, mask)
            if self._pending and not self._patience():
                self._commit()
            self._housekeep()
        while self._pending:
            self._commit()
        self._log.flush()
        self._store.close()

    def _patience(self) -> float:
        """Seconds until something is to be done: a request that can wait does so for others to come."""
        if not self._pending:
            return HOUSEKEEPING
        if len(self._pending) >= MOST_WAITING or not all(r.can_wait for _, r in self._pending):
            return 0.0
        return max(0.0, self._deadline - time.monotonic())

    # -- connections -----------------------------------------------------------------

    def _react(self, descriptor: int, mask: int) -> None:
        if descriptor == self._listener.fileno():
            self._accept()
        elif descriptor == self._context.wakeup.fileno():
            self._context.take_signals()
            self._reload()
        elif descriptor == self._context.life_line:
            self._context.stopping = True
        elif descriptor in self._clients:
            self._serve(self._clients[descriptor], mask)

    def _reload(self) -> None:
        if self._context.take_reload():
            self._store.minfree = self._context.config.queue_minfree

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        client = Client(connection)
        self._clients[connection.fileno()] = client
        self._poll.register(connection, select.POLLIN)

    def _serve(self, client: Client, mask: int) -> None:
        try:
            if mask & select.POLLOUT:
                self._send(client)
            if mask & (select.POLLIN | select.POLLHUP | select.POLLERR):
                self._receive(client)
        except (OSError, BadFrame, codec.CorruptRecord) as error:
            if not isinstance(error, ConnectionError):
                self._log.warning("store", f"closing a connection: {error}")
            self._close(client)

    def _receive(self, client: Client) -> None:
        try:
            data = client.socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError
        for payload in client.buffer.receive(data):
            request = codec.unpack(payload, rq.request_decoder)
            self._introduce(client, request)
            self._put_off(request)
            self._pending.append((client, request))

    def _put_off(self, request: rq.Request) -> None:
        """Note when a request that can wait is committed at the latest."""
        now = time.monotonic()
        latest = max(now, self._next_commit) if request.journal else now + PUT_OFF
        self._deadline = min(self._deadline, latest) if self._pending else latest

    def _introduce(self, client: Client, request: rq.Request) -> None:
        """What a client says of itself."""
        for operation in request.operations:
            if isinstance(operation, rq.Subscribe):
                self._subscriber = client
                self._announce([])
            elif isinstance(operation, rq.OwnJournal):
                client.journal = operation.journal
                self._announce(self._store.take_up(client.journal))

    def _send(self, client: Client) -> None:
        if client.out:
            try:
                sent = client.socket.send(client.out)
            except BlockingIOError:
                sent = 0
            del client.out[:sent]
        wanted = select.POLLIN | (select.POLLOUT if client.out else 0)
        self._poll.modify(client.socket, wanted)

    def _close(self, client: Client) -> None:
        descriptor = client.socket.fileno()
        if self._clients.pop(descriptor, None) is None:
            return
        self._poll.unregister(client.socket)
        client.socket.close()
        if self._subscriber is client:
            self._subscriber = None
        self._pending = [(owner, r) for owner, r in self._pending if owner is not client]
        if client.journal:
            self._announce(self._store.take_up(client.journal))
        if not self._store.has_journal(client.journal):  # else messages in it have these serials
            self._store.release_leases(client.leases)

    # -- the commit ------------------------------------------------------------------

    def _commit(self) -> None:
        batch, self._pending = self._pending[:BATCH], self._pending[BATCH:]
        committed = self._store.commit([request for _, request in batch])
        self._next_commit = time.monotonic() + PAUSE
        touched: dict[int, Client] = {}
        for (client, request), reply in zip(batch, committed.replies, strict=True):
            if reply.results:
                self._note_leases(client, request, reply)
            client.out += frame(codec.pack(reply))
            touched[id(client)] = client
        self._report_damage()
        for client in touched.values():
            if client is not self._subscriber:
                self._send_or_close(client)
        self._announce(committed.news)  # last: whoever waits for a commit goes first

    def _announce(self, news: Sequence[rq.Announce | rq.Changed]) -> None:
        """Tell the scheduler what is new, after what it is owed.

        It looks at the queue when it connects; what is committed between that and its subscription is kept for it.
        """
        scheduler = self._subscriber
        self._news += news
        if scheduler is None:
            return
        for message in self._news:
            scheduler.out += frame(codec.pack(message))
        self._news.clear()
        if scheduler.out:
            self._send_or_close(scheduler)

    def _send_or_close(self, client: Client) -> None:
        """Send what it is owed, unless it was closed when another one was served."""
        if client.socket.fileno() < 0:
            return
        try:
            self._send(client)
        except OSError:
            self._close(client)

    def _note_leases(self, client: Client, request: rq.Request, reply: rq.Reply) -> None:
        for operation, result in zip(request.operations, reply.results, strict=True):
            if isinstance(operation, rq.Lease):
                client.leases.append(result.start)
                self._store.note_lease(result.start)

    # -- housekeeping ----------------------------------------------------------------

    def _housekeep(self) -> None:
        now = time.monotonic()
        if now < self._next_housekeeping:
            return
        self._next_housekeeping = now + HOUSEKEEPING
        if was_noted(os.path.join(self._context.config.queue_directory, paths.ENVIRONMENT)):
            self._context.stopping = True  # the next store looks before it opens
            return
        if self._store.damage:
            return
        self._store.environment.lmdb.reader_check()
        owned = [client.journal for client in self._clients.values()]
        self._announce(self._store.take_up_journals(owned))
        self._scan_for_damage()
        self._log.flush()

    def _scan_for_damage(self) -> None:
        """Read a slice of all records, so that damage is found before it is needed."""
        try:
            self._scan_after, damaged = self._store.scan(self._scan_after, SCAN_SLICE)
        except DAMAGE as error:
            self._store.damage = f"{type(error).__name__}: {error}"
            self._report_damage()
            return
        for queue_id in damaged:
            self._log.warning("store", f"{queue_id}: damaged record: moved to the corrupt queue")
            self._store.commit([rq.Request(0, (rq.SetAside(queue_id),))])

    def _report_damage(self) -> None:
        if self._store.damage and not self._was_damaged:
            self._was_damaged = True
            self._log.fatal(
                "store",
                f"the queue environment is damaged ({self._store.damage}): no mail is accepted; "
                "stop the mail system and run: pyfix salvage",
            )
            self._log.flush()


def prepare_environment(directory: str) -> None:
    """Give the lock file its blocks while nobody has it open.

    LMDB maps it sparse; a reader slot in a hole of a full filesystem would be a SIGBUS.
    """
    path = os.path.join(directory, "lock.mdb")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        os.posix_fallocate(descriptor, 0, 128 * 1024)
    finally:
        os.close(descriptor)


def run_store(context: WorkerContext) -> None:
    """The body of the store process."""
    StoreProcess(context).run()
