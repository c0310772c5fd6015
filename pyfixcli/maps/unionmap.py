"""unionmap: tables: the values of all members, separated by commas (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.maps.compound import CompoundTable


class UnionTable(CompoundTable):
    """Every member is asked; if one fails, the lookup fails."""

    def get(self, key: str) -> str | None:
        values = [self._ask(table, key) for table in self._tables]
        return ",".join(value for value in values if value) or None
