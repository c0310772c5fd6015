"""Messages per second from the first octet to the last arrival, A B A B, each message checked to arrive once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import rewriting
from tests.bench.drive import Deliveries, Sink, send
from tests.bench.systems import System, user
from tests.bench.usage import cpu, memory
from tests.support.instance import wait_for


@dataclass(frozen=True)
class Work:
    """A kind of load: sessions, octets a message, recipient, main.cf lines, messages a round.

    ``tables`` makes the files in the directory that main.cf names as ``{tables}``.
    """

    title: str
    sessions: int
    size: int
    recipient: str
    settings: str
    messages: int
    goal: float
    to_sink: bool = False
    to_maildir: bool = False
    tables: Callable[[Path], None] | None = None


DISCARD = "default_transport = discard:"
WORKS = {
    "relay": Work(
        "SMTP in -> SMTP out, 20 sessions, 2 KB",
        20,
        2048,
        "x@away.test",
        "relayhost = [127.0.0.1]:{sink}",
        4000,
        3.0,
        to_sink=True,
    ),
    "relay-rewriting": Work(
        "the same with 100 pcre header checks, canonical, masquerade and virtual tables",
        20,
        2048,
        rewriting.RECIPIENT,
        rewriting.SETTINGS,
        4000,
        2.0,
        to_sink=True,
        tables=rewriting.write_tables,
    ),
    "discard": Work(
        "SMTP in -> discard, 20 sessions, 4 KB", 20, 4096, "x@away.test", DISCARD, 6000, 3.0
    ),
    "discard-1": Work(
        "SMTP in -> discard, one session, 4 KB", 1, 4096, "x@away.test", DISCARD, 2000, 2.0
    ),
    "maildir": Work(
        "SMTP in -> Maildir, 20 sessions, 4 KB",
        20,
        4096,
        f"{user()}@localhost",
        "",
        4000,
        2.0,
        to_maildir=True,
    ),
}


@dataclass
class Measured:
    """The rounds of one system; ``memory`` is (processes, private MiB, proportional MiB) after the last."""

    rates: list[float] = field(default_factory=list)
    cpu: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    memory: tuple[int, float, float] = (0, 0.0, 0.0)


def run_work(
    work: Work, systems: Callable[[str], list[System]], rounds: int, messages: int, place: Path
) -> dict[str, Measured]:
    """Drive both systems in turn; what was measured, by the system's name. ``place`` is for tables."""
    tables = place / "tables"
    if work.tables is not None:
        tables.mkdir()
        work.tables(tables)
    sink = Sink() if work.to_sink else None
    found: dict[str, Measured] = {}
    both = systems(work.settings.format(sink=sink.port if sink else 0, tables=tables))
    try:
        for system in both:
            system.start()
            found[system.name] = Measured()
            _round(system, work, sink, max(work.sessions, messages // 10))  # warm up
        for _ in range(rounds):
            for system in both:
                _measure(system, work, sink, messages, found[system.name])
    finally:
        for system in both:
            system.stop()
        if sink:
            sink.close()
    return found


def _measure(
    system: System, work: Work, sink: Sink | None, messages: int, measured: Measured
) -> None:
    before = cpu(system)
    measured.rates.append(messages / _round(system, work, sink, messages))
    measured.memory = memory(system)
    after = cpu(system)
    after.subtract(before)
    measured.cpu.update(after)
    measured.messages += messages


def _round(system: System, work: Work, sink: Sink | None, messages: int) -> float:
    """Seconds until the last message has arrived. AssertionError when one is missing or came twice."""
    deliveries = Deliveries(system.log)
    taken = sink.count if sink else 0
    files = _mailbox_files(system) if work.to_maildir else 0
    begin = time.perf_counter()
    send(system.port, messages, work.sessions, work.size, work.recipient)
    if sink:
        wait_for(lambda: sink.count - taken >= messages, 600)
    else:
        deliveries.wait(messages)
    seconds = time.perf_counter() - begin
    deliveries.wait(messages)
    wait_for(lambda: system.queued() == 0, 120)
    deliveries.look()
    assert len(deliveries.queue_ids) == messages, "a message was delivered twice"
    assert len(set(deliveries.queue_ids)) == messages
    assert not sink or sink.count - taken == messages
    assert not work.to_maildir or _mailbox_files(system) - files == messages
    return seconds


def _mailbox_files(system: System) -> int:
    new = system.directory / "mail" / user() / "new"
    return len(list(Path(new).iterdir())) if new.exists() else 0
