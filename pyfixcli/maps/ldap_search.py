"""What an ldap: table makes of the entries that it finds (ldap_table(5)).

Data flow: base, filter, scope -> entries -> values of their attributes; those of special attributes name other entries,
which are read in turn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pyfixcli.maps.connection_pool import Refused
from pyfixcli.maps.database_table import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ANY = "(objectClass=*)"
URLS = ("ldap://", "ldaps://", "ldapi://")
IN_FILTER = {ord(character): f"\\{ord(character):02x}" for character in "\\*()\0"}
IN_NAME = {ord(character): f"\\{character}" for character in ' ,+"\\<>;#='}


def escape_filter(text: str) -> str:
    """A text for a filter (RFC 4515 section 3)."""
    return text.translate(IN_FILTER)


def escape_name(text: str) -> str:
    """A text for a distinguished name (RFC 4514 section 2.4)."""
    return text.translate(IN_NAME).replace("\0", "\\00")


@dataclass(frozen=True, slots=True)
class Attributes:
    """Names of attributes in lower case, by what their values are."""

    result: Sequence[str]
    special: Sequence[str]
    terminal: Sequence[str]
    leaf: Sequence[str]

    def all_names(self) -> list[str]:
        """What a search asks for."""
        return list(dict.fromkeys((*self.result, *self.special, *self.terminal, *self.leaf)))


class NotThere(Refused):
    """The base of a search does not exist."""


class Query(NamedTuple):
    """What is searched for."""

    base: str
    filter: str
    scope: str
    names: Sequence[str]


class Directory(Protocol):
    """Asks a server."""

    def search(
        self, query: Query, size_limit: int, deadline: float
    ) -> list[Mapping[str, Sequence[bytes]]]:
        """The attributes of each entry; Refused, NotThere."""

    def parse_url(self, url: str) -> Query:
        """What a URL asks for (RFC 4516); Refused."""


class LdapSearch:
    """One lookup in a directory."""

    def __init__(
        self,
        directory: Directory,
        attributes: Attributes,
        size_limit: int,
        depth: int,
        deadline: float,
    ) -> None:
        self._directory = directory
        self._attributes = attributes
        self._size_limit = size_limit
        self._depth = depth
        self._deadline = deadline
        self.warnings: list[str] = []  # about entries that were passed over

    def expand(self, base: str, query: str, scope: str) -> list[str | None]:
        """The values that a search leads to, in the order of the entries and their attributes; Refused.

        The entries may name each other in a circle: nothing here recurs, and depth and time have limits.
        """
        values: list[str | None] = []
        first = Query(base, with_parentheses(query), scope, self._attributes.all_names())
        open_steps = [self._search(first)]
        while open_steps:
            step = next(open_steps[-1], None)
            if step is None:
                open_steps.pop()
            elif isinstance(step, str):
                values.append(step)
            elif len(open_steps) >= self._depth:
                raise Refused(f"Recursion limit exceeded for {step.base}", is_lost=False)
            else:
                open_steps.append(self._follow(step))
        return values

    def _follow(self, query: Query) -> Iterator[str | Query]:
        """As _search; an entry that is gone is passed over."""
        try:
            yield from self._search(query)
        except NotThere:
            self.warnings.append(f"DN {query.base} not found, skipping")

    def _search(self, query: Query) -> Iterator[str | Query]:
        """Values, and what has to be searched for next."""
        if time.monotonic() >= self._deadline:
            raise Refused("time limit exceeded", is_lost=False)
        for entry in self._directory.search(query, self._size_limit, self._deadline):
            yield from self._take({name.lower(): values for name, values in entry.items()})

    def _take(self, entry: Mapping[str, Sequence[bytes]]) -> Iterator[str | Query]:
        """What an entry has: its terminal attributes if there are any, else all others."""
        attributes = self._attributes
        taken, followed = attributes.result, attributes.special
        if any(entry.get(name) for name in attributes.terminal):
            taken, followed = attributes.terminal, ()
        elif not any(entry.get(name) for name in attributes.special):
            taken = (*attributes.result, *attributes.leaf)
        for name, values in entry.items():
            for value in values:
                text = text_of(value) or ""
                if name in taken:
                    yield text
                elif text and name in followed:
                    yield self._query_of(text)

    def _query_of(self, name: str) -> Query:
        """What the value of a special attribute names: an entry, or what a URL asks for."""
        names = self._attributes.all_names()
        if name.lower().startswith(URLS):
            return self._directory.parse_url(name)._replace(names=names)
        return Query(name, ANY, "BASE", names)


def with_parentheses(query: str) -> str:
    """A filter as RFC 4515 wants it; settings may leave the outer parentheses out."""
    query = query.strip()
    return query if query.startswith("(") else f"({query})"
