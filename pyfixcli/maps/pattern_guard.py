"""One call that says that none of many rules of a pattern table matches.

Rules beside each other are compiled once more, as alternatives of one expression: where that does not match, none of them
does, and they are passed over. Where it does, they are tried one after the other, as without it. Only
patterns that mean the same inside an alternative are taken: none with back references, and the like.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FEWEST = 3  # rules that are worth it
MOST = 250  # rules in one expression
LONGEST = 20_000  # characters of its pattern


class AnyOf(Protocol):
    """Several patterns as one."""

    def may_match(self, subject: bytes) -> bool:
        """False only if none of the patterns matches, and none of them would fail."""
        ...


class Guarded(Protocol):
    """What a guard needs to know of a rule; ``part`` is None when its pattern must stand alone."""

    negated: bool
    end: int
    part: Part | None


class Part(NamedTuple):
    """A pattern that may be an alternative, and the options that it is compiled with."""

    pattern: str
    options: int


class Guard(NamedTuple):
    """If ``any_of`` does not match, the next rule is that at ``end``."""

    any_of: AnyOf
    end: int


class GuardMaker:
    """Finds rules that can be guarded. ``combine`` compiles alternatives, or says that it cannot (None)."""

    def __init__(
        self,
        rules: Sequence[Guarded],
        combine: Callable[[Sequence[str], int], AnyOf | None],
    ) -> None:
        self._rules = rules
        self._combine = combine
        self.guards: dict[int, Guard] = {}

    def run(self) -> dict[int, Guard]:
        """Guards by the place of the first rule that each covers."""
        self._walk(0, len(self._rules))
        return self.guards

    def _walk(self, begin: int, end: int) -> None:
        """Rules on one level: the inside of an ``if`` is one of its own."""
        run: list[int] = []
        length = 0
        place = begin
        while place < end:
            rule = self._rules[place]
            part = None if rule.negated else rule.part
            size = len(part.pattern) if part is not None else 0
            is_full = len(run) >= MOST or length + size > LONGEST
            if run and (part is None or is_full or self._part(run[0]).options != part.options):
                self._close(run, place)
                run, length = [], 0
            if part is not None:
                run.append(place)
                length += size
            if rule.end:
                self._walk(place + 1, rule.end)
            place = rule.end or place + 1
        self._close(run, end)

    def _part(self, place: int) -> Part:
        part = self._rules[place].part
        assert part is not None
        return part

    def _close(self, run: list[int], end: int) -> None:
        """Guard the rules of a run; ``end`` is the place after the last of them, and what is inside it."""
        if len(run) < FEWEST:
            return
        parts = [self._part(place) for place in run]
        any_of = self._combine([part.pattern for part in parts], parts[0].options)
        if any_of is not None:
            self.guards[run[0]] = Guard(any_of, end)
