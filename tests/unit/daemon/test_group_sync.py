"""Deliveries that wait for the disk together."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pyfixcli.daemon.agent_frames import Assign
from pyfixcli.daemon.group_sync import LONGEST, MOST, QUIET, Ended, GroupSync
from pyfixcli.mail.delivery import DeliveryResult, RequestRecipient, Status
from tests.support.delivery_request import REQUEST as ANY

WHOM = RequestRecipient(0, "a@b.test")
REQUEST = msgspec.structs.replace(ANY, recipients=(WHOM,))


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def group() -> Told:
    return Told()


class Told(GroupSync):
    """Keeps what it tells."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[Ended] = []
        self.tell = self.ended.extend


class Work:
    """A delivery that makes some descriptors durable, one after the other; notes how far it came."""

    def __init__(self, group: GroupSync, *descriptors: int) -> None:
        self._group = group
        self._descriptors = descriptors
        self.done = 0

    async def deliver(self) -> list[DeliveryResult]:
        text = ""
        for descriptor in self._descriptors:
            try:
                await self._group.sync(descriptor)
            except OSError as error:
                text = os.strerror(error.errno or 0)
            self.done += 1
        status = Status.DEFERRED if text else Status.SENT
        return [
            DeliveryResult(queue_id="A", attempt=1, index=0, status=status, dsn="2.0.0", text=text)
        ]


def test_deliveries_go_on_together(group: Told, directory: int) -> None:
    """Each begins while those before it wait; all end in the order in which they began."""
    works = [Work(group, directory, directory) for _ in range(3)]
    assert group.patience is None
    for ticket, work in enumerate(works):
        assert group.begin(Assign(ticket, REQUEST), work.deliver()) is None
    assert [work.done for work in works] == [0, 0, 0]
    assert group.patience is not None and 0.0 <= group.patience <= QUIET < LONGEST
    group.settle()
    assert [work.done for work in works] == [2, 2, 2]
    assert [assigned.ticket for assigned, _ in group.ended] == [0, 1, 2]
    assert {results[0].status for _, results in group.ended} == {Status.SENT}
    assert group.patience is None


def test_what_goes_wrong_is_told_to_whom_it_concerns(group: Told, directory: int) -> None:
    """A pipe cannot be made durable (EINVAL, fsync(2))."""
    inlet, outlet = os.pipe()
    try:
        for ticket, descriptor in enumerate((directory, inlet, directory)):
            group.begin(Assign(ticket, REQUEST), Work(group, descriptor).deliver())
        group.settle()
    finally:
        os.close(inlet)
        os.close(outlet)
    assert [results[0].text for _, results in group.ended] == ["", os.strerror(errno.EINVAL), ""]


def test_a_delivery_to_several_recipients_waits_for_nobody(group: Told, directory: int) -> None:
    """The other recipients are still to come, and the destination is not free before."""
    request = msgspec.structs.replace(REQUEST, recipients=(WHOM, WHOM))
    results = group.begin(Assign(1, request), Work(group, directory, directory).deliver())
    assert results is not None and results[0].status is Status.SENT
    assert group.patience is None


def test_many_deliveries_wait_no_longer(group: Told, directory: int) -> None:
    for ticket in range(MOST):
        group.begin(Assign(ticket, REQUEST), Work(group, directory).deliver())
    assert group.patience == 0.0
    group.settle()
    assert len(group.ended) == MOST


def test_who_waits_for_the_disk_does_not_wait_for_what_takes_long(
    group: Told, directory: int
) -> None:
    """The delivery that hurries goes on afterwards, and may wait itself."""
    seen: list[int] = []

    async def run_a_command() -> list[DeliveryResult]:
        group.hurry()
        seen.append(len(group.ended))
        return await Work(group, directory).deliver()

    group.begin(Assign(1, REQUEST), Work(group, directory, directory).deliver())
    assert group.begin(Assign(2, REQUEST), run_a_command()) is None
    assert seen == [1]
    group.settle()
    assert [assigned.ticket for assigned, _ in group.ended] == [1, 2]


def test_before_several_recipients_those_that_wait_are_written(group: Told, directory: int) -> None:
    """Their deliveries sync for themselves, which may take long."""
    request = msgspec.structs.replace(REQUEST, recipients=(WHOM, WHOM))
    group.begin(Assign(1, REQUEST), Work(group, directory).deliver())
    group.begin(Assign(2, request), Work(group, directory).deliver())
    assert [assigned.ticket for assigned, _ in group.ended] == [1]


def test_descriptor_that_is_closed(group: Told, directory: int) -> None:
    """EBADF (fsync(2)) is the error of the delivery that waits for it."""
    closed = os.dup(directory)
    os.close(closed)
    for ticket, descriptor in enumerate((directory, closed, directory)):
        group.begin(Assign(ticket, REQUEST), Work(group, descriptor).deliver())
    group.settle()
    assert [results[0].text for _, results in group.ended] == ["", os.strerror(errno.EBADF), ""]


def test_delivery_that_breaks_off(group: Told, directory: int) -> None:
    """Those before it have ended, those after it wait on."""

    async def break_off() -> list[DeliveryResult]:
        await group.sync(directory)
        raise BrokenPipeError

    group.begin(Assign(1, REQUEST), Work(group, directory).deliver())
    group.begin(Assign(2, REQUEST), break_off())
    group.begin(Assign(3, REQUEST), Work(group, directory).deliver())
    with pytest.raises(BrokenPipeError):
        group.settle()
    assert [assigned.ticket for assigned, _ in group.ended] == [1]
    group.settle()
    assert [assigned.ticket for assigned, _ in group.ended] == [1, 3]


def test_deliveries_that_are_given_up_clean_up(group: Told, directory: int) -> None:
    removed: list[int] = []

    async def deliver(ticket: int) -> list[DeliveryResult]:
        try:
            await group.sync(directory)
        finally:
            removed.append(ticket)
        return []

    for ticket in range(2):
        group.begin(Assign(ticket, REQUEST), deliver(ticket))
    group.abandon()
    assert sorted(removed) == [0, 1]
    assert group.patience is None
    assert group.ended == []
