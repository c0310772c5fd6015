"""Vectors of the macros topic: expressions of main.cf, compatibility levels, lists of environment variables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pyfixcli.base.environment import split_words
from pyfixcli.config.expand import ExpansionError, expand, format_level, parse_level

Row = dict[str, Any]

# Rows that do not hold for us: 3.7 has no operators that compare lengths, and the function is the driver's own.
# The rows about "10 hours" are left out as a whole: 3.7 takes no word for a unit, and no blank before it.
NEWER = ("=length {", "<length {", "test_named_fn")


def rows(path: Path) -> Iterator[Row]:
    """The rows of a file that hold for us."""
    for line in path.read_text().splitlines():
        if line and not any(text in line for text in NEWER):
            yield json.loads(line)


def check_rows(path: Path, check: Callable[[Row], tuple[str, str]]) -> tuple[str, str]:
    """(expected, actual) of all rows of a file, as a function has them for each."""
    pairs = [check(row) for row in rows(path)]
    return "".join(f"{a}\n" for a, _ in pairs), "".join(f"{b}\n" for _, b in pairs)


def check_expressions(path: Path) -> tuple[str, str]:
    """Values and warnings."""
    return check_rows(path, _check_expression)


def _check_expression(row: Row) -> tuple[str, str]:
    warnings: list[str] = []
    try:
        value = expand(row["expr"], row["vars"].get)
    except ExpansionError as error:
        value, warnings = error.partial, [f"warning: {text}" for text in error.warnings]
    wanted = [row["expr"], *row["warnings"], row["result"], bool(row["stat"] & 1)]
    return str(wanted), str([row["expr"], *warnings, value, bool(warnings)])


def check_levels(path: Path) -> tuple[str, str]:
    """Levels, and their shortest form."""
    return check_rows(path, _check_level)


def _check_level(row: Row) -> tuple[str, str]:
    wanted = row.get("message") or f"{row['expect']} {row['canonical']}"
    try:
        major, minor, patch = level = parse_level(row["input"])
    except ExpansionError as error:
        return wanted, f"warning: {error}"
    return wanted, f"{hex(major << 20 | minor << 10 | patch)} {format_level(level)}"


def check_lists(path: Path) -> tuple[str, str]:
    """Words of import_environment; the warnings are not printed by us."""
    return check_rows(path, lambda row: (str(row["expect"]), str(split_words(row["input"]))))


# pattern of names -> how to check such a file
ADAPTERS = MappingProxyType(
    {
        "mac_expand.jsonl": check_expressions,
        "compat_level_expand.jsonl": check_expressions,
        "compat_level_convert.jsonl": check_levels,
        "parm_split.jsonl": check_lists,
    }
)
