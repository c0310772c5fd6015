"""static: tables: every key has the same value (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.braces import closing_brace
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class StaticTable(Table):
    """``static:value`` or ``static:{ value with blanks }``; with ``files`` the value names files."""

    fixed_keys = False
    reads_files = True

    def __init__(
        self, kind: str, name: str, config: Config, fold: bool, files: bool = False
    ) -> None:
        super().__init__(f"{kind}:{name}")
        self._value = value_of(name)
        if files:
            from pyfixcli.maps.file_content import encode_files

            self._value = encode_files(self._value)

    def state(self) -> object:
        """As Table.state: it stays as it is."""
        return ()

    def get(self, key: str) -> str | None:
        return self._value


def value_of(name: str) -> str:
    """The value that the name of a table gives; ConfigError when its braces do not fit."""
    if not name.startswith("{"):
        return name
    end = closing_brace(name)
    if end < 0:
        raise ConfigError(f"bad static:name syntax: missing '}}' in \"{name}\"")
    if name[end + 1 :].strip():
        raise ConfigError(f"bad static:name syntax: syntax error after '}}' in \"{name}\"")
    return name[1:end].strip()
