"""A message on one transport: its entries by destination, which take turns."""

from __future__ import annotations

from collections import deque

from pyfixcli.qmgr.destination import Destination
from pyfixcli.qmgr.entry import Entry


class Peer:
    """Entries of a job for one destination."""

    __slots__ = ("destination", "entries")

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        self.entries: deque[Entry] = deque()


class Job:
    """``rank`` orders the jobs of a transport; ``waiting`` counts entries, ``taken`` those that were given out.

    ``is_parked``: none of its destinations had room when it was last looked at, and they know of it.
    ``preempts``: it was put before a larger one.
    """

    __slots__ = (
        "is_parked",
        "peers",
        "preempts",
        "queue_id",
        "rank",
        "spent",
        "taken",
        "turn",
        "waiting",
    )

    def __init__(self, queue_id: str, rank: int) -> None:
        self.queue_id = queue_id
        self.rank = rank
        self.peers: dict[str, Peer] = {}
        self.turn: deque[Peer] = deque()
        self.waiting = 0
        self.taken = 0
        self.spent = 0  # delivery slots that were given to others
        self.is_parked = False
        self.preempts = False

    def __lt__(self, other: Job) -> bool:
        return self.rank < other.rank

    def add(self, entry: Entry, destination: Destination) -> None:
        """One more entry."""
        peer = self.peers.get(destination.name)
        if peer is None:
            peer = self.peers[destination.name] = Peer(destination)
            self.turn.append(peer)
        peer.entries.append(entry)
        destination.waiting += 1
        self.waiting += 1

    def has_ready(self, now: float) -> bool:
        """Whether an entry may go; its peer is the first in turn then."""
        turn = self.turn
        for _ in range(len(turn)):
            if turn[0].destination.is_ready(now):
                return True
            turn.rotate(-1)
        return False

    def take(self) -> Entry:
        """The next entry of the first peer in turn."""
        peer = self.turn.popleft()
        entry = peer.entries.popleft()
        if peer.entries:
            self.turn.append(peer)
        else:
            del self.peers[peer.destination.name]
        peer.destination.waiting -= 1
        self.waiting -= 1
        self.taken += 1
        return entry

    def prefer(self, destination: Destination) -> bool:
        """Put the peer of this destination first in turn; false when nothing waits for it."""
        peer = self.peers.get(destination.name)
        if peer is None:
            return False
        if self.turn[0] is not peer:
            self.turn.remove(peer)
            self.turn.appendleft(peer)
        return True

    def drop(self, destination: Destination | None = None) -> list[Entry]:
        """Forget the entries that wait, or those for one destination; returns them."""
        dropped: list[Entry] = []
        for peer in list(self.turn):
            if destination is not None and peer.destination is not destination:
                continue
            dropped += peer.entries
            peer.destination.waiting -= len(peer.entries)
            self.waiting -= len(peer.entries)
            self.turn.remove(peer)
            del self.peers[peer.destination.name]
        return dropped
