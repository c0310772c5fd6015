"""The processes of an instance as a table."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from pyfixcli.base.procinfo import ProcessInfo


def format_status(processes: Sequence[ProcessInfo]) -> str:
    """One line a process: role, pid, private memory in KiB, CPU seconds."""
    rows = [(p.role, p.pid, p.private // 1024, f"{p.cpu:.2f}") for p in processes]
    return tabulate(rows, headers=("role", "pid", "private KiB", "CPU s"))
