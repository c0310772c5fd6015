"""texthash: tables: the text source itself, read when the table is opened (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.config.lines import logical_lines
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.source import Rules, read_content, read_pair
from pyfixcli.maps.table import Table, TableFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


IGNORED = " -- ignoring this line"  # where a table is made of a source, nothing says so


class TextHashTable(Table):
    """All entries in memory; the file is read once, as the reference does. With ``files`` values name files."""

    reads_files = True

    def __init__(
        self, kind: str, name: str, config: Config, fold: bool, files: bool = False
    ) -> None:
        super().__init__(f"{kind}:{name}")
        self._path = name
        self._rules = Rules(key_folding(config, fold), config.smtputf8_enable, files)
        self._values: dict[str, str] | None = None
        try:
            self._values = self._load()
        except OSError:
            self._values = None  # prepare() or a lookup says why

    def prepare(self) -> None:
        """As Table.prepare."""
        self._entries()

    def _entries(self) -> dict[str, str]:
        if self._values is None:
            try:
                self._values = self._load()
            except OSError as error:
                step = "read" if isinstance(error, IsADirectoryError) else "open database"
                text = f"table {self.name}: {step} {self._path}: {error.strerror}"
                raise TableFailure(text) from error
        return self._values

    def _load(self) -> dict[str, str]:
        values: dict[str, str] = {}
        with open(self._path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            for first, _, text in logical_lines(file):
                self._take(first, text, values)
        return values

    def _take(self, line: int, text: str, values: dict[str, str]) -> None:
        """One logical line, of which warnings name the first line."""
        noted = len(self.warnings)
        found = read_pair(text, self._path, line, self.warnings, self._rules.utf8)
        if found is None:
            if not self.warnings[noted].endswith(IGNORED):
                self.warnings[noted] += IGNORED
            return
        if self._rules.files:
            found = read_content(found, f"{self._path}, line {line}", self.warnings)
            if found is None:
                return
        name = self._rules.fold(found[0])
        if name in values:
            self.warnings.append(f'{self._path}, line {line}: duplicate entry: "{found[0]}"')
        values.setdefault(name, found[1])

    def state(self) -> object:
        """As Table.state: what was read stays as it is."""
        return None if self._values is None else ()

    def get(self, key: str) -> str | None:
        return self._entries().get(self._rules.fold(key))

    def items(self) -> list[tuple[str, str]]:
        """Every key and value."""
        return list(self._entries().items())
