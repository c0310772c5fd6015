"""What processes cost: CPU time by role, and memory."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from tests.bench.systems import System

TICK = os.sysconf("SC_CLK_TCK")


def cpu(system: System) -> Counter[str]:
    """Seconds of CPU time so far by role; processes that ended count for master."""
    found: Counter[str] = Counter()
    for pid, role in system.roles().items():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it ended meanwhile
        own, ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        found[role] += own / TICK  # type: ignore[assignment]
        if role == "master":
            found["(ended)"] += ended / TICK  # type: ignore[assignment]
    return found


def memory(system: System) -> tuple[int, float, float]:
    """(processes, private MiB, proportional MiB) of the instance."""
    count, private, proportional = 0, 0, 0
    for pid in system.roles():
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
        except OSError:
            continue
        count += 1
        values = {line.partition(":")[0]: line.split()[1] for line in lines if line.endswith("kB")}
        private += int(values["Private_Clean"]) + int(values["Private_Dirty"])
        proportional += int(values["Pss"])
    return count, private / 1024, proportional / 1024
