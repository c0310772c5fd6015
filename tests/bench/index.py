"""Rows without a load: building an index, and memory at rest."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from statistics import median

from tests.bench.systems import System
from tests.bench.usage import memory

LINES = 1_000_000


def show_postmap(systems: list[System], place: Path, rounds: int) -> None:
    """``postmap lmdb:`` of a million lines, in turn: medians, and those of the ratios of the same round.

    A processor that is shared has fast moments, and the best round of each would compare moments.
    """
    took: dict[str, list[float]] = {system.name: [] for system in systems}
    tables = {system.name: place / f"table-{system.name}" for system in systems}
    for table in tables.values():
        with table.open("w") as stream:
            stream.writelines(
                f"user{n}@domain{n % 1000}.test  target{n}@x.test\n" for n in range(LINES)
            )
    for _ in range(rounds):
        for system in systems:
            table = tables[system.name]
            begin = time.perf_counter()
            done = system.run("postmap", "-c", str(system.config), f"lmdb:{table}")
            assert done.returncode == 0, done.stderr.decode()
            took[system.name].append(time.perf_counter() - begin)
    _check(systems, tables)
    ours, theirs = took["Pyfix"], took["Postfix"]
    ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    shown = f"{median(ours):.2f} s | {median(theirs):.2f} s"
    ratio = f"{median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
    print(f"| postmap lmdb: of {LINES:,} lines | {shown} | {ratio} | <= 1.0 |", flush=True)


def _check(systems: list[System], tables: dict[str, Path]) -> None:
    """Each reads what the other one made."""
    key = f"user{LINES - 1}@domain999.test"
    for system in systems:
        for table in tables.values():
            found = system.run("postmap", "-c", str(system.config), "-q", key, f"lmdb:{table}")
            assert found.stdout == f"target{LINES - 1}@x.test\n".encode()


def show_memory_at_rest(systems: list[System]) -> None:
    """Private memory right after the start."""
    shown = []
    for system in systems:
        system.start()
        try:
            subprocess.run(["sync"], check=True)
            count, private, proportional = memory(system)
            shown.append(f"{private:.0f} MiB ({count} processes, {proportional:.0f} MiB PSS)")
        finally:
            system.stop()
    theirs, ours = shown
    print(f"| private memory at rest | {ours} | {theirs} | | <= 120 MB |", flush=True)
