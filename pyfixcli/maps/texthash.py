"""texthash: tables: the text source itself, read at the first lookup (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.config.lines import logical_lines
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.source import read_pair
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


IGNORED = " -- ignoring this line"  # where a table is made of a source, nothing says so


class TextHashTable(Table):
    """All entries in memory; the file is read once, as the reference does."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self._path = name
        self._fold = fold
        self._values: dict[str, str] | None = None
        self.warnings: list[str] = []

    def _load(self) -> dict[str, str]:
        values: dict[str, str] = {}
        try:
            with open(self._path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                for first, _, text in logical_lines(file):
                    self._take(first, text, values)
        except OSError as error:
            raise TableFailure(f"open {self._path}: {error.strerror}") from error
        return values

    def _take(self, line: int, text: str, values: dict[str, str]) -> None:
        """One logical line, of which warnings name the first line."""
        noted = len(self.warnings)
        found = read_pair(text, self._path, line, self.warnings)
        if found is None:
            self.warnings[noted] += IGNORED
            return
        name = fold_key(found[0]) if self._fold else found[0]
        if name in values:
            self.warnings.append(f'{self._path}, line {line}: duplicate entry: "{name}"')
        values.setdefault(name, found[1])

    def get(self, key: str) -> str | None:
        if self._values is None:
            self._values = self._load()
        return self._values.get(fold_key(key) if self._fold else key)

    def items(self) -> list[tuple[str, str]]:
        """Every key and value."""
        if self._values is None:
            self._values = self._load()
        return list(self._values.items())

    def take_warnings(self) -> list[str]:
        """What is wrong with the source, once."""
        warnings, self.warnings = self.warnings, []
        return warnings
