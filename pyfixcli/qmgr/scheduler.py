"""Which delivery is next (qmgr(8)): transports, destinations, concurrency windows.

Pure: entries go in, entries come out, results are told. Destinations of a transport take turns;
each has a window of simultaneous deliveries that begins with
``initial_destination_concurrency``, grows with success up to the limit, and shrinks with
failures of the site.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.transport import TransportLimits


class Destination:
    """Entries that wait for one destination, and its window."""

    __slots__ = ("busy", "name", "waiting", "window")

    def __init__(self, name: str, window: int) -> None:
        self.name = name
        self.window = window
        self.busy = 0
        self.waiting: deque[Entry] = deque()

    @property
    def is_ready(self) -> bool:
        """Whether another delivery may start now."""
        return bool(self.waiting) and self.busy < self.window


class Transport:
    """Destinations of one transport, in turn."""

    __slots__ = ("busy", "destinations", "limits", "name", "turn")

    def __init__(self, name: str, limits: TransportLimits) -> None:
        self.name = name
        self.limits = limits
        self.busy = 0
        self.destinations: dict[str, Destination] = {}
        self.turn: deque[Destination] = deque()

    def add(self, entry: Entry) -> None:
        destination = self.destinations.get(entry.destination)
        if destination is None:
            window = min(self.limits.initial_concurrency, self.limits.destination_concurrency)
            destination = Destination(entry.destination, max(1, window))
            self.destinations[entry.destination] = destination
        if not destination.waiting:
            self.turn.append(destination)
        destination.waiting.append(entry)

    def take(self) -> Entry | None:
        """The next entry of the first destination that may have another delivery."""
        if self.limits.processes and self.busy >= self.limits.processes:
            return None
        for _ in range(len(self.turn)):
            destination = self.turn.popleft()
            if not destination.is_ready:
                self.turn.append(destination)
                continue
            entry = destination.waiting.popleft()
            destination.busy += 1
            self.busy += 1
            if destination.waiting:
                self.turn.append(destination)
            return entry
        return None

    def finished(self, entry: Entry, site_failed: bool) -> None:
        """A delivery of this entry ended; adjust the window of its destination."""
        self.busy -= 1
        destination = self.destinations[entry.destination]
        destination.busy -= 1
        if site_failed:
            destination.window = max(1, destination.window - 1)
        elif destination.window < self.limits.destination_concurrency:
            destination.window += 1
        if not destination.busy and not destination.waiting:
            del self.destinations[entry.destination]

    def drop(self, queue_id: str) -> list[Entry]:
        """Forget waiting entries of a message; returns them."""
        dropped = []
        for destination in list(self.turn):
            gone = [entry for entry in destination.waiting if entry.queue_id == queue_id]
            if not gone:
                continue
            dropped += gone
            kept = [entry for entry in destination.waiting if entry.queue_id != queue_id]
            destination.waiting = deque(kept)
            if not kept:
                self.turn.remove(destination)
                if not destination.busy:
                    del self.destinations[destination.name]
        return dropped


class Scheduler:
    """All transports. ``limits_of`` gives a transport's limits when it is first met."""

    def __init__(self, limits_of: Callable[[str], TransportLimits]) -> None:
        self._limits_of = limits_of
        self._transports: dict[str, Transport] = {}

    def add(self, entry: Entry) -> None:
        """An entry waits for delivery from now on."""
        self._transport(entry.transport).add(entry)

    def take(self, transport: str) -> Entry | None:
        """The entry that this transport delivers next, or None while limits forbid one."""
        known = self._transports.get(transport)
        return known.take() if known else None

    def finished(self, entry: Entry, site_failed: bool = False) -> None:
        """The delivery of an entry that take() gave has ended."""
        self._transport(entry.transport).finished(entry, site_failed)

    def started_elsewhere(self, entry: Entry) -> None:
        """A delivery that an agent still makes from before a restart counts against the limits."""
        transport = self._transport(entry.transport)
        transport.add(entry)
        destination = transport.destinations[entry.destination]
        destination.waiting.remove(entry)
        if not destination.waiting:
            transport.turn.remove(destination)
        destination.busy += 1
        transport.busy += 1

    def drop(self, queue_id: str) -> list[Entry]:
        """Forget what waits of a message (it was deleted or held)."""
        return [entry for t in self._transports.values() for entry in t.drop(queue_id)]

    def names(self) -> list[str]:
        """Transports that were met so far."""
        return list(self._transports)

    def refresh(self) -> None:
        """Read the limits again (after a reload)."""
        for transport in self._transports.values():
            transport.limits = self._limits_of(transport.name)

    def _transport(self, name: str) -> Transport:
        known = self._transports.get(name)
        if known is None:
            known = self._transports[name] = Transport(name, self._limits_of(name))
        return known
