"""proxy: before the name of a table (DATABASE_README, postconf(5): proxy_read_maps, proxy_write_maps).

A table with connections to a server is opened by the queue process for all others (proxied.py); any other one each process opens
itself, since a hop would only take time. A table that is in none of the lists is refused.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.registry import SPACE, load_class, open_table, split_name, split_names
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

LISTS = ("proxy_read_maps", "proxy_write_maps")
PREFIX = "proxy:"


def open_proxied(name: str, config: Config, fold: bool = True, files: bool = False) -> Table:
    """The table that stands behind ``proxy:``, or what asks the daemon for it; ConfigError when no list has it."""
    table = open_behind(name, config, fold, files)
    if not table.connected or files:
        return table
    return load_class("proxied", "ProxiedTable")(name, table, config, fold)


def open_behind(name: str, config: Config, fold: bool = True, files: bool = False) -> Table:
    """The table itself, under its name with ``proxy:``; ConfigError when no list has it."""
    if not is_listed(name, config):
        shown = ":".join(split_name(name, config))
        raise ConfigError(f'proxymap service is not configured for table "{shown}"')
    table = open_table(name, config, fold, files)
    table.name = PREFIX + table.name.removeprefix(PREFIX)
    return table


def is_listed(name: str, config: Config) -> bool:
    """Whether a list names a table, among other tables or as a part of one."""
    wanted = PREFIX + name
    apart = dict.fromkeys(map(ord, SPACE + "{}"), " ")
    return any(
        wanted in split_names(text) or wanted in text.translate(apart).split()
        for text in map(config.text, LISTS)
    )
