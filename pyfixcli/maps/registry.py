"""``type:name`` to an open table. Each type is one file; it is imported when it is used."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfixcli.config.snapshot import Config

SPACE = " \t\r\n,"

# type -> (module, class)
KINDS = {
    "lmdb": ("lmdb_table", "LmdbTable"),
    "hash": ("berkeley_table", "BerkeleyTable"),
    "btree": ("berkeley_table", "BerkeleyTable"),
    "cdb": ("cdb", "CdbTable"),
    "inline": ("inline", "InlineTable"),
    "static": ("static", "StaticTable"),
    "texthash": ("texthash", "TextHashTable"),
    "fail": ("fail", "FailTable"),
    "environ": ("environ", "EnvironTable"),
    "regexp": ("regexp", "RegexpTable"),
    "unix": ("unix", "UnixTable"),
    "tcp": ("tcp", "TcpTable"),
    "socketmap": ("socketmap", "SocketmapTable"),
    "unionmap": ("unionmap", "UnionTable"),
    "pipemap": ("pipemap", "PipeTable"),
    "randmap": ("randmap", "RandomTable"),
    "cidr": ("cidr", "CidrTable"),
    "pcre": ("pcre", "PcreTable"),
    "sqlite": ("sqlite", "SqliteTable"),
    "pgsql": ("pgsql", "PgsqlTable"),
    "mysql": ("mysql", "MysqlTable"),
    "memcache": ("memcache", "MemcacheTable"),
    "ldap": ("ldap", "LdapTable"),
    "nis": ("nis", "NisTable"),
    "dbm": ("dbm_table", "DbmTable"),
    "sdbm": ("gone", "GoneTable"),
    "netinfo": ("gone", "GoneTable"),
    "nisplus": ("gone", "GoneTable"),
}


class UnsupportedTable(ConfigError):
    """A table type that this build does not have."""


def split_names(text: str) -> list[str]:
    """Table names of a parameter: words, with ``{ }`` around what has blanks in it."""
    names = []
    current, depth = "", 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if character in SPACE and not depth:
            if current:
                names.append(current)
            current = ""
        else:
            current += character
    if current:
        names.append(current)
    return names


def split_name(name: str, config: Config) -> tuple[str, str]:
    """(type, name) of ``type:name``; default_database_type when there is no type."""
    kind, colon, rest = name.partition(":")
    if not colon:
        return config.default_database_type, name
    return kind, rest


def open_table(name: str, config: Config, fold: bool = True, files: bool = False) -> Table:
    """The table; UnsupportedTable for an unknown type, ConfigError when it cannot be opened.

    ``fold`` makes keys lower case before a lookup where the type folds keys. With ``files`` the values of a table that
    is its own source name files (postmap -F). ``proxy:`` is no hop here (proxy.py).
    """
    kind, rest = split_name(name, config)
    if not kind or not rest or "\0" in name:
        raise ConfigError(f'open dictionary: expecting "type:name" form instead of "{name}"')
    if kind == "proxy":
        from pyfixcli.maps.proxy import open_proxied

        return open_proxied(rest, config, fold, files)
    found = KINDS.get(kind)
    if found is None:
        raise UnsupportedTable(f"unsupported dictionary type: {kind}")
    make = load_class(*found)
    if files and getattr(make, "reads_files", False):
        return make(kind, rest, config, fold, files=files)
    return make(kind, rest, config, fold)


def load_class(module: str, name: str) -> Callable[..., Table]:
    """A class of tables, whose module is imported when it is needed: some wait, and only processes that ask them may."""
    found: Callable[..., Table] = getattr(
        __import__(f"pyfixcli.maps.{module}", fromlist=[name]), name
    )
    return found
