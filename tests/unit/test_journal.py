"""Journals: what is read from them after a crash, and what the store makes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.journal import (
    BLOCK,
    SIZE,
    Journal,
    JournalEntry,
    journal_names,
    lock_abandoned,
    parse,
    read_journal,
)
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.store import Store
from tests.unit.test_queue_store import insert, make_store


def write_entries(directory: Path, first: int, requests: list[bytes]) -> bytes:
    """A journal with these entries; its octets."""
    journal = Journal(str(directory))
    for number, request in enumerate(requests, first):
        journal.append(number, request)
    journal.close()
    return (directory / journal.name).read_bytes()


def test_entries_are_read_back(place: Path) -> None:
    """Those after the number that is asked for, in their order."""
    data = write_entries(place, 5, [b"five", b"", b"s" * 5000])
    everything = [JournalEntry(5, b"five"), JournalEntry(6, b""), JournalEntry(7, b"s" * 5000)]
    assert parse(data, 4) == everything
    assert parse(data, 5) == everything[1:]
    assert parse(data, 7) == []
    assert parse(data, 3) == []  # one is missing: what follows is not taken
    assert parse(data, None) == everything


def test_an_entry_that_was_not_written_to_its_end_ends_the_journal(place: Path) -> None:
    """Wherever the machine stopped, in whatever blocks the disk had written."""
    data = write_entries(place, 1, [b"a" * 100, b"b" * 9000, b"c"])
    start, end = BLOCK, BLOCK + 3 * BLOCK
    for broken in range(start, start + 9000, 97):
        torn = data[:broken] + bytes([data[broken] ^ 1]) + data[broken + 1 :]
        assert [entry.number for entry in parse(torn, 0)] == [1]
    for block in range(start, end, BLOCK):
        lost = data[:block] + bytes(BLOCK) + data[block + BLOCK :]
        assert [entry.number for entry in parse(lost, 0)] == [1]
    for length in range(0, len(data), 501):
        assert len(parse(data[:length], 0)) <= 3


def test_what_is_left_of_an_earlier_round_is_passed_over(place: Path) -> None:
    """A journal begins again at its start, and numbers go on."""
    journal = Journal(str(place))
    for number in (1, 2, 3):
        journal.append(number, b"old %d" % number)
    journal.restart()
    journal.append(4, b"new")
    assert read_journal(str(place), journal.name, 3) == [JournalEntry(4, b"new")]
    journal.remove()
    assert journal_names(str(place)) == []


def test_a_journal_ends_where_its_blocks_end(place: Path) -> None:
    """No entry makes the file longer."""
    journal = Journal(str(place))
    number = 0
    while journal.has_room(10000):
        number += 1
        journal.append(number, b"x" * 10000)
    assert number == SIZE // (3 * BLOCK)
    assert os.stat(place / journal.name).st_size == SIZE
    assert len(read_journal(str(place), journal.name, 0)) == number
    journal.close()


def test_only_what_nobody_has_is_abandoned(place: Path) -> None:
    """The owner's life keeps it, in whatever process."""
    journal = Journal(str(place))
    with lock_abandoned(str(place), journal.name) as is_abandoned:
        assert not is_abandoned
    journal.close()
    with lock_abandoned(str(place), journal.name) as is_abandoned:
        assert is_abandoned
    with lock_abandoned(str(place), "journal.1.2") as is_abandoned:
        assert not is_abandoned


# -- the store --------------------------------------------------------------------------


def promise(journal: Journal, entry: int, queue_id: str) -> rq.Request:
    """A message that is in the journal; the request, which the store has not seen yet."""
    request = rq.Request(entry, (insert(queue_id),), True, journal.name, entry)
    journal.append(entry, codec.pack(request))
    return request


@pytest.fixture
def store(place: Path) -> Store:
    """An empty one."""
    return make_store(place)


@pytest.fixture
def journal(store: Store, place: Path) -> Journal:
    """One beside the store's environment."""
    return Journal(str(place / "mail"))


def exists(store: Store, queue_id: str) -> bool:
    """Whether the message is in the queue."""
    return QueueReader(store.environment).message(queue_id) is not None


def test_entries_are_applied_once_and_in_their_order(store: Store, journal: Journal) -> None:
    """One that comes again is confirmed; one that comes too early is refused until its turn."""
    first, second = promise(journal, 1, "123451001"), promise(journal, 2, "123451002")
    assert store.commit([second]).replies[0].error == rq.OUT_OF_TURN
    assert [r.error for r in store.commit([first, second]).replies] == [rq.OK, rq.OK]
    store.commit([rq.Request(9, (rq.Remove("123451001"),))])
    again = store.commit([first])
    assert (again.replies[0].error, again.news) == (rq.OK, [])
    assert not exists(store, "123451001")


def test_an_abandoned_journal_is_taken_up_and_removed(
    store: Store, journal: Journal, place: Path
) -> None:
    """What was committed before is not committed again, though it was removed meanwhile."""
    first = promise(journal, 1, "123451001")
    store.commit([first])
    store.commit([rq.Request(9, (rq.Remove("123451001"),))])
    promise(journal, 2, "123451002")
    journal.close()
    assert store.take_up_journals() == [rq.Announce(schema.INCOMING, ("123451002",))]
    assert not exists(store, "123451001") and exists(store, "123451002")
    assert journal_names(str(place / "mail")) == []


def test_a_journal_whose_owner_lives_is_taken_up_and_kept(
    store: Store, journal: Journal, place: Path
) -> None:
    """A store that begins again has what the one before it did not commit; the owner may send it again."""
    request = promise(journal, 1, "123451001")
    store.close()
    store = Store(str(place / "mail"), 64 << 20, 0, str(place / "content"))
    assert store.take_up_journals() == [rq.Announce(schema.INCOMING, ("123451001",))]
    assert journal_names(str(place / "mail")) == [journal.name]
    again = store.commit([request])
    assert (again.replies[0].error, again.news) == (rq.OK, [])
    promise(journal, 2, "123451002")
    assert store.take_up(journal.name) == [rq.Announce(schema.INCOMING, ("123451002",))]


def test_the_owner_is_told_where_it_goes_on(store: Store, journal: Journal) -> None:
    """The number of the last entry that the environment has."""
    store.commit([promise(journal, 1, "123451001"), promise(journal, 2, "123451002")])
    reply = store.commit([rq.Request(1, (rq.TakeUp(journal.name),))]).replies[0]
    assert reply.results[0].start == 2


def test_notes_about_journals_that_are_gone_are_dropped(
    store: Store, journal: Journal, place: Path
) -> None:
    """Else each process would leave one for ever."""
    store.commit([promise(journal, 1, "123451001")])
    journal.remove()
    store.close()
    store = Store(str(place / "mail"), 64 << 20, 0, str(place / "content"))
    with store.environment.reading() as txn:
        keys = [key for key, _ in txn.cursor(db=store.environment.db.meta)]
    assert not [key for key in keys if key.startswith(b"journal")]


def test_what_is_promised_is_taken_below_queue_minfree(store: Store, journal: Journal) -> None:
    """Other new mail is refused there."""
    store.minfree = 1 << 62
    other = rq.Request(2, (insert("123451002"),))
    errors = [r.error for r in store.commit([promise(journal, 1, "123451001"), other]).replies]
    assert errors == [rq.OK, rq.FULL]
