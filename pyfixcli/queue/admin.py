"""Changing the queue from a command: through the store, or directly while the daemon is down."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError, TemporaryFailure, Unavailable
from pyfixcli.queue import maildrop, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.content import remove_orphans
from pyfixcli.queue.env import QueueEnvironment, open_environment
from pyfixcli.queue.reader import IndexEntry, QueueReader
from pyfixcli.queue.soundness import look
from pyfixcli.queue.store import Store

if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

IDS_A_REQUEST = 200
DEFAULT_QUEUES = tuple(name for name in schema.QUEUE_LETTERS if name != "corrupt")

Ask = Callable[[rq.Operation], rq.Result]


class Admin:
    """What postsuper does to the queue. ``ask`` applies one operation durably."""

    def __init__(
        self,
        ask: Ask,
        close: Callable[[], None],
        environment: QueueEnvironment,
        store: Store | None,
        queue: str,
    ) -> None:
        self._ask = ask
        self._reader = QueueReader(environment)
        self._close = close
        self._store = store
        self._queue_directory = queue

    def change(
        self, operation: str, queue_ids: list[str], queues: tuple[str, ...] = ()
    ) -> list[str]:
        """Change messages by id (requests.DELETE ...); the ids that were in one of the queues."""
        letters = _letters(operation, queues or (*schema.QUEUE_LETTERS,))
        changed: set[str] = set()
        for start in range(0, len(queue_ids), IDS_A_REQUEST):
            part = tuple(queue_ids[start : start + IDS_A_REQUEST])
            result = self._ask(rq.Change(operation, part, letters, time.time()))
            changed.update(result.queue_ids)
        if operation == rq.DELETE and schema.MAILDROP in letters:
            directory = os.path.join(self._queue_directory, paths.MAILDROP)
            left = [name for name in queue_ids if name not in changed]
            changed.update(maildrop.delete(directory, left))
        return [name for name in queue_ids if name in changed]

    def change_all(self, operation: str, queues: tuple[str, ...] = ()) -> int:
        """Change every message of the queues, in slices; how many were changed.

        Messages that are set aside as corrupt are changed only if that queue is named.
        """
        letters = _letters(operation, queues or DEFAULT_QUEUES)
        if operation == rq.REQUEUE:
            return self._requeue_all(letters, queues)
        now = time.time()
        changed, after = 0, b""
        while letters:
            result = self._ask(rq.ChangeAll(operation, letters, now, after))
            changed += len(result.queue_ids)
            if not result.after:
                break
            after = result.after
        if operation == rq.DELETE and schema.MAILDROP in letters:
            directory = os.path.join(self._queue_directory, paths.MAILDROP)
            changed += len(maildrop.delete(directory, maildrop.scan(directory)))
        return changed

    def _requeue_all(self, letters: str, queues: tuple[str, ...]) -> int:
        """Requeue what is there now: pickup puts it back into the queue while this goes on."""
        ids = [entry.queue_id for letter in letters for entry in self._entries(letter)]
        return len(self.change(rq.REQUEUE, ids, queues))

    def _entries(self, letter: str) -> Iterator[IndexEntry]:
        after = b""
        while found := self._reader.slice(letter, after):
            yield from found
            after = found[-1].key

    def check(self) -> list[str]:
        """Make the indexes agree with the envelopes (postsuper -s); what was mended or is wrong."""
        notes: list[str] = []
        for phase in (1, 2):
            after = b""
            while True:
                result = self._ask(rq.Repair(phase, after))
                notes += result.notes
                if not result.after:
                    break
                after = result.after
        return notes

    def purge(self) -> int:
        """Remove incomplete files in the maildrop and, while the daemon is down, content that no record names."""
        removed = maildrop.purge(os.path.join(self._queue_directory, paths.MAILDROP), time.time())
        if self._store is None:
            return removed
        directory = os.path.join(self._queue_directory, paths.CONTENT)
        named = self._reader.content_files()
        return removed + len(remove_orphans(directory, named))

    def __enter__(self) -> Admin:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


def _letters(operation: str, queues: tuple[str, ...]) -> str:
    """Letters of queue names; messages that are being delivered are stored in two of them.

    In maildrop messages can only be deleted.
    """
    letters = {schema.QUEUE_LETTERS[name] for name in queues if name in schema.QUEUE_LETTERS}
    if "active" in queues:
        letters.add(schema.INCOMING)
    if operation != rq.DELETE:
        letters.discard(schema.MAILDROP)
    return "".join(sorted(letters))


def take_master_lock(queue_directory: str) -> int:
    """A descriptor that holds master's lock; TemporaryFailure when the daemon runs."""
    path = os.path.join(queue_directory, paths.MASTER_LOCK)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise TemporaryFailure("the mail system is running") from error
    return descriptor


def open_admin(config: Config, warn: Callable[[str], None]) -> Admin:
    """Reach the queue of an instance; the caller is mail_owner already. ``warn`` is told what is wrong with journals.

    Raises Unavailable or PyfixError when neither the store answers nor the lock is free.
    """
    from pyfixcli.queue.store_client import StoreClient

    queue = config.queue_directory
    try:
        client = StoreClient(os.path.join(queue, paths.STORE))
        environment = open_environment(
            os.path.join(queue, paths.ENVIRONMENT), config.queue_map_size, readonly=True
        )
        return Admin(client.ask, client.close, environment, None, queue)
    except Unavailable:
        pass
    descriptor = take_master_lock(queue)
    look(os.path.join(queue, paths.ENVIRONMENT))
    store = Store(
        os.path.join(queue, paths.ENVIRONMENT),
        config.number("queue_map_size", 64 << 30),
        0,
        os.path.join(queue, paths.CONTENT),
        warn,
    )

    def ask(operation: rq.Operation) -> rq.Result:
        reply = store.commit([rq.Request(0, (operation,))]).replies[0]
        if reply.error:
            raise PyfixError(f"queue store: {reply.error} {store.damage}".rstrip())
        return reply.results[0]

    def close() -> None:
        store.close()
        os.close(descriptor)

    return Admin(ask, close, store.environment, store, queue)
