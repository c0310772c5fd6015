"""The deliveries of a local process: one after the other, but those that wait for the disk wait together.

A file system writes the files of many deliveries with as many steps as those of one. Nobody waits for the results: the
scheduler has been told that the destination is free.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import Any

from pyfixcli.daemon.agent_frames import Assign
from pyfixcli.mail.delivery import DeliveryResult

QUIET = 0.002  # seconds without a further delivery until those that wait are written
LONGEST = 0.01  # seconds until then in any case
MOST = 32  # deliveries that wait
Work = Coroutine[Any, OSError | None, list[DeliveryResult]]
Ended = tuple[Assign, list[DeliveryResult]]


class _Wait:
    """Suspends a delivery until the file or directory is on the disk; gives what went wrong."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __await__(self) -> Generator[_Wait, OSError | None, OSError | None]:
        error = yield self
        return error


class _Delivery:
    """One that is under way; ``descriptor`` is what it waits for."""

    __slots__ = ("assigned", "descriptor", "work")

    def __init__(self, assigned: Assign, work: Work) -> None:
        self.assigned = assigned
        self.work = work
        self.descriptor = -1


class GroupSync:
    """A Durable for deliveries that begin() was given; ``tell`` takes the ends of those that waited."""

    def __init__(self) -> None:
        self.tell: Callable[[list[Ended]], None] = lambda ended: None
        self._waiting: list[_Delivery] = []
        self._may_wait = False
        self._first = self._last = 0.0  # when deliveries began to wait

    async def sync(self, descriptor: int) -> None:
        """As Durable.sync. A delivery to several recipients does not wait, since the others are still to come."""
        if not self._may_wait:
            os.fsync(descriptor)
            return
        error = await _Wait(descriptor)
        if error is not None:
            raise error

    def begin(self, assigned: Assign, work: Work) -> list[DeliveryResult] | None:
        """Carry a delivery out; its results, or None when it waits for the disk from now on."""
        if not _is_alone(assigned):
            self.settle()  # it writes to the disk itself, once for each recipient
        delivery = _Delivery(assigned, work)
        results = self._advance(delivery, None)
        if results is None:
            self._last = time.monotonic()
            if len(self._waiting) == 1:
                self._first = self._last
        return results

    def _advance(self, delivery: _Delivery, error: OSError | None) -> list[DeliveryResult] | None:
        may_wait, self._may_wait = self._may_wait, _is_alone(delivery.assigned)
        try:
            wait: _Wait = delivery.work.send(error)
        except StopIteration as stop:
            results: list[DeliveryResult] = stop.value
            return results
        finally:
            self._may_wait = may_wait  # of the delivery that hurries
        delivery.descriptor = wait.descriptor
        self._waiting.append(delivery)
        return None

    @property
    def patience(self) -> float | None:
        """Seconds until settle() is due, None when nothing waits."""
        if not self._waiting:
            return None
        if len(self._waiting) >= MOST:
            return 0.0
        due = min(self._first + LONGEST, self._last + QUIET)
        return max(0.0, due - time.monotonic())

    def hurry(self) -> None:
        """As Durable.hurry."""
        self.settle()

    def settle(self) -> None:
        """Write what is waited for, carry these deliveries to their ends, and tell of them.

        When a delivery breaks off, those after it wait on.
        """
        while self._waiting:
            self._settle_once()

    def _settle_once(self) -> None:
        """Until each delivery has ended, or waits for something else."""
        waiting, self._waiting = self._waiting, []
        errors = iter(_write(delivery.descriptor for delivery in waiting))
        ended: list[Ended] = []
        try:
            while waiting:
                delivery = waiting.pop(0)
                results = self._advance(delivery, next(errors))
                if results is not None:
                    ended.append((delivery.assigned, results))
        finally:
            self._waiting += waiting
            if ended:
                self.tell(ended)

    def abandon(self) -> None:
        """Give up the deliveries that wait: those that have no name yet remove their files, and were never here."""
        while self._waiting:
            self._waiting.pop().work.close()


def _is_alone(assigned: Assign) -> bool:
    return len(assigned.request.recipients) == 1


def _write(descriptors: Iterable[int]) -> list[OSError | None]:
    """Sync files and directories, the same directory once; what went wrong with each."""
    places = []
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            # begins to write, so that one sync finds all of it written
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        places.append((_place(descriptor), descriptor))
    known: dict[tuple[int, int], OSError | None] = {}
    for place, descriptor in places:
        if place not in known:
            known[place] = _sync(descriptor)
    return [known[place] for place, _ in places]


def _place(descriptor: int) -> tuple[int, int]:
    """What tells whether two descriptors are of the same file; of one that cannot say, only itself."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return -1, descriptor
    return status.st_dev, status.st_ino


def _sync(descriptor: int) -> OSError | None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        return error
    return None
