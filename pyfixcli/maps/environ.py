"""environ: tables: the process environment (DATABASE_README)."""

from __future__ import annotations

import os

from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class EnvironTable(Table):
    """Keys are names of environment variables."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self._fold = key_folding(config, fold)

    def get(self, key: str) -> str | None:
        return os.environ.get(self._fold(key))
