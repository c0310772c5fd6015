"""Tables that are made of other tables: what unionmap: and pipemap: have in common (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.complaints import LOOKUP_ERROR, failure_text
from pyfixcli.maps.registry import open_table, split_names
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class CompoundTable(Table):
    """``type:{ type:name, type:name ... }``; in line if all members are. With ``files`` their values name files."""

    reads_files = True

    def __init__(
        self, kind: str, name: str, config: Config, fold: bool, files: bool = False
    ) -> None:
        super().__init__(f"{kind}:{name}")
        members = split_members(name)
        if not members or not all(":" in member for member in members):
            raise ConfigError(f'bad syntax: "{self.name}"; need "{kind}:{{type:name...}}"')
        self._tables = [open_table(member, config, fold, files) for member in members]
        self.immediate = all(table.immediate for table in self._tables)
        self.fixed_keys = any(table.fixed_keys for table in self._tables)
        self.connected = any(table.connected for table in self._tables)
        self.warnings = [text for table in self._tables for text in getattr(table, "warnings", ())]

    def _ask(self, table: Table, key: str) -> str | None:
        """What a member says; its failure is that of the whole table."""
        try:
            value = table.get(key)
        except TableFailure as error:
            text, *warnings = str(error).split("\n")
            if not text.endswith(f": {LOOKUP_ERROR}"):
                raise
            raise TableFailure(failure_text(self.name, warnings), error.reason) from error
        if table.has_news:
            table.has_news, self.has_news = False, True
        return value

    def refuse_substitution(self) -> None:
        """As Table.refuse_substitution."""
        for table in self._tables:
            table.refuse_substitution()

    def refuse_daemon(self) -> None:
        """As Table.refuse_daemon."""
        for table in self._tables:
            table.refuse_daemon()

    def take_warnings(self) -> list[str]:
        """As Table.take_warnings."""
        return [text for table in self._tables for text in table.take_warnings()]

    def close(self) -> None:
        for table in self._tables:
            table.close()


def split_members(text: str) -> list[str]:
    """What is between the outer braces, in pieces; empty if these are not around all of it."""
    if not text.startswith("{") or split_names(text) != [text] or not text.endswith("}"):
        return []
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth and position < len(text) - 1:
            return []
    return [] if depth else split_names(text[1:-1])
