"""The frame of every command: getopt, diagnostics, exit status.

Options are declared once, as data: a tuple of ``(letter, value name or None, help)``. The hot
commands parse them with :func:`getopt` here; the help texts, completions and man page checks
are made from the same tuples.
"""

from __future__ import annotations

import os
import sys

from pyfixcli.base.errors import PyfixError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Options = tuple[tuple[str, str | None, str], ...]


def program_name(path: str) -> str:
    """The name that a diagnostic begins with."""
    return path.rpartition("/")[2]


def getopt(argv: list[str], options: Options) -> tuple[list[tuple[str, str]], list[str]]:
    """Split arguments as getopt(3) with a leading ``+``: stops at the first operand.

    ``argv`` is without the program name. Returns ``([(letter, value), ...], operands)``; the
    value of an option without one is empty. Raises UsageError with getopt's own words
    (``invalid option -- 'Z'``, ``option requires an argument -- 'f'``).
    """
    takes = {letter: value is not None for letter, value, _ in options}
    found: list[tuple[str, str]] = []
    index = 0
    while index < len(argv):
        word = argv[index]
        if len(word) < 2 or word[0] != "-":
            break
        index += 1
        if word == "--":
            break
        position = 1
        while position < len(word):
            letter = word[position]
            position += 1
            if letter not in takes:
                raise UsageError(f"invalid option -- '{letter}'")
            if not takes[letter]:
                found.append((letter, ""))
                continue
            if position < len(word):
                found.append((letter, word[position:]))
            elif index < len(argv):
                found.append((letter, argv[index]))
                index += 1
            else:
                raise UsageError(f"option requires an argument -- '{letter}'")
            break
    return found, argv[index:]


def complain(text: str) -> None:
    """One line on standard error; a closed standard error is no reason to fail."""
    if not text.isprintable():
        text = "".join("?" if c < " " or "\x7f" <= c <= "\x9f" else c for c in text)
    try:
        os.write(2, (text + "\n").encode("utf-8", "surrogateescape"))
    except OSError:
        pass


def run(main: Callable[[list[str]], int], argv: list[str], default_status: int) -> int:
    """Call ``main(argv)``; a PyfixError becomes ``NAME: fatal: TEXT`` and its exit status.

    ``argv[0]`` is the name the command was called by. ``default_status`` is used for errors
    that do not ask for one.
    """
    try:
        status = main(argv)
        sys.stdout.flush()
        return status
    except PyfixError as error:
        complain(f"{program_name(argv[0])}: fatal: {error}")
        return default_status if error.status is None else error.status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return default_status
    except KeyboardInterrupt:
        return 130
