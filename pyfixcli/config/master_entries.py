"""master.cf as postconf(1) reads it: entries that can be shown and asked for their overrides."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.lines import indentation_problem, logical_lines
from pyfixcli.config.master_entry import parse_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfixcli.config.master_entry import Entry


def read_entries(path: str, warn: Callable[[str], None]) -> list[Entry]:
    """The entries of a master.cf, in order.

    Raises OSError when it cannot be opened, PyfixError with the reference's words for an entry that cannot be used.
    """
    entries = []
    warnings: list[str] = []
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
        for _, last, text in logical_lines(stream):
            if text[0] in " \t":
                warnings.append(indentation_problem(text, path))
                continue
            entry = parse_entry(text, warnings)
            if entry is None:
                raise ConfigError(f"file {path}: line {last}: bad field count")
            entries.append(entry)
    for warning in warnings:
        warn(warning)
    return entries
