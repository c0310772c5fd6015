"""Which delivery is next (qmgr(8)): all transports. Pure: entries go in, entries come out, results are told."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.transport import Transport
from pyfixcli.qmgr.transport_limits import TransportLimits


class Scheduler:
    """``limits_of`` gives a transport's limits when it is first met. Times are in seconds."""

    def __init__(self, limits_of: Callable[[str], TransportLimits]) -> None:
        self._limits_of = limits_of
        self._transports: dict[str, Transport] = {}

    def why_dead(self, transport: str, destination: str, now: float) -> str:
        """Why a destination rests, or empty: then nothing is to be added for it."""
        known = self._transports.get(transport)
        found = known.destinations.get(destination) if known else None
        return found.reason if found is not None and found.is_dead(now) else ""

    def add(self, entry: Entry) -> None:
        """An entry waits for delivery from now on."""
        self._transport(entry.transport).add(entry)

    def take(self, transport: str, now: float) -> Entry | None:
        """The entry that this transport delivers next, or None while limits forbid one."""
        known = self._transports.get(transport)
        return known.take(now) if known else None

    def has_backlog(self, entry: Entry) -> bool:
        """Whether many other entries wait for the destination of this one, that take() gave."""
        known = self._transports.get(entry.transport)
        found = known.destinations.get(entry.destination) if known else None
        return found is not None and found.has_backlog

    def finished(self, entry: Entry, now: float, failure: str = "") -> list[Entry]:
        """The delivery of an entry that take() gave has ended.

        ``failure`` is the reason when the site, not a recipient, failed. Returns the entries that waited for the site if
        it is dead now: they are not to be tried.
        """
        return self._transport(entry.transport).finished(entry, now, failure)

    def started_elsewhere(self, entry: Entry) -> None:
        """A delivery that an agent still makes from before a restart counts against the limits."""
        transport = self._transport(entry.transport)
        transport.destination(entry.destination).started()
        transport.busy += 1

    def drop(self, queue_id: str, now: float) -> list[Entry]:
        """Forget what waits of a message (it was deleted or held)."""
        return [entry for t in self._transports.values() for entry in t.drop(queue_id, now)]

    def names(self) -> list[str]:
        """Transports that were met so far."""
        return list(self._transports)

    def tick(self, now: float) -> None:
        """Time has passed: pauses between deliveries may be over."""
        for transport in self._transports.values():
            transport.tick(now)

    def next_time(self, now: float) -> float:
        """When tick() is to be called again; infinity when only events matter."""
        return min((t.next_time(now) for t in self._transports.values()), default=float("inf"))

    def revive(self) -> None:
        """Try dead destinations again at once (postqueue -f)."""
        for transport in self._transports.values():
            transport.revive()

    def refresh(self) -> None:
        """Read the limits again (after a reload)."""
        for transport in self._transports.values():
            transport.adopt(self._limits_of(transport.name))

    def _transport(self, name: str) -> Transport:
        known = self._transports.get(name)
        if known is None:
            known = self._transports[name] = Transport(name, self._limits_of(name))
        return known
