"""Rows of the parameter table, read when they are asked for.

A command needs ten of more than eight hundred, and a dict of them all costs it half a millisecond. So the table is
text, and a row is looked for in it; whoever wants them all, or asks for a name that has none, gets the dict.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator

    Row = tuple[str, str, int | None, int | None]

SEPARATOR = " | "


class ParameterTable:
    """name -> (type, default, minimum, maximum); behaves as a mapping that cannot be changed.

    ``text`` begins and ends with a line feed and has one line for each parameter, in the order of names:
    ``name | minimum | maximum | default | type``.
    """

    __slots__ = ("_rows", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._rows: dict[str, Row] | None = None

    def get(self, name: str) -> Row | None:
        """The row of a parameter; None for a name that is none."""
        if self._rows is None:
            start = self._text.find(f"\n{name}{SEPARATOR}")
            if start >= 0:
                line = self._text[start + 1 : self._text.index("\n", start + 1)]
                found, row = _parse_row(line)
                if found == name:
                    return row
        return self.read_all().get(name)

    def read_all(self) -> dict[str, Row]:
        """All rows, as processes want them that live long; do not change it."""
        if self._rows is None:
            self._rows = dict(map(_parse_row, self._text[1:-1].split("\n")))
        return self._rows

    def __getitem__(self, name: str) -> Row:
        return self.read_all()[name]

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.read_all())

    def __len__(self) -> int:
        return len(self.read_all())

    def items(self) -> ItemsView[str, Row]:
        """All names and rows, in the order of names."""
        return self.read_all().items()


def _parse_row(line: str) -> tuple[str, Row]:
    name, low, high, rest = line.split(SEPARATOR, 3)
    default, _, kind = rest.rpartition(SEPARATOR)
    return name, (kind, default, _parse_bound(low), _parse_bound(high))


def _parse_bound(text: str) -> int | None:
    return int(text) if text else None
