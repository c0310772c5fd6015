"""What a process uses, for pyfix status."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process of the instance: private memory in octets, CPU time in seconds."""

    role: str
    pid: int
    private: int
    cpu: float


def read_process(role: str, pid: int) -> ProcessInfo | None:
    """What the system says of a process, or None when it is gone."""
    try:
        process = psutil.Process(pid)
        memory = process.memory_full_info()
        times = process.cpu_times()
    except psutil.Error:
        return None
    return ProcessInfo(role, pid, int(memory.uss), times.user + times.system)
