"""Files of users that name addresses: .forward and :include: files (aliases(5), postconf(5) forward_path).

Who owns such a file may exchange it at any moment, for a device or a pipe too: what is open is judged, not what lay at
the path. Its lines have a limit, so that no file fills the memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TextIO

from pyfixcli.base.privilege import Rights, RightsRefused, acting_as

LARGEST = 32 * 1024 * 1024  # octets of a file that is read
OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class UnusableFile(Exception):
    """The file must not, or cannot, be read; the text is for the log."""


def open_addresses(
    path: str,
    rights: Rights,
    check: Callable[[os.stat_result], str],
    flags: int = 0,
    kind: str = "file",
) -> TextIO:
    """The file, opened with these rights; ``check`` says what is wrong with it. Raises UnusableFile.

    ``flags`` of open(2) are added to ours, ``kind`` is what the log calls it.
    """
    try:
        with acting_as(rights):
            descriptor = os.open(path, OPEN | flags)
    except (OSError, RightsRefused) as error:
        raise UnusableFile(f"cannot open {kind} {path}: {describe(error)}") from error
    status = os.fstat(descriptor)
    problem = check(status)
    if not problem and status.st_size > LARGEST:
        problem = f"file {path} is larger than {LARGEST} octets"
    if problem:
        os.close(descriptor)
        raise UnusableFile(problem)
    return open(descriptor, encoding="utf-8", errors="surrogateescape", newline="\n")


def read_lines(stream: TextIO, limit: int) -> Iterator[str]:
    """Its lines; longer ones in pieces of ``limit`` characters (line_length_limit)."""
    return iter(lambda: stream.readline(limit), "")


def describe(error: Exception) -> str:
    """Why a file cannot be had, as the system says it."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
