"""pipemap: tables: the value of a member is the key for the next one (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.maps.compound import CompoundTable


class PipeTable(CompoundTable):
    """The value of the last member; nothing as soon as one has none."""

    def get(self, key: str) -> str | None:
        value: str | None = key
        for table in self._tables:
            if value is None:
                break
            value = self._ask(table, value)
        return value
