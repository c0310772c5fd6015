"""Option files of MySQL and MariaDB, as their clients read them (mysql_table(5): option_file, option_group).

Data flow: files, with those that they include -> options of the groups asked for; a later one replaces an earlier one.
"""

from __future__ import annotations

import os

from pyfixcli.base.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CLIENT = "client"
# groups that every client of MariaDB reads with [client]
CLIENTS = (CLIENT, "client-server", "client-mariadb")
USUAL_FILES = ("/etc/my.cnf", "/etc/mysql/my.cnf", "~/.my.cnf")
DEEPEST = 10  # files that include each other
QUOTES = ("'", '"')


def read_options(option_file: str, group: str) -> Mapping[str, str]:
    """The options for a client, by names with hyphens; ConfigError when a file that is there cannot be read.

    Without ``option_file`` the usual files are read, and none if there is no ``group`` either.
    """
    if not option_file and not group:
        return {}
    paths = [option_file] if option_file else [os.path.expanduser(path) for path in USUAL_FILES]
    groups = (*CLIENTS, group)
    found: dict[str, str] = {}
    for path in paths:
        if os.path.exists(path):
            found.update(_options_of(path, groups, DEEPEST))
    return found


def _options_of(path: str, groups: Sequence[str], depth: int) -> Iterator[tuple[str, str]]:
    is_wanted = False
    for line in _lines_of(path):
        if line.startswith("!"):
            for included in _included(line, path) if depth else ():
                yield from _options_of(included, groups, depth - 1)
        elif line.startswith("["):
            is_wanted = line[1:].partition("]")[0].strip() in groups
        elif is_wanted:
            name, _, value = line.partition("=")
            yield name.strip().lower().replace("_", "-"), _unquoted(value.strip())


def _lines_of(path: str) -> list[str]:
    """What is no blank line and no remark."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.strip() for line in file]
    except OSError as error:
        raise ConfigError(f"open {path}: {error.strerror}") from error
    return [line for line in lines if line and not line.startswith(("#", ";"))]


def _included(line: str, path: str) -> list[str]:
    """The files that a line names; those that are gone are passed over."""
    verb, _, name = line.partition(" ")
    place = os.path.join(os.path.dirname(path), name.strip())
    if verb == "!include":
        return [place] if os.path.isfile(place) else []
    if verb != "!includedir" or not os.path.isdir(place):
        return []
    return [
        os.path.join(place, each) for each in sorted(os.listdir(place)) if each.endswith(".cnf")
    ]


def _unquoted(value: str) -> str:
    """A value without the quotes around it, or what follows ``#`` after a blank."""
    if value[:1] in QUOTES:
        text, quote, _ = value[1:].partition(value[0])
        return text if quote else value
    return value.partition(" #")[0].rstrip()
