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
from pyfixcli.maps.ldap_url import BadUrl, is_url, parse_url, select_attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ANY = "(objectClass=*)"
# octets that are no UTF-8, as Python keeps them in a text
OCTETS = {0xDC00 + octet: f"\\{octet:02x}" for octet in range(0x80, 0x100)}
IN_FILTER = OCTETS | {ord(character): f"\\{ord(character):02x}" for character in "\\*()\0"}
IN_NAME = OCTETS | {ord(character): f"\\{character}" for character in ' ,+"\\<>;#='}


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
    """What is searched for. ``attribute`` and ``value`` name it in an entry that led to it."""

    base: str
    filter: str
    scope: str
    names: Sequence[str]
    attribute: str = ""
    value: str = ""


class Directory(Protocol):
    """Asks a server."""

    def search(
        self, query: Query, size_limit: int, deadline: float
    ) -> list[Mapping[str, Sequence[bytes]]]:
        """The attributes of each entry; Refused, NotThere."""


class LdapSearch:
    """One lookup in a directory."""

    def __init__(
        self,
        name: str,
        directory: Directory,
        attributes: Attributes,
        size_limit: int,
        depth: int,
        deadline: float,
    ) -> None:
        self._name = name
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
                raise self._too_deep(step)
            else:
                open_steps.append(self._follow(step, len(open_steps)))
        if self.warnings:
            trouble = "Had some trouble with entries returned by search: No such object"
            self.warnings.append(f"dict_ldap_lookup: {trouble}")
        return values

    def _too_deep(self, step: Query) -> Refused:
        where = f"dict_ldap_get_values[{self._depth}]: {self._name}"
        what = f"special attribute {step.attribute}={step.value}"
        return Refused(f"{where}: Recursion limit exceeded for {what}", is_lost=False)

    def _follow(self, query: Query, depth: int) -> Iterator[str | Query]:
        """As _search; an entry that is gone is passed over."""
        try:
            yield from self._search(query)
        except NotThere:
            where = f"dict_ldap_get_values[{depth}]"
            self.warnings.append(f"{where}: DN {query.value} not found, skipping")

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
            plain = name.partition(";")[0]  # what has options is asked for without them, too
            for value in values:
                text = text_of(value) or ""
                if name in taken or plain in taken:
                    yield text
                elif text and (name in followed or plain in followed):
                    yield from self._queries_of(name, text)

    def _queries_of(self, name: str, value: str) -> Iterator[Query]:
        """What the value of a special attribute names: an entry, or what a URL asks for, if that is something."""
        names = self._attributes.all_names()
        if not is_url(value):
            yield Query(value, ANY, "BASE", names, name, value)
            return
        try:
            url = parse_url(value)
        except BadUrl as error:
            raise Refused(f"dict_ldap_lookup: malformed URL {value}", is_lost=False) from error
        if selected := select_attributes(url.attributes, names):
            query = with_parentheses(url.filter or ANY)
            yield Query(url.base, query, url.scope or "BASE", selected, name, value)


def with_parentheses(query: str) -> str:
    """A filter as RFC 4515 wants it; settings may leave the outer parentheses out."""
    query = query.strip()
    return query if query.startswith("(") else f"({query})"
