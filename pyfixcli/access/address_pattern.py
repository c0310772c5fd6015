"""Patterns of IPv4 addresses: ``127.0.[1;3].[2..9]`` (postconf(5): postscreen_dnsbl_sites, reject_rbl_client).

Which of the answers of a DNS block list count is said by one of them after ``domain=``. Errors are in the words of the reference,
with what is wrong between ``>`` and ``<``.
"""

from __future__ import annotations

FIELDS = 4
MOST = 255
DIGITS = frozenset("0123456789")
RANGE = "numeric range error"
NUMBER = "need decimal number 0..255"


class BadPattern(ValueError):
    """A text that is no pattern."""


class AddressPattern:
    """A pattern that was read; ``text`` is how it was written, without brackets around it all."""

    def __init__(self, text: str) -> None:
        """BadPattern."""
        self.text = text = without_brackets(text)
        if not text:
            raise BadPattern("empty address pattern")
        reading = _Reading(text)
        self._fields = [reading.field(0)]
        while len(self._fields) < FIELDS:
            reading.take(".", 'need "."')
            self._fields.append(reading.field(len(self._fields)))
        reading.end()

    def matches(self, address: str) -> bool:
        """Whether an IPv4 address, in the form of four numbers, is one of these."""
        return all(
            int(number) in field
            for number, field in zip(address.split("."), self._fields, strict=True)
        )


def without_brackets(text: str) -> str:
    """A pattern that may have brackets around it all, without them; BadPattern."""
    if not text.startswith("["):
        return text
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if not depth:
            return text[1:-1] if position + 1 == len(text) else text
    raise BadPattern('missing "]" character')


class _Reading:
    """A text that is read from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def field(self, place: int) -> frozenset[int]:
        """The numbers that one of the four may be."""
        if self._next() != "[":
            return frozenset((self._number(f'{NUMBER} or "["'),))
        self._position += 1
        numbers: set[int] = set()
        while True:
            numbers.update(self._members())
            if self._next() not in (";", "]"):
                raise self._problem('need ";" or "]"')
            self._position += 1
            if self._text[self._position - 1] == "]":
                return frozenset(numbers)

    def _members(self) -> range:
        """A number, or those from one to another."""
        first = self._number(NUMBER)
        if self._next() != ".":
            return range(first, first + 1)
        self._position += 1
        self.take(".", RANGE)
        begin = self._position
        last = self._number(RANGE)
        if last < first:
            raise self._problem(RANGE, begin)
        return range(first, last + 1)

    def _number(self, why: str) -> int:
        begin = self._position
        while self._next() in DIGITS:
            self._position += 1
        digits = self._text[begin : self._position]
        if not digits or len(digits.lstrip("0")) > 3 or int(digits) > MOST:
            raise self._problem(why, begin)
        return int(digits)

    def take(self, character: str, why: str) -> None:
        """Go past a character that must be there."""
        if self._next() != character:
            raise self._problem(why)
        self._position += 1

    def end(self) -> None:
        """Nothing may follow."""
        if self._next():
            raise self._problem("garbage after pattern")

    def _next(self) -> str:
        return self._text[self._position : self._position + 1]

    def _problem(self, why: str, begin: int | None = None) -> BadPattern:
        """``why``, and where: what was read since ``begin``, or the next character."""
        begin = self._position if begin is None else begin
        end = max(self._position, begin + 1)
        text = self._text
        return BadPattern(f'{why} at "{text[:begin]}>{text[begin:end]}<{text[end:]}"')
