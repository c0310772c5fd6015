"""Where the text of a table has the entry that answered: file and line, for those who ask why."""

from __future__ import annotations

from pyfixcli.config.lines import logical_lines
from pyfixcli.maps.alias_source import read_aliases
from pyfixcli.maps.folding import key_folding
from pyfixcli.maps.registry import split_name
from pyfixcli.maps.source import Rules, read_pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.table import Table

INDEXED = ("texthash", "lmdb", "hash", "btree", "cdb", "dbm")  # made of a text of the same name


def find_place(table: Table, key: str, value: str, config: Config, is_alias: bool = False) -> str:
    """``file:line`` of an entry; empty when there is no text, or it does not have the entry any more.

    ``is_alias``: the text is an aliases(5) file, unless it is its own table.
    """
    kind, path = split_name(table.name, config)
    if kind == "proxy":
        kind, path = split_name(path, config)
    if path.startswith("{"):  # rules in the parameter itself
        return ""
    line = table.line_of(key)
    if not line and kind in INDEXED:
        has_colons = is_alias and kind != "texthash"
        line = _source_line(path, key, value, config, has_colons)
    return f"{path}:{line}" if line else ""


def _source_line(path: str, key: str, value: str, config: Config, has_colons: bool) -> int:
    """The line of the source that has a key with this value, or 0."""
    fold = key_folding(config, True)
    wanted = fold(key), value
    ignored: list[str] = []
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            for line, _, text in logical_lines(file):
                found = (
                    read_aliases([text], path, ignored)
                    if has_colons
                    else read_pairs([text], path, ignored, rules=Rules(fold))
                )
                if any((fold(name), result) == wanted for name, result in found):
                    return line
    except OSError:
        return 0
    return 0
