"""The jobs of one transport, in their order, and which may go next (SCHEDULER_README).

Jobs go in the order in which they came. One none of whose destinations has room is parked with these, and taken up again
when one has room, so that a choice costs the same however many wait. A large job gathers a
delivery slot with every ``slot_cost`` deliveries, and small ones may use up these slots before it.
"""

from __future__ import annotations

import heapq

from pyfixcli.qmgr.destination import Destination
from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.job import Job
from pyfixcli.qmgr.transport_limits import TransportLimits


class Transport:
    """Times are in seconds, of any clock that does not go back."""

    __slots__ = (
        "_delayed",
        "_large",
        "_not_before",
        "_queue",
        "_rank",
        "_small",
        "_stack",
        "busy",
        "destinations",
        "jobs",
        "limits",
        "name",
    )

    def __init__(self, name: str, limits: TransportLimits) -> None:
        self.name = name
        self.limits = limits
        self.busy = 0
        self.jobs: dict[str, Job] = {}
        self.destinations: dict[str, Destination] = {}
        self._rank = 0
        self._queue: list[Job] = []  # a heap: jobs that are not parked
        self._stack: list[Job] = []  # jobs that preempt, the last one first
        self._small: list[
            tuple[int, int, Job]
        ] = []  # a heap by size, kept while a large job is there
        self._large = 0
        self._delayed: list[
            tuple[float, str]
        ] = []  # a heap: when a destination may be looked at again
        self._not_before = 0.0

    # -- coming in ---------------------------------------------------------------------

    def destination(self, name: str) -> Destination:
        """The destination of this name, new or known."""
        known = self.destinations.get(name)
        if known is None:
            known = self.destinations[name] = Destination(name, self.limits)
        return known

    def add(self, entry: Entry) -> None:
        """An entry waits from now on."""
        destination = self.destination(entry.destination)
        job = self.jobs.get(entry.queue_id)
        if job is None:
            self._rank += 1
            job = self.jobs[entry.queue_id] = Job(entry.queue_id, self._rank)
            heapq.heappush(self._queue, job)
        before = self._is_large(job)
        job.add(entry, destination)
        if job.is_parked:
            self._unpark(job)
        if self._is_large(job) != before:
            self._count_large(1)
        self._note_small(job)

    def _is_large(self, job: Job) -> bool:
        limits = self.limits
        if not limits.slot_cost:
            return False
        return job.waiting + job.taken >= limits.slot_cost * limits.minimum_slots

    def _count_large(self, change: int) -> None:
        self._large += change
        if not self._large:
            self._small.clear()
        elif change > 0 and self._large == 1:
            self._small = [(job.waiting, job.rank, job) for job in self.jobs.values()]
            heapq.heapify(self._small)

    def _note_small(self, job: Job) -> None:
        if self._large:
            heapq.heappush(self._small, (job.waiting, job.rank, job))

    # -- the choice --------------------------------------------------------------------

    def take(self, now: float) -> Entry | None:
        """The next entry, or None while limits forbid one."""
        limits = self.limits
        if (limits.processes and self.busy >= limits.processes) or now < self._not_before:
            return None
        job = self._first_ready(now)
        if job is None:
            return None
        if self._large:
            job = self._preempting(job, now) or job
        entry = job.take()
        self.destinations[entry.destination].started()
        self.busy += 1
        if limits.transport_rate_delay:
            self._not_before = now + limits.transport_rate_delay
        if not job.waiting:
            self._retire(job)
        return entry

    def _first_ready(self, now: float) -> Job | None:
        for job in reversed(self._stack):
            if job.has_ready(now):
                return job
        while self._queue:
            job = self._queue[0]
            if job.waiting and not job.preempts and not job.is_parked:
                if job.has_ready(now):
                    return job
                self._park(job)
            heapq.heappop(self._queue)
        return None

    def _park(self, job: Job) -> None:
        job.is_parked = True
        for peer in job.turn:
            heapq.heappush(peer.destination.waiters, (job.rank, job))

    def _unpark(self, job: Job) -> None:
        job.is_parked = False
        heapq.heappush(self._queue, job)
        self._note_small(job)

    def _preempting(self, current: Job, now: float) -> Job | None:
        """A smaller job that may go before the current one, by the slots that this one gathered."""
        limits = self.limits
        if not self._is_large(current):
            return None
        available = current.taken // limits.slot_cost - current.spent
        if available < 0:
            return None
        while self._small:
            size, _, job = self._small[0]
            if size == job.waiting and size and job is not current and self._may_preempt(job, now):
                break
            heapq.heappop(self._small)
        else:
            return None
        if size - available > size * limits.slot_discount / 100 + limits.slot_loan:
            return None
        if size >= current.waiting:
            return None
        heapq.heappop(self._small)
        current.spent += size
        job.preempts = True
        self._stack.append(job)
        return job

    def _may_preempt(self, job: Job, now: float) -> bool:
        return not job.preempts and not job.is_parked and job.has_ready(now)

    def _retire(self, job: Job) -> None:
        """Nothing of the job waits any more; more of it may come later, behind the others."""
        del self.jobs[job.queue_id]
        if job.preempts:
            self._stack.remove(job)
        if self._is_large(job):
            self._count_large(-1)

    # -- going out ---------------------------------------------------------------------

    def finished(self, entry: Entry, now: float, failure: str) -> list[Entry]:
        """A delivery ended; ``failure`` is the site's, or empty. What waits for a site that died comes back."""
        self.busy -= 1
        destination = self.destinations[entry.destination]
        died = destination.failed(now, failure) if failure else False
        if not failure:
            destination.succeeded()
        destination.ended(now)
        suspended = self._suspend(destination) if died else []
        if destination.not_before > now:
            heapq.heappush(self._delayed, (destination.not_before, destination.name))
        self._wake(destination, now)
        self._forget_idle(destination, now)
        return suspended

    def _suspend(self, destination: Destination) -> list[Entry]:
        suspended = []
        for job in list(self.jobs.values()):
            if destination.name in job.peers:
                suspended += self._drop(job, destination)
        return suspended

    def _drop(self, job: Job, destination: Destination | None = None) -> list[Entry]:
        large = self._is_large(job)
        dropped = job.drop(destination)
        if not job.waiting:
            del self.jobs[job.queue_id]
            if job.preempts:
                self._stack.remove(job)
        if large and (not job.waiting or not self._is_large(job)):
            self._count_large(-1)
        return dropped

    def drop(self, queue_id: str, now: float) -> list[Entry]:
        """Forget what waits of a message; returns it."""
        job = self.jobs.get(queue_id)
        if job is None:
            return []
        concerned = [peer.destination for peer in job.turn]
        dropped = self._drop(job)
        for destination in concerned:
            self._wake(destination, now)
            self._forget_idle(destination, now)
        return dropped

    def _wake(self, destination: Destination, now: float) -> None:
        """Take up as many parked jobs as the destination has room for."""
        if not destination.is_ready(now):
            return
        room = destination.room
        waiters = destination.waiters
        while room > 0 and waiters:
            _, job = heapq.heappop(waiters)
            if job.waiting and job.prefer(destination):
                room -= 1
                if job.is_parked:
                    self._unpark(job)

    def _forget_idle(self, destination: Destination, now: float) -> None:
        if destination.busy or destination.waiting or destination.not_before > now:
            return
        if not destination.is_dead(now):
            del self.destinations[destination.name]

    def tick(self, now: float) -> None:
        """Look again at destinations whose pause is over."""
        while self._delayed and self._delayed[0][0] <= now:
            _, name = heapq.heappop(self._delayed)
            destination = self.destinations.get(name)
            if destination is not None:
                self._wake(destination, now)
                self._forget_idle(destination, now)

    def next_time(self, now: float) -> float:
        """When tick() or take() may have something that it has not now; infinity when events decide."""
        times = [self._delayed[0][0]] if self._delayed else []
        if self._not_before > now and self.jobs:
            times.append(self._not_before)
        return min(times, default=float("inf"))

    def revive(self) -> None:
        """Dead destinations may be tried again."""
        for destination in self.destinations.values():
            destination.revive()

    def adopt(self, limits: TransportLimits) -> None:
        """Go by these limits from now on."""
        self.limits = limits
        for destination in self.destinations.values():
            destination.adopt(limits)
