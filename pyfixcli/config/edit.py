"""Editing main.cf: setting, commenting out and removing parameters (postconf -e -# -X).

Comments and order stay; the file is replaced whole, under a lock against a second editor.
"""

from __future__ import annotations

import fcntl
import os

from pyfixcli.base.atomicfile import replace_file
from pyfixcli.base.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SET, COMMENT, REMOVE = "set", "comment", "remove"


def edit_main(
    directory: str,
    action: str,
    changes: dict[str, str],
    warn: Callable[[str], None],
) -> None:
    """Apply one action to the named parameters. Raises ConfigError when the file cannot be edited."""
    path = directory.rstrip("/") + "/main.cf"
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                lines = file.read().split("\n")
            if lines and not lines[-1]:
                lines.pop()
            text = "\n".join(edit_lines(lines, action, changes, path, warn)) + "\n"
            replace_file(path, text)
        finally:
            os.close(lock)
    except OSError as error:
        raise ConfigError(f"open {path} for writing: {error.strerror}") from error


def edit_lines(
    lines: Sequence[str],
    action: str,
    changes: dict[str, str],
    path: str,
    warn: Callable[[str], None],
) -> list[str]:
    """The edited lines; parameters that were not there are appended when they are set."""
    out: list[str] = []
    counts: dict[str, int] = {}
    dropping = ""
    for line in lines:
        bare = line.strip(" \t\r")
        if not bare or bare[0] == "#":
            out.append(line)
            continue
        if line[0] in " \t":
            if dropping == COMMENT:
                out.append("#" + line)
            elif not dropping:
                out.append(line)
            continue
        name = line.partition("=")[0].strip()
        dropping = ""
        if name not in changes:
            out.append(line)
            continue
        counts[name] = counts.get(name, 0) + 1
        dropping = action
        if action == SET:
            out.append(f"{name} = {changes[name]}")
        elif action == COMMENT:
            out.append("#" + line)
    for name, count in counts.items():
        if count > 1:
            warn(f'{path}: multiple entries for "{name}"')
    if action == SET:
        out += [f"{name} = {value}" for name, value in changes.items() if name not in counts]
    return out
