"""inline: tables: ``inline:{ key=value, { key = text with blanks } }`` (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class InlineTable(Table):
    """Keys and values in the parameter itself."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}")
        self._fold = fold
        self._values = parse_pairs(self.name, name, fold)

    def get(self, key: str) -> str | None:
        return self._values.get(fold_key(key) if self._fold else key)

    def items(self) -> list[tuple[str, str]]:
        """Every key and value."""
        return list(self._values.items())


def parse_pairs(table: str, text: str, fold: bool) -> dict[str, str]:
    """The pairs between the outer braces; ConfigError when the form is wrong."""
    from pyfixcli.maps.registry import split_names

    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise ConfigError(f'bad syntax: need "inline:{{name=value...}}" in {table}')
    values: dict[str, str] = {}
    for word in split_names(text[1:-1]):
        inner = word[1:-1].strip() if word.startswith("{") and word.endswith("}") else word
        key, equals, value = inner.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"{table}: missing '=' or key in \"{inner}\"")
        key = key.strip()
        values[fold_key(key) if fold else key] = value.strip()
    return values
