"""The hosts of a database as its table names them (mysql_table(5), pgsql_table(5): hosts)."""

from __future__ import annotations

from typing import NamedTuple

from pyfixcli.base.errors import ConfigError


class Place(NamedTuple):
    """Where a server listens: ``path`` in the file system, or ``host`` and ``port`` (0: the usual one)."""

    path: str = ""
    host: str = ""
    port: int = 0


def parse_place(text: str) -> Place:
    """``unix:/path``, ``inet:host:port``, ``host:port``, ``[address]:port`` or a host; ConfigError."""
    if text.startswith("unix:"):
        return Place(path=text.removeprefix("unix:"))
    text = text.removeprefix("inet:")
    if text.startswith("/"):
        return Place(path=text)
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ConfigError(f"bad host of a database: {text}")
        return Place(host=host, port=_port(rest[1:], text))
    host, colon, port = text.partition(":")
    if ":" in port:  # an address of IPv6 without brackets
        return Place(host=text)
    return Place(host=host, port=_port(port, text) if colon else 0)


def _port(text: str, where: str) -> int:
    if not text:
        return 0
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigError(f"bad port of a database: {where}")
    return int(text)
