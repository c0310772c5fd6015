"""URLs of LDAP: of servers, and in attributes, where they stand for what a search finds (RFC 4516)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMES = ("ldap://", "ldaps://", "ldapi://")
SCOPES = {"sub": "SUBTREE", "one": "LEVEL", "base": "BASE"}


class BadUrl(ValueError):
    """What is no URL of LDAP."""


class LdapUrl(NamedTuple):
    """What a URL names. ``attributes``, ``scope`` and ``filter`` are empty where it has none."""

    server: str  # with the scheme, which is in lower case, and the port
    base: str
    attributes: Sequence[str]
    scope: str
    filter: str


def is_url(text: str) -> bool:
    """Whether it begins as one."""
    return text.lower().startswith(SCHEMES)


def parse_url(text: str) -> LdapUrl:
    """The parts of a URL; BadUrl."""
    scheme, _, rest = text.partition("://")
    place, _, search = rest.partition("/")
    place, question, early = place.partition("?")  # no slash before it
    fields = (f"?{early}" if question else search).split("?")
    base, names, scope, query = [*map(unquote, fields), "", "", "", ""][:4]
    if not is_url(text) or (scope and scope.lower() not in SCOPES):
        raise BadUrl(text)
    return LdapUrl(
        f"{scheme.lower()}://{place}",
        base,
        tuple(name for name in names.lower().split(",") if name),
        SCOPES.get(scope.lower(), ""),
        query,
    )


def select_attributes(wanted: Sequence[str], offered: Sequence[str]) -> list[str]:
    """Which of the attributes of a URL (``wanted``) a table has (ldap_table(5): special_result_attribute).

    A URL without attributes wants all. One with an option (``name;option``) and one without are taken for each other, and the
    one with it is asked for.
    """
    if not wanted:
        return list(offered)
    found = (more_special(name, other) for name in wanted for other in offered)
    return list(dict.fromkeys(name for name in found if name))


def more_special(name: str, other: str) -> str:
    """One of two names of attributes that go together, or nothing."""
    if name == other:
        return name
    (base, *options), (other_base, *other_options) = name.split(";"), other.split(";")
    if base != other_base or (options and other_options):
        return ""
    return name if options else other
