"""Queue ids in Postfix's two forms (postconf(5): enable_long_queue_ids).

Short: five hexadecimal digits of the microsecond of arrival, then a serial number of at
least four hexadecimal digits that nothing alive in the queue shares. Long: the time in
base 52, ``z``, and the serial number in base 51.

Serial numbers are leased from the store in blocks of BLOCK, so that no two processes
make the same id.
"""

from __future__ import annotations

BLOCK = 64
FIRST_SERIAL = 0x1000
MAX_LENGTH = 100
MAX_NAMED = 255  # of what an operator may ask for

_BASE52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
_BASE51 = _BASE52[:-1]
_HEX = frozenset("0123456789ABCDEF")
_LONG = frozenset(_BASE52)


def _digits(number: int, alphabet: str, width: int) -> str:
    base = len(alphabet)
    out = ""
    while number:
        number, digit = divmod(number, base)
        out = alphabet[digit] + out
    return out.rjust(width, alphabet[0])


def _number(text: str, alphabet: str) -> int:
    value = 0
    for character in text:
        value = value * len(alphabet) + alphabet.index(character)
    return value


def format_number(number: int, base: int) -> str:
    """A number in the digits of long queue ids, which have no vowels; a base of 52 at most."""
    return _digits(number, _BASE52[:base], 1)


def make_queue_id(now: float, serial: int, long: bool = False) -> str:
    """The id of a message that arrives at ``now`` (seconds) with a leased ``serial``."""
    seconds, microseconds = divmod(int(now * 1_000_000), 1_000_000)
    if not long:
        return f"{microseconds:05X}{serial:04X}"
    stamp = _digits(seconds, _BASE52, 6) + _digits(microseconds, _BASE52, 4)
    return f"{stamp}z{_digits(serial, _BASE51, 1)}"


def serial_of(queue_id: str) -> int:
    """The serial number inside a well-formed id; ValueError for anything else."""
    if len(queue_id) > 11 and queue_id[10] == "z":
        return _number(queue_id[11:], _BASE51)
    return int(queue_id[5:], 16)


def is_queue_id(text: str) -> bool:
    """Whether ``text`` has one of the two forms."""
    if 9 <= len(text) <= 20 and _HEX.issuperset(text):
        return True
    return 12 <= len(text) <= MAX_LENGTH and text[10] == "z" and _LONG.issuperset(text)


def may_be_queue_id(text: str) -> bool:
    """Whether an operator may name a message so: letters and digits, as the reference checks."""
    return 0 < len(text) <= MAX_NAMED and text.isascii() and text.isalnum()


class SerialBlock:
    """The serials of one lease, handed out one by one."""

    __slots__ = ("_end", "_next")

    def __init__(self, start: int = 0, count: int = 0) -> None:
        self._next = start
        self._end = start + count

    def __len__(self) -> int:
        return self._end - self._next

    def take(self) -> int:
        """The next serial; IndexError when the lease is used up."""
        if self._next >= self._end:
            raise IndexError("lease used up")
        self._next += 1
        return self._next - 1
