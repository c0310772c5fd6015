"""The store: many requests, one transaction, one fsync.

Commit point
    commit() returns after LMDB has synced; only then is anybody told that a message is safe. A
    process that dies between the commit and its answer leaves a message that the sender may
    send again: a duplicate is better than a loss.

    What is an entry of a journal is safe before it comes here, and its sender was told so: it is applied
    once, after the entries before it. The journals of processes that are gone are taken up.

Room
    New mail is refused below ``queue_minfree``, when the map is nearly full, and when a
    write met ENOSPC; results and removals always go through, on pages freed by a
    reserve file that is removed when the disk is full.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec

from pyfixcli.queue import codec, schema
from pyfixcli.queue import env as queue_env
from pyfixcli.queue import requests as rq
from pyfixcli.queue.codec import CorruptRecord
from pyfixcli.queue.env import QueueEnvironment
from pyfixcli.queue.journal import (
    ASIDE,
    JournalEntry,
    Owner,
    insertion,
    journal_names,
    lock_abandoned,
    read_journal,
    remove_journal,
    set_aside,
)
from pyfixcli.queue.queue_id import BLOCK
from pyfixcli.queue.serials import load_serials
from pyfixcli.queue.transaction import (
    Duplicate,
    OutOfTurn,
    Transaction,
    journal_entries,
)

MAX_MAP_FILL = 0.95  # of the map; what is left is for results and removals
RESERVE_FRACTION = 100  # the reserve file takes at most one part in so many of the disk
RESERVE_LIMIT = 8 * 1024 * 1024
PAGE = 4096
PLENTY = 512 * 1024 * 1024  # octets; more than comes in until the next look
GLANCE = 0.05  # seconds between two looks while there is plenty of room


class Committed(NamedTuple):
    """What is to be sent after a commit: replies in the order of the requests, news."""

    replies: list[rq.Reply]
    news: list[rq.Announce | rq.Changed]


class Store:
    """The queue's only writer, over an environment that nobody else writes.

    ``minfree`` is queue_minfree in octets; ``warn`` is told what is wrong with a journal. ``news`` are the messages that
    were taken up from journals when it was opened.
    """

    def __init__(
        self,
        directory: str,
        map_size: int,
        minfree: int,
        content_directory: str,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._directory = directory
        self._map_size = map_size
        self._content_directory = content_directory
        self.minfree = minfree
        self.damage = ""
        self._warn = warn
        self._complaints: set[str] = set()
        self._has_plenty_until = 0.0
        self._environment = queue_env.open_environment(directory, map_size)
        self._serials = load_serials(self._environment)
        self._reserve = os.path.join(directory, "reserve")
        self._keep_reserve()
        self.news = self._take_up_at_start()

    def _take_up_at_start(self) -> list[rq.Announce | rq.Changed]:
        try:
            self._forget_journals()
        except queue_env.DAMAGE as error:
            self._note_damage(error)
        return self.take_up_journals()

    @property
    def environment(self) -> QueueEnvironment:
        """The open environment, for reading."""
        return self._environment

    def commit(self, requests: Sequence[rq.Request]) -> Committed:
        """Apply the requests in one synced transaction, and answer each of them."""
        if self.damage:
            return Committed([rq.Reply(r.number, rq.DAMAGED) for r in requests], [])
        refused: dict[int, str] = {}
        if not self._has_room():
            refused = {place: rq.FULL for place, r in enumerate(requests) if _is_new_mail(r)}
        try:
            return self._write(requests, refused)
        except queue_env.NO_ROOM:
            return self._write_without_room(requests)
        except (*queue_env.DAMAGE, CorruptRecord) as error:
            return self._write_one_by_one(requests, error)

    def _write(self, requests: Sequence[rq.Request], refused: dict[int, str]) -> Committed:
        replies = []
        with self._environment.lmdb.begin(write=True) as txn:
            has_plenty = time.monotonic() < self._has_plenty_until
            work = Transaction(self._environment, txn, self._serials, has_plenty)
            for place, request in enumerate(requests):
                if place in refused:
                    replies.append(rq.Reply(request.number, refused[place]))
                else:
                    replies.append(_apply(work, request))
        # Committed and synced. From here on the messages are ours.
        self._unlink(work.unlink)
        news: list[rq.Announce | rq.Changed] = [
            rq.Announce(queue, tuple(ids)) for queue, ids in work.announced.items()
        ]
        return Committed(replies, news + list(work.changed))

    def _write_without_room(self, requests: Sequence[rq.Request]) -> Committed:
        """The disk is full: give up the reserve, refuse new mail, keep everything else."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._reserve)
        self.reopen()
        for is_refused in (_is_new_mail, _inserts_only):
            refused = {place: rq.FULL for place, r in enumerate(requests) if is_refused(r)}
            try:
                return self._write(requests, refused)
            except queue_env.NO_ROOM:
                self.reopen()
        return Committed([rq.Reply(r.number, rq.FULL) for r in requests], [])

    def _write_one_by_one(self, requests: Sequence[rq.Request], error: Exception) -> Committed:
        """Something is damaged: find out which request meets it; the environment if alone."""
        self.reopen()
        if self.damage or len(requests) == 1:
            self._note_damage(error)
            return Committed([rq.Reply(r.number, rq.DAMAGED) for r in requests], [])
        replies: list[rq.Reply] = []
        news: list[rq.Announce | rq.Changed] = []
        for request in requests:
            done = self.commit([request])
            replies += done.replies
            news += done.news
        return Committed(replies, news)

    def _note_damage(self, error: Exception) -> None:
        if not isinstance(error, CorruptRecord):
            self.damage = f"{type(error).__name__}: {error}"

    def reopen(self) -> None:
        """Open the environment anew after an error that LMDB does not recover from."""
        self._environment.close()
        leased = self._serials.leased
        try:
            self._environment = queue_env.open_environment(self._directory, self._map_size)
            self._serials = load_serials(self._environment)
            self._serials.leased |= leased
        except Exception as error:
            self.damage = str(error)

    def _unlink(self, names: list[str]) -> None:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self._content_directory, name))

    # -- journals --------------------------------------------------------------------

    def take_up(self, name: str) -> list[rq.Announce | rq.Changed]:
        """Commit what a journal has and the environment lacks, and remove it if its owner is gone; what is new.

        A journal of which something cannot be had is set aside. What fails now is tried again with the next call.
        """
        if self.damage:
            return []
        try:
            with lock_abandoned(self._directory, name) as owner:
                return [] if owner is Owner.NONE else self._take_up(name, owner)
        except OSError as error:
            self._complain(name, f"{error.strerror or error}")
        except queue_env.DAMAGE as error:
            self._note_damage(error)
        return []

    def _take_up(self, name: str, owner: Owner) -> list[rq.Announce | rq.Changed]:
        last = journal_entries(self._environment).get(name, 0)
        entries = [entry for entry in read_journal(self._directory, name) if entry.number > last]
        in_turn = [entry for place, entry in enumerate(entries, last + 1) if entry.number == place]
        problem = "" if len(in_turn) == len(entries) else "entries are missing"
        if owner is Owner.LIVES:  # it sends the others itself
            entries = in_turn
        news: list[rq.Announce | rq.Changed] = []
        for entry in entries:
            reply = self._commit_entry(entry, name, news)
            if reply in (rq.FULL, rq.DAMAGED):
                self._complain(name, f"its messages are not in the queue yet: {reply}")
                return news
            problem = reply or problem
        if owner is Owner.IS_GONE:
            self._drop_journal(name, problem)
        return news

    def _commit_entry(
        self, entry: JournalEntry, name: str, news: list[rq.Announce | rq.Changed]
    ) -> str:
        """Apply an entry, whatever is missing before it; what is wrong."""
        try:
            request = insertion(entry, name)
        except CorruptRecord as error:
            return str(error)
        committed = self.commit([msgspec.structs.replace(request, previous=0)])
        news += committed.news
        reply = committed.replies[0].error
        return "the queue id of a message is taken" if reply == rq.EXISTS else reply

    def _drop_journal(self, name: str, problem: str) -> None:
        if problem:
            set_aside(self._directory, name)
            self._complain(name, f"{problem}: set aside as {ASIDE}{name}")
        else:
            remove_journal(self._directory, name)
        self._forget_journals()

    def _complain(self, name: str, problem: str) -> None:
        """Say once what is wrong with a journal."""
        text = f"{os.path.join(self._directory, name)}: {problem}"
        if text not in self._complaints:
            self._complaints.add(text)
            if self._warn is not None:
                self._warn(text)

    def take_up_journals(self, owned: Collection[str] = ()) -> list[rq.Announce | rq.Changed]:
        """Take up all journals but those that are ``owned`` by a client; what is new."""
        names = [name for name in journal_names(self._directory) if name not in owned]
        return [news for name in names for news in self.take_up(name)]

    def has_journal(self, name: str) -> bool:
        """Whether it is still there."""
        return bool(name) and os.path.exists(os.path.join(self._directory, name))

    def _forget_journals(self) -> None:
        """Drop the notes about journals that are gone, for good."""
        names = set(journal_names(self._directory))
        gone = [name for name in journal_entries(self._environment) if name not in names]
        if not gone:
            return
        with (
            contextlib.suppress(*queue_env.NO_ROOM),
            self._environment.lmdb.begin(write=True) as txn,
        ):
            for name in gone:
                txn.delete(schema.journal_key(name), db=self._environment.db.meta)

    # -- room ------------------------------------------------------------------------

    def _has_room(self) -> bool:
        """Whether new mail may come in; while there is plenty, not asked at each commit."""
        now = time.monotonic()
        if now < self._has_plenty_until:
            return True
        filesystem = os.statvfs(self._directory)
        free = filesystem.f_bavail * filesystem.f_frsize
        if free < max(self.minfree, 64 * PAGE):
            return False
        self._keep_reserve(free)
        left = self._map_size * MAX_MAP_FILL - self._environment.used_pages() * PAGE
        if min(left, free - self.minfree) > PLENTY:
            self._has_plenty_until = now + GLANCE
        return left > 0

    def _keep_reserve(self, free: int = -1) -> None:
        """Make the reserve file when it is absent and there is room for it again."""
        if os.path.exists(self._reserve):
            return
        filesystem = os.statvfs(self._directory)
        size = min(RESERVE_LIMIT, filesystem.f_blocks * filesystem.f_frsize // RESERVE_FRACTION)
        free = filesystem.f_bavail * filesystem.f_frsize if free < 0 else free
        if free < 4 * size:
            return
        descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, max(size, PAGE))
        except OSError:
            os.unlink(self._reserve)
        finally:
            os.close(descriptor)

    # -- leases and scans ------------------------------------------------------------

    def note_lease(self, start: int) -> None:
        """A client holds the block of serials that begins here."""
        self._serials.leased.add(start // BLOCK)

    def release_leases(self, starts: list[int]) -> None:
        """A client is gone: what it did not use may be given out again."""
        self._serials.leased.difference_update(start // BLOCK for start in starts)

    def scan(self, after: bytes, limit: int) -> tuple[bytes, list[str]]:
        """Read ``limit`` records from ``after`` on, in both large databases.

        Returns where to go on (empty: from the start) and the ids of damaged messages.
        """
        db = self._environment.db
        damaged: list[str] = []
        last = b""
        with self._environment.reading() as txn:
            cursor = txn.cursor(db=db.envelope)
            found = cursor.set_range(after + b"\0") if after else cursor.first()
            for _ in range(limit):
                if not found:
                    return b"", damaged
                last, record = cursor.item()
                known = txn.get(schema.index_key(schema.CORRUPT, 0.0, last), db=db.index)
                if known is None and not _is_sound(last, record, txn.get(last, db=db.content)):
                    damaged.append(last.decode("ascii", "replace"))
                found = cursor.next()
        return last, damaged

    def close(self) -> None:
        """Close the environment."""
        self._environment.close()


def _apply(work: Transaction, request: rq.Request) -> rq.Reply:
    try:
        return rq.Reply(request.number, rq.OK, work.apply(request))
    except Duplicate:
        return rq.Reply(request.number, rq.EXISTS)
    except OutOfTurn:
        return rq.Reply(request.number, rq.OUT_OF_TURN)


def _is_sound(key: bytes, record: bytes, content: bytes | None) -> bool:
    try:
        stored = codec.decode_record(key, record, schema.message_decoder)
        if content is not None:
            codec.unseal_content(key, content)
    except codec.CorruptRecord:
        return False
    in_place = content is not None or bool(stored.envelope.content_file)
    return in_place or stored.queue == schema.CORRUPT


def _is_new_mail(request: rq.Request) -> bool:
    """A message from outside; a notice that replaces its message is no new mail, nor is what was promised."""
    return _inserts_only(request) and not request.journal


def _inserts_only(request: rq.Request) -> bool:
    operations = request.operations
    inserts = any(isinstance(op, rq.Insert) for op in operations)
    return inserts and not any(isinstance(op, rq.Remove | rq.Update) for op in operations)
