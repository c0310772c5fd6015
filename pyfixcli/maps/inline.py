"""inline: tables: ``inline:{ key=value, { key = text with blanks } }`` (DATABASE_README)."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.braces import closing_brace
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfixcli.config.snapshot import Config

SPACE = " \t\r\n\v\f"


class InlineTable(Table):
    """Keys and values in the parameter itself; with ``files`` the values name files."""

    reads_files = True

    def __init__(
        self, kind: str, name: str, config: Config, fold: bool, files: bool = False
    ) -> None:
        super().__init__(f"{kind}:{name}")
        self._fold = key_folding(config, fold)
        try:
            pairs = parse_pairs(name)
            self._values = {
                self._fold(key): _content(value) if files else value for key, value in pairs
            }
        except BadSyntax as error:
            form = "filename" if files else "value"
            text = f'{error}: "{self.name}"; need "inline:{{name={form}...}}"'
            raise ConfigError(text) from error

    def state(self) -> object:
        """As Table.state: it stays as it is."""
        return ()

    def get(self, key: str) -> str | None:
        return self._values.get(self._fold(key))

    def items(self) -> list[tuple[str, str]]:
        """Every key and value."""
        return list(self._values.items())


class BadSyntax(Exception):
    """What is wrong with the text of a table."""


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """The pairs between the outer braces; BadSyntax when the form is wrong."""
    if len(text) < 3 or closing_brace(text) != len(text) - 1:
        raise BadSyntax("bad syntax")
    pairs = [_split_pair(word) for word in _words(text[1:-1])]
    if not pairs:
        raise BadSyntax("empty table")
    return pairs


def _words(text: str) -> Iterator[str]:
    """The words; what is between braces may have blanks and commas in it."""
    current, depth = "", 0
    for character in text:
        if not depth and (character in SPACE or character == ","):
            if current:
                yield current
            current = ""
            continue
        current += character
        depth = max(0, depth + (character == "{") - (character == "}"))
    if current:
        yield current


def _split_pair(word: str) -> tuple[str, str]:
    inner = word
    if word.startswith("{"):
        end = closing_brace(word)
        if end < 0:
            raise BadSyntax(f"missing '}}' in \"{word}\"")
        if end != len(word) - 1:
            raise BadSyntax(f"syntax error after '}}' in \"{word}\"")
        inner = word[1:-1].strip(SPACE)
    key, equals, value = inner.partition("=")
    key = key.rstrip(SPACE)
    unquoted = "".join(key.split('"')[::2])
    if not equals or any(character in SPACE for character in unquoted):
        raise BadSyntax("missing '=' after attribute name")
    return key, value.strip(SPACE)


def _content(value: str) -> str:
    from pyfixcli.maps.file_content import encode_files

    try:
        return encode_files(value)
    except ConfigError as error:
        raise BadSyntax(str(error)) from error
