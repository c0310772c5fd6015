"""Counts that the processes of an instance share without asking each other.

The memory comes from master and outlives reloads. Each process writes one region of its own, so nothing is locked;
a count is the sum over the regions. An entry is found by a digest of its name, within a few places; when all of
them are taken it is not counted: a limit may then be missed, but nobody is refused for another's doing.

Data flow: edge processes count sessions of services (maxproc in master.cf) and events of clients (anvil(8)).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import mmap
import os
import struct
import time

REGIONS = 16  # processes at a time, those that end after a reload included
ENTRIES = 4096
PLACES = 8  # entries that a name may be in
ENTRY = struct.Struct("<16sI3II")  # digest, open sessions, three rates, start of their time unit
SESSIONS_AT = 16
REGION = 64 + ENTRIES * ENTRY.size
SIZE = REGIONS * REGION
HEAD = struct.Struct("<I")  # pid
EMPTY = bytes(16)

# kinds of events
CONNECTIONS, MESSAGES, RECIPIENTS = 0, 1, 2


def make_shared_memory() -> int:
    """A descriptor of the memory, for the process that supervises the others."""
    descriptor = os.memfd_create("pyfix-counts", os.MFD_CLOEXEC)
    os.ftruncate(descriptor, SIZE)
    return descriptor


class SharedCounts:
    """The counts as one process sees and changes them. ``unit`` is anvil_rate_time_unit in seconds."""

    def __init__(self, descriptor: int, unit: float) -> None:
        self._memory = mmap.mmap(descriptor, SIZE)
        self._unit = max(1, int(unit))
        self._places: dict[bytes, int] = {}
        self._digests: dict[str, bytes] = {}
        self._base = self._claim(descriptor)

    def _claim(self, descriptor: int) -> int:
        """Take the first region that no living process has; its lock goes with the process."""
        for number in range(REGIONS):
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
            except OSError:
                continue
            base = number * REGION
            self._memory[base : base + REGION] = bytes(REGION)
            HEAD.pack_into(self._memory, base, os.getpid())
            return base
        return -1

    def _digest(self, name: str) -> bytes:
        digest = self._digests.get(name)
        if digest is None:
            if len(self._digests) > ENTRIES:
                self._digests.clear()
            octets = name.encode("utf-8", "surrogateescape")
            digest = self._digests[name] = hashlib.blake2b(octets, digest_size=16).digest()
        return digest

    # -- sessions ----------------------------------------------------------------------

    def join(self, name: str) -> int:
        """One session more under this name; how many there are now, of all processes."""
        digest = self._digest(name)
        place = self._own(digest)
        if place >= 0:
            self._add(place, SESSIONS_AT, 1)
        return max(1, self._total(digest, SESSIONS_AT))

    def leave(self, name: str) -> None:
        """One session less."""
        place = self._places.get(self._digest(name), -1)
        if place >= 0:
            self._add(place, SESSIONS_AT, -1)

    def sessions(self, name: str) -> int:
        """How many sessions there are, of all processes."""
        return self._total(self._digest(name), SESSIONS_AT)

    # -- events ------------------------------------------------------------------------

    def note(self, name: str, kind: int) -> int:
        """One event more; how many there were in this time unit, of all processes."""
        digest, now = self._digest(name), int(time.monotonic())
        place = self._own(digest)
        if place < 0:
            return 1
        self._renew(place, now)
        self._add(place, SESSIONS_AT + 4 * (kind + 1), 1)
        return self._total(digest, SESSIONS_AT + 4 * (kind + 1), now)

    def _renew(self, place: int, now: int) -> None:
        digest, sessions, *_, start = ENTRY.unpack_from(self._memory, place)
        if now - start >= self._unit:
            ENTRY.pack_into(self._memory, place, digest, sessions, 0, 0, 0, now)

    # -- memory ------------------------------------------------------------------------

    def _add(self, place: int, field: int, change: int) -> None:
        at = place + field
        HEAD.pack_into(self._memory, at, max(0, HEAD.unpack_from(self._memory, at)[0] + change))

    def _own(self, digest: bytes) -> int:
        """Where our own entry is, made if there is room; else -1."""
        place = self._places.get(digest)
        if place is not None:
            return place
        if self._base < 0:
            return -1
        now = int(time.monotonic())
        for place in _candidates(self._base, digest):
            held, sessions, *_, start = ENTRY.unpack_from(self._memory, place)
            if held == EMPTY or (not sessions and now - start >= self._unit):
                self._places.pop(held, None)
                ENTRY.pack_into(self._memory, place, digest, 0, 0, 0, 0, now)
                self._places[digest] = place
                return place
        return -1

    def _total(self, digest: bytes, field: int, now: int = 0) -> int:
        """The sum of a field over all regions; of rates only those of the present time unit."""
        total = 0
        for base in range(0, SIZE, REGION):
            if not HEAD.unpack_from(self._memory, base)[0]:
                continue
            for place in _candidates(base, digest):
                if self._memory[place : place + 16] == digest:
                    fields = ENTRY.unpack_from(self._memory, place)
                    if not now or now - fields[5] < self._unit:
                        total += fields[(field - SESSIONS_AT) // 4 + 1]
                    break
        return total

    def close(self) -> None:
        """The process ends: nothing of it counts any longer."""
        if self._base >= 0:
            self._memory[self._base : self._base + REGION] = bytes(REGION)
        with contextlib.suppress(BufferError):
            self._memory.close()


def _candidates(base: int, digest: bytes) -> range:
    """Where an entry may be in a region."""
    first = int.from_bytes(digest[:4], "little") % (ENTRIES - PLACES)
    start = base + 64 + first * ENTRY.size
    return range(start, start + PLACES * ENTRY.size, ENTRY.size)
