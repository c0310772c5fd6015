"""Types of tables whose systems are gone, or that no system here can read: they are known, and refused with the reason.

A table that is silently unknown would be looked for in a package that is missing.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

REASONS = {
    "netinfo": "NetInfo is gone since Mac OS X 10.5; move the data to lmdb: or ldap:",
    "nisplus": "NIS+ is gone since Solaris 11; move the data to lmdb: or ldap:",
    "sdbm": "there is no reader for SDBM files; make the table anew as lmdb: from its source",
}


class GoneTable(Table):
    """Cannot be opened."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        raise ConfigError(f"unsupported dictionary type: {kind}: {REASONS[kind]}")
