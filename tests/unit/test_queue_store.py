"""The store: transactions, queue ids, records, and what damage does."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.recipient import DONE, Recipient
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.insertion import make_insert
from pyfixcli.queue.queue_id import (
    BLOCK,
    FIRST_SERIAL,
    SerialBlock,
    is_queue_id,
    make_queue_id,
    serial_of,
)
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.salvage import salvage_environment
from pyfixcli.queue.serials import Serials
from pyfixcli.queue.store import Store

MAP = 64 << 20


def make_store(place: Path) -> Store:
    """A store in an empty directory."""
    directory = place / "mail"
    directory.mkdir(exist_ok=True)
    (place / "content").mkdir(exist_ok=True)
    return Store(str(directory), MAP, 0, str(place / "content"))


def insert(queue_id: str, recipients: int = 1, sender: str = "a@b") -> rq.Insert:
    """A message with this many recipients."""
    everybody = tuple(Recipient(f"r{n}@x") for n in range(recipients))
    envelope = Envelope(
        queue_id=queue_id, sender=sender, recipients=everybody, arrival_time=1.5, size=4
    )
    return make_insert(envelope, b"abc\n", "", 4)


def ask(store: Store, *operations: rq.Operation) -> rq.Reply:
    """One request; its reply."""
    return store.commit([rq.Request(1, operations)]).replies[0]


def test_a_committed_message_can_be_read_back(place: Path) -> None:
    """Envelope and content survive the round trip."""
    store = make_store(place)
    assert ask(store, insert("123451000")).error == rq.OK
    reader = QueueReader(store.environment)
    stored = reader.message("123451000")
    assert stored is not None and stored.envelope.sender == "a@b"
    assert reader.content("123451000") == b"abc\n"


def test_a_queue_id_is_never_overwritten(place: Path) -> None:
    """The second message with an id is refused; the first stays."""
    store = make_store(place)
    ask(store, insert("123451000", sender="first@x"))
    assert ask(store, insert("123451000", sender="second@x")).error == rq.EXISTS
    stored = QueueReader(store.environment).message("123451000")
    assert stored is not None and stored.envelope.sender == "first@x"


def test_operations_of_a_request_are_applied_together_or_not_at_all(place: Path) -> None:
    """A duplicate among them keeps the others out too."""
    store = make_store(place)
    ask(store, insert("123451000"))
    assert ask(store, insert("AAAAA1001"), insert("123451000")).error == rq.EXISTS
    assert QueueReader(store.environment).message("AAAAA1001") is None


def test_results_are_idempotent(place: Path) -> None:
    """The same result twice counts once."""
    store = make_store(place)
    ask(store, insert("123451000", 2))
    for _ in range(2):
        ask(store, rq.Update("123451000", 1, 2.0, done=(0,)))
    stored = QueueReader(store.environment).message("123451000")
    assert stored is not None and stored.pending == 1
    assert stored.envelope.recipients[0].status == DONE


def test_many_recipients_lie_in_pieces(place: Path) -> None:
    """1,200 recipients are three pieces; a result in the last one is found."""
    store = make_store(place)
    ask(store, insert("123451000", 1200))
    ask(store, rq.Update("123451000", 1, 2.0, done=(1199,)))
    reader = QueueReader(store.environment)
    stored = reader.message("123451000")
    assert stored is not None
    assert [len(piece) for piece in reader.pending(stored)] == [500, 500, 199]


def test_removal_leaves_nothing(place: Path) -> None:
    """Every database is empty again, delivery log and destinations included."""
    store = make_store(place)
    ask(store, insert("123451000", 1200))
    entry = rq.Entry(schema.DEFER_LOG, 0, b"x")
    update = rq.Update(
        "123451000", 1, 2.0, entries=(entry,), queue=schema.DEFERRED, due=9.0, sites=("x",)
    )
    ask(store, update)
    ask(store, rq.Remove("123451000"))
    db = store.environment.db
    with store.environment.reading() as txn:
        left = [txn.stat(d)["entries"] for d in (db.envelope, db.content, db.pieces, db.index)]
        left += [txn.stat(d)["entries"] for d in (db.log, db.site)]
    assert left == [0] * 6


def test_hold_and_release(place: Path) -> None:
    """Held mail leaves its queue, released mail waits in deferred."""
    store = make_store(place)
    ask(store, insert("123451000"))
    reader = QueueReader(store.environment)
    ask(store, rq.Change(rq.HOLD, ("123451000",), "idh", 5.0))
    assert [e.queue_id for e in reader.slice(schema.HOLD)] == ["123451000"]
    ask(store, rq.Change(rq.RELEASE, ("123451000",), "h", 5.0))
    assert [e.queue_id for e in reader.slice(schema.DEFERRED)] == ["123451000"]


def test_bulk_changes_come_in_slices(place: Path) -> None:
    """Each call changes at most its limit and says where to go on."""
    store = make_store(place)
    for number in range(7):
        ask(store, insert(f"00000{0x1000 + number:04X}"))
    changed, after = [], b""
    while True:
        result = ask(store, rq.ChangeAll(rq.DELETE, "i", 1.0, after, 3)).results[0]
        changed += result.queue_ids
        if not result.after:
            break
        assert len(result.queue_ids) <= 3
        after = result.after
    assert len(changed) == 7


def test_repair_rebuilds_the_index(place: Path) -> None:
    """An index entry that is missing comes back; a stale one goes."""
    store = make_store(place)
    ask(store, insert("123451000"))
    db = store.environment.db
    with store.environment.lmdb.begin(write=True) as txn:
        txn.delete(schema.index_key("i", 1.5, b"123451000"), db=db.index)
        txn.put(schema.index_key("d", 3.0, b"123451000"), b"", db=db.index)
    ask(store, rq.Repair(1))
    ask(store, rq.Repair(2))
    reader = QueueReader(store.environment)
    assert [e.queue_id for e in reader.slice("i")] == ["123451000"]
    assert reader.slice("d") == []


def test_s42_a_damaged_record_is_noticed_and_set_aside(place: Path) -> None:
    """The checksum fails, the message goes to corrupt, the others go on."""
    store = make_store(place)
    ask(store, insert("123451000"), insert("AAAAA1001"))
    db = store.environment.db
    with store.environment.lmdb.begin(write=True) as txn:
        record = bytearray(txn.get(b"123451000", db=db.envelope))
        record[-1] ^= 1
        txn.put(b"123451000", bytes(record), db=db.envelope)
    _, damaged = store.scan(b"", 100)
    assert damaged == ["123451000"]
    ask(store, rq.SetAside("123451000", schema.index_key("i", 1.5, b"123451000")))
    reader = QueueReader(store.environment)
    assert [e.queue_id for e in reader.slice("i")] == ["AAAAA1001"]
    assert [e.queue_id for e in reader.slice("c")] == ["123451000"]
    with pytest.raises(codec.CorruptRecord):
        reader.message("123451000")


def test_a_record_belongs_to_its_key() -> None:
    """The checksum covers the key, so a record under another key is damaged."""
    sealed = codec.seal_content(b"123451000", b"text")
    assert codec.unseal_content(b"123451000", sealed) == b"text"
    with pytest.raises(codec.CorruptRecord):
        codec.unseal_content(b"123451001", sealed)


def test_text_that_is_not_utf8_survives() -> None:
    """Lone surrogates stand for such octets."""
    entry = schema.LogEntry(address="\udcff@x", dsn="5.0.0", status=2, text="t\udc80")
    data = codec.encode_record(b"k", entry)
    assert codec.decode_record(b"k", data, schema.entry_decoder) == entry


def test_salvage_returns_every_untouched_message(place: Path) -> None:
    """Twenty pages are overwritten; what they did not hold is saved."""
    store = make_store(place)
    ids = [f"00000{0x1000 + n:04X}" for n in range(400)]
    for start in range(0, 400, 50):
        ask(store, *(insert(queue_id) for queue_id in ids[start : start + 50]))
    store.close()
    path = place / "mail" / "data.mdb"
    pages = path.stat().st_size // 4096
    with open(path, "r+b") as stream:
        for number in range(20):
            stream.seek((2 + number * (pages - 3) // 20) * 4096)
            stream.write(os.urandom(4096))
    saved = salvage_environment(str(place / "mail"), str(place / "saved"))
    assert saved.messages > 0
    reader = QueueReader(Store(str(place / "saved"), MAP, 0, str(place)).environment)
    assert all(reader.message(e.queue_id) is not None for e in reader.slice("i"))


def test_queue_ids_have_the_two_forms() -> None:
    """Five digits of microseconds and the serial; the long form can be read back."""
    assert make_queue_id(1.5, 0x1045) == "7A1201045"
    long = make_queue_id(1795493378.25, 0x1045, long=True)
    assert is_queue_id(long) and serial_of(long) == 0x1045
    assert not is_queue_id("../main.cf")


def test_a_block_of_serials_is_reused_only_when_nothing_alive_holds_it() -> None:
    """The pointer goes round, and passes over blocks that live messages use."""
    serials = Serials({}, 0x1000)
    first = serials.next_block()
    serials.added(first)
    rounds = {serials.next_block() for _ in range(2000)}
    assert first not in rounds
    assert len(SerialBlock(first, 64)) == 64


def test_leases_outlive_an_error_of_the_environment(place: Path) -> None:
    """A client that holds a block goes on with it after the store opened the environment anew."""
    store = make_store(place)
    held = ask(store, rq.Lease()).results[0].start
    store.note_lease(held)
    store.reopen()
    blocks = (0x10000 - FIRST_SERIAL) // BLOCK
    given = {result.start for result in ask(store, *[rq.Lease()] * (blocks - 1)).results}
    assert len(given) == blocks - 1 and held not in given
    assert ask(store, rq.Lease()).results[0].start != held


def test_a_maildrop_file_is_noted_with_its_message(place: Path) -> None:
    """The note of the file is in the same transaction as the message, until it is forgotten."""
    store = make_store(place)
    reader = QueueReader(store.environment)
    ask(store, msgspec.structs.replace(insert("123451000"), maildrop="5.7"))
    assert reader.maildrop_files() == ["5.7"]
    ask(store, rq.ForgetMaildrop(("5.7",)))
    assert reader.maildrop_files() == []
    store.close()
