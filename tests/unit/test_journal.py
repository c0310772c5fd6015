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
    Owner,
    journal_names,
    lock_abandoned,
    parse_journal,
    read_journal,
)
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.store import Store
from tests.unit.test_queue_store import insert, make_store


def write_entries(directory: Path, first: int, packed: list[bytes]) -> bytes:
    """A journal with these entries; its octets."""
    journal = Journal(str(directory))
    for number, each in enumerate(packed, first):
        journal.append(number, each)
    journal.close()
    return (directory / journal.name).read_bytes()


def numbers(data: bytes) -> list[int]:
    """The numbers of the entries."""
    return [entry.number for entry in parse_journal(data)]


def test_entries_are_read_back(place: Path) -> None:
    """In the order of their numbers."""
    data = write_entries(place, 5, [b"five", b"", b"s" * 5000])
    assert parse_journal(data) == [
        JournalEntry(5, b"five"),
        JournalEntry(6, b""),
        JournalEntry(7, b"s" * 5000),
    ]


def test_an_entry_that_was_not_written_to_its_end_is_none(place: Path) -> None:
    """Wherever the machine stopped, in whatever blocks the disk had written; the others are there."""
    data = write_entries(place, 1, [b"a" * 100, b"b" * 9000, b"c"])
    start = 2 * BLOCK
    for broken in range(start, start + 9000, 97):
        torn = data[:broken] + bytes([data[broken] ^ 1]) + data[broken + 1 :]
        assert numbers(torn) == [1, 3]
    for block in range(start, start + 3 * BLOCK, BLOCK):
        assert numbers(data[:block] + bytes(BLOCK) + data[block + BLOCK :]) == [1, 3]
    for length in range(0, 6 * BLOCK, 501):
        assert numbers(data[:length]) == [1, 2, 3][: len(numbers(data[:length]))]


def test_s13_content_is_never_taken_for_an_entry(place: Path) -> None:
    """A whole journal as content, at all offsets to a block: its entries have another mark."""
    other = write_entries(place, 2, [b"forged", b"forged"])[: 3 * BLOCK]
    for shift in range(0, BLOCK, 41):
        journal = Journal(str(place))
        journal.append(1, bytes(shift) + other)
        journal.restart()
        journal.append(2, b"short")
        journal.close()
        assert read_journal(str(place), journal.name) == [JournalEntry(2, b"short")]
        journal_path = place / journal.name
        journal_path.unlink()


def test_what_is_left_of_an_earlier_round_has_lower_numbers(place: Path) -> None:
    """A journal begins again at its start, and numbers go on."""
    journal = Journal(str(place))
    for number in (1, 2, 3):
        journal.append(number, b"old %d" % number)
    journal.restart()
    journal.append(4, b"new")
    assert [e.number for e in read_journal(str(place), journal.name)] == [2, 3, 4]
    journal.remove()
    assert journal_names(str(place)) == []


def test_a_journal_ends_where_its_blocks_end(place: Path) -> None:
    """No entry makes the file longer."""
    journal = Journal(str(place))
    number = 0
    while journal.has_room(10000):
        number += 1
        journal.append(number, b"x" * 10000)
    assert number == (SIZE // BLOCK - 1) // 3
    with pytest.raises(OSError, match="full"):
        journal.append(number + 1, b"x" * 10000)
    assert os.stat(place / journal.name).st_size == SIZE
    assert len(read_journal(str(place), journal.name)) == number
    journal.close()


def test_only_what_nobody_has_is_abandoned(place: Path) -> None:
    """The owner's life keeps it, in whatever process."""
    journal = Journal(str(place))
    with lock_abandoned(str(place), journal.name) as owner:
        assert owner is Owner.LIVES
    journal.close()
    with lock_abandoned(str(place), journal.name) as owner:
        assert owner is Owner.IS_GONE
    with lock_abandoned(str(place), "journal.1.2") as owner:
        assert owner is Owner.NONE


# -- the store --------------------------------------------------------------------------


def promise(journal: Journal, entry: int, queue_id: str) -> rq.Request:
    """A message that is in the journal; the request, which the store has not seen yet."""
    request = rq.Request(entry, (insert(queue_id),), True, journal.name, entry, entry - 1)
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
    assert store.news == [rq.Announce(schema.INCOMING, ("123451001",))]
    assert journal_names(str(place / "mail")) == [journal.name]
    again = store.commit([request])
    assert (again.replies[0].error, again.news) == (rq.OK, [])
    promise(journal, 2, "123451002")
    assert store.take_up(journal.name) == [rq.Announce(schema.INCOMING, ("123451002",))]


def test_the_owner_is_told_where_it_goes_on(store: Store, journal: Journal) -> None:
    """The number of the last entry that the environment has."""
    store.commit([promise(journal, 1, "123451001"), promise(journal, 2, "123451002")])
    reply = store.commit([rq.Request(1, (rq.OwnJournal(journal.name),))]).replies[0]
    assert reply.results[0].last_entry == 2


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


# -- journals that are not as they should be ----------------------------------------------


def reopened(store: Store, place: Path, complaints: list[str]) -> Store:
    """A store that begins anew; what it says of journals."""
    store.close()
    return Store(str(place / "mail"), 64 << 20, 0, str(place / "content"), warn=complaints.append)


def test_a_gap_keeps_nothing_back(store: Store, journal: Journal, place: Path) -> None:
    """The note is gone, or an entry: all others are taken up, and the file is kept under another name."""
    for entry in (5, 6, 8):
        promise(journal, entry, f"12345100{entry}")
    journal.close()
    complaints: list[str] = []
    store = reopened(store, place, complaints)
    assert all(exists(store, f"12345100{entry}") for entry in (5, 6, 8))
    assert journal_names(str(place / "mail")) == []
    assert journal_names(str(place / "mail"), aside=True) == [f"damaged.{journal.name}"]
    assert len(complaints) == 1 and "entries are missing" in complaints[0]


def test_what_is_no_insertion_is_never_applied(store: Store, journal: Journal, place: Path) -> None:
    """An entry with a checksum that holds and anything else in it; the others go on."""
    store.commit([rq.Request(1, (insert("12345100A"),))])
    delete = rq.ChangeAll(rq.DELETE, "iIdDhH", 0.0)
    other = rq.Request(1, (insert("12345100B"),), True, "journal.1.1", 1)
    wrong = [rq.Request(1, (delete,), True, journal.name, 1), rq.Request(2, (delete,)), other]
    for entry, request in enumerate(wrong, 1):
        journal.append(entry, codec.pack(request))
    journal.append(4, b"\xff\xff")
    promise(journal, 5, "12345100C")
    journal.close()
    complaints: list[str] = []
    store = reopened(store, place, complaints)
    assert exists(store, "12345100A") and exists(store, "12345100C")
    assert not exists(store, "12345100B")
    assert len(complaints) == 1
    assert journal_names(str(place / "mail"), aside=True) == [f"damaged.{journal.name}"]


def test_things_with_a_journals_name_hold_nothing_up(store: Store, place: Path) -> None:
    """A directory, a symbolic link, an empty file, one that is no journal."""
    mail = place / "mail"
    (mail / "journal.1.1").mkdir()
    (mail / "journal.1.2").symlink_to("/etc/passwd")
    (mail / "journal.1.3").write_bytes(b"")
    (mail / "journal.1.4").write_bytes(os.urandom(10000))
    store = reopened(store, place, [])
    assert store.damage == ""
    assert store.commit([rq.Request(1, (insert("123451001"),))]).replies[0].error == rq.OK


def test_a_message_that_is_there_already_counts_as_applied(
    store: Store, journal: Journal, place: Path
) -> None:
    """The note was lost; another message of that name keeps its place, and the journal is kept."""
    first = promise(journal, 1, "123451001")
    store.commit([rq.Request(1, first.operations)])
    assert store.commit([first]).replies[0].error == rq.OK
    store.commit([rq.Request(1, (insert("123451002", sender="other@x"),))])
    promise(journal, 2, "123451002")
    promise(journal, 3, "123451003")
    journal.close()
    complaints: list[str] = []
    store = reopened(store, place, complaints)
    message = QueueReader(store.environment).message("123451002")
    assert message is not None and message.envelope.sender == "other@x"
    assert exists(store, "123451003")
    assert "taken" in complaints[0]


def test_a_damaged_note_is_none(store: Store, journal: Journal, place: Path) -> None:
    """Mail comes twice rather than never."""
    store.commit([promise(journal, 1, "123451001")])
    store.commit([rq.Request(9, (rq.Remove("123451001"),))])
    with store.environment.lmdb.begin(write=True) as txn:
        key = schema.journal_key(journal.name)
        txn.put(key, b"\x01" + bytes(12), db=store.environment.db.meta)
    promise(journal, 2, "123451002")
    journal.close()
    store = reopened(store, place, [])
    assert exists(store, "123451001") and exists(store, "123451002")
