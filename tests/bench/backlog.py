"""Rows with a large deferred queue: the commands that look at it, and mail that comes in meanwhile."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable

from tests.bench.drive import Deliveries, send
from tests.bench.systems import OWNER, Pyfix, System
from tests.support.fill import fill_deferred, thin_queue
from tests.support.instance import wait_for

DEFERRING = (
    "relayhost = [127.0.0.1]:9\ndefer_transports = smtp\n"
    "transport_maps = inline:{{here.test=discard:}}\n"
    "minimal_backoff_time = 1d\nmaximal_backoff_time = 1d\nqueue_run_delay = 1d"
)
SESSIONS = 20
SIZE = 2048
INTAKE = 4000  # messages of an intake round
DELETED = 0.7  # share of the messages of an aged queue
DAY = 86400.0  # seconds
UNIFORM = (480,)  # octets of content
MIXED = (300, 2_000, 8_000, 14_000, 30_000)


def show_commands(systems: list[System], count: int) -> None:
    """``mailq`` and ``postsuper -d ALL`` with so many messages deferred."""
    seconds: dict[str, dict[str, float]] = {}
    for system in systems:
        system.start()
        try:
            send(system.port, count, SESSIONS, SIZE, "x@away.test")
            wait_for(lambda system=system: _deferred(system) >= count, 900)  # type: ignore[misc]
            for name, arguments in (("mailq", ()), ("postsuper", ("-d", "ALL"))):
                begin = time.perf_counter()
                done = system.run(
                    name, "-C" if name == "mailq" else "-c", str(system.config), *arguments
                )
                assert done.returncode == 0, done.stderr.decode()
                seconds.setdefault(name, {})[system.name] = time.perf_counter() - begin
            assert system.queued() == 0
        finally:
            system.stop()
    for name, found in seconds.items():
        ratio = found["Pyfix"] / found["Postfix"]
        shown = f"{found['Pyfix']:.2f} s | {found['Postfix']:.2f} s | {ratio:.2f}"
        print(f"| {name} with {count:,} messages deferred | {shown} | <= 0.3 |", flush=True)


def _deferred(system: System) -> int:
    return system.log.read_bytes().count(b"status=deferred")


def show_intake(systems: Callable[[str], list[System]], count: int, rounds: int) -> None:
    """Mail for another destination with so many messages deferred, and in an aged queue, against an empty queue."""
    empty, full, aged = (
        next(system for system in systems(DEFERRING) if isinstance(system, Pyfix)) for _ in range(3)
    )
    _fill(full, count, spread=False)
    _fill(aged, count, spread=True)
    for system in (empty, full, aged):
        system.start()
    try:
        rates: dict[str, list[float]] = {"empty": [], "full": [], "aged": []}
        for _ in range(rounds):
            for name, system in (("empty", empty), ("full", full), ("aged", aged)):
                rates[name].append(_intake(system))
    finally:
        for system in (empty, full, aged):
            system.stop()
    base = max(rates["empty"])
    for name, title, goal in (
        ("full", f"intake with {count:,} deferred, against empty", 0.9),
        ("aged", f"intake after {count:,} mixed, 70% deleted at random, against empty", 0.8),
    ):
        best = max(rates[name])
        print(
            f"| {title} | {best:.0f} | {base:.0f} (Pyfix) | {best / base:.2f} | >= {goal} |",
            flush=True,
        )


def _fill(system: System, count: int, *, spread: bool) -> None:
    """Put deferred messages into the queue while the daemon is down; of mixed sizes and then thinned if ``spread``."""
    system.start()
    system.stop()
    fill_deferred(system.queue, count, time.time() + DAY, MIXED if spread else UNIFORM)
    if spread:
        thin_queue(system.queue, count, DELETED, random.Random(1))
    for name in ("mail", "content"):
        for path in (system.queue / name).rglob("*"):
            shutil.chown(path, OWNER, OWNER)


def _intake(system: System) -> float:
    """Messages per second."""
    deliveries = Deliveries(system.log)
    begin = time.perf_counter()
    send(system.port, INTAKE, SESSIONS, SIZE, "x@here.test")
    rate = INTAKE / (time.perf_counter() - begin)
    deliveries.wait(INTAKE)
    return rate
