"""static: tables: every key has the same value (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class StaticTable(Table):
    """``static:value`` or ``static:{ value with blanks }``."""

    fixed_keys = False

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        braced = name.startswith("{") and name.endswith("}")
        self._value = name[1:-1].strip() if braced else name

    def get(self, key: str) -> str | None:
        return self._value
