"""Serial numbers of queue ids: which blocks of them can be given out."""

from __future__ import annotations

from pyfixcli.queue.env import QueueEnvironment
from pyfixcli.queue.queue_id import BLOCK, FIRST_SERIAL, serial_of


class Serials:
    """Which blocks of serial numbers are free (queue_id.py).

    ``live`` counts the messages of each block, so that a block is given out only when nothing
    alive holds one of its serials.
    """

    def __init__(self, live: dict[int, int], pointer: int) -> None:
        self._live = live
        self._limit = 0x10000
        self.pointer = pointer
        self.leased: set[int] = set()

    def added(self, serial: int) -> None:
        """A message with this serial came in."""
        number = serial // BLOCK
        self._live[number] = self._live.get(number, 0) + 1

    def removed(self, serial: int) -> None:
        """A message with this serial is gone."""
        number = serial // BLOCK
        left = self._live.get(number, 0) - 1
        if left > 0:
            self._live[number] = left
        else:
            self._live.pop(number, None)

    def next_block(self) -> int:
        """The first serial of a free block; moves the pointer past it."""
        while True:
            for _ in range((self._limit - FIRST_SERIAL) // BLOCK):
                start = self.pointer
                self.pointer += BLOCK
                if self.pointer >= self._limit:
                    self.pointer = FIRST_SERIAL
                number = start // BLOCK
                if number not in self._live and number not in self.leased:
                    return start
            self.pointer = self._limit
            self._limit *= 2


def load_serials(environment: QueueEnvironment) -> Serials:
    """Count what lives in each block, and take up the pointer where it was."""
    live: dict[int, int] = {}
    with environment.reading() as txn:
        for key in txn.cursor(db=environment.db.envelope).iternext(values=False):
            number = serial_or_zero(key.decode("ascii", "replace")) // BLOCK
            live[number] = live.get(number, 0) + 1
        pointer = txn.get(b"serial", db=environment.db.meta)
    start = int.from_bytes(pointer, "big") if pointer else FIRST_SERIAL
    return Serials(live, start)


def serial_or_zero(queue_id: str) -> int:
    """The serial number in a queue id; zero for what is none."""
    try:
        return serial_of(queue_id)
    except ValueError:
        return 0
