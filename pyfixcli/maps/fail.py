"""fail: tables: every lookup fails, for testing (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class FailTable(Table):
    """Never answers."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")

    def get(self, key: str) -> str | None:
        raise TableFailure(f"table {self.name}: lookup error")

    def delete(self, key: str) -> bool:
        """Fails too (postmap -d)."""
        raise TableFailure(f"table {self.name}: delete error: Application error")

    def items(self) -> list[tuple[str, str]]:
        """Fails too (postmap -s)."""
        raise TableFailure(f"table {self.name}: sequence error: Application error")
