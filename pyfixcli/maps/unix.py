"""unix: tables: the system's user and group databases (DATABASE_README)."""

from __future__ import annotations

import grp
import pwd

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class UnixTable(Table):
    """``unix:passwd.byname`` and ``unix:group.byname``; values as in the files."""

    immediate = False  # the name service may ask the network

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        if name not in ("passwd.byname", "group.byname"):
            raise ConfigError(f"unknown table: {self.name}")
        self._fold = key_folding(config, fold)
        self._find = _find_user if name == "passwd.byname" else _find_group

    def get(self, key: str) -> str | None:
        try:
            return self._find(self._fold(key))
        except (KeyError, ValueError, UnicodeEncodeError):
            return None


def _find_user(name: str) -> str:
    entry = pwd.getpwnam(name)
    ids = f"{entry.pw_uid}:{entry.pw_gid}"
    return (
        f"{entry.pw_name}:{entry.pw_passwd}:{ids}:{entry.pw_gecos}:{entry.pw_dir}:{entry.pw_shell}"
    )


def _find_group(name: str) -> str:
    entry = grp.getgrnam(name)
    return f"{entry.gr_name}:{entry.gr_passwd}:{entry.gr_gid}:{','.join(entry.gr_mem)}"
