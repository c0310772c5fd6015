"""The frame of every command: getopt, diagnostics, exit status.

Options are declared once, as data: a tuple of ``(letter, value name or None, help)``. The hot
commands parse them with :func:`getopt` here; the help texts, completions and man page checks
are made from the same tuples.
"""

from __future__ import annotations

import posix
import sys

from pyfixcli.base.errors import PyfixError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    Options = tuple[tuple[str, str | None, str], ...]


def program_name(path: str) -> str:
    """The name that a diagnostic begins with."""
    return path.rpartition("/")[2]


NULL_DEVICE = "/dev/null"
BARE = " "  # the value of an option that was given without one, where that is allowed


def getopt(
    argv: list[str], options: Options, is_bare: Callable[[str, str | None], bool] | None = None
) -> tuple[list[tuple[str, str]], list[str]]:
    """Split arguments as getopt(3) with a leading ``+``: stops at the first operand.

    ``argv`` is without the program name. Returns ``([(letter, value), ...], operands)``; the
    value of an option without one is empty. ``is_bare`` is asked about an option at the end of a word whose value
    would be the next word (None: there is none): whether it goes without, as BARE. Raises UsageError with
    getopt's own words (``invalid option -- 'Z'``, ``option requires an argument -- 'f'``).
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
            following = argv[index] if index < len(argv) else None
            if position < len(word):
                found.append((letter, word[position:]))
            elif is_bare is not None and is_bare(letter, following):
                found.append((letter, BARE))
            elif following is not None:
                found.append((letter, following))
                index += 1
            else:
                raise UsageError(f"option requires an argument -- '{letter}'")
            break
    return found, argv[index:]


def parse_options(
    argv: list[str],
    options: Options,
    usage: str,
    name: str = "",
    is_bare: Callable[[str, str | None], bool] | None = None,
) -> tuple[list[tuple[str, str]], list[str]]:
    """As getopt(), of a command line with the program's name (``name`` if it goes by another).

    For a bad option getopt's words are printed; the PyfixError then has the ``usage``.
    """
    try:
        return getopt(argv[1:], options, is_bare)
    except UsageError as error:
        complain(f"{name or program_name(argv[0])}: {error}")
        raise PyfixError(usage) from error


def _make_printable(data: bytes) -> bytes:
    """``?`` for control characters, and for octets that do not look like a part of UTF-8."""
    shown = bytearray()
    position = 0
    while position < len(data):
        first = data[position]
        length = 1 + (first >= 0xC2) + (first >= 0xE0) + (first >= 0xF0)
        piece = data[position : position + length]
        whole = length == 1 or (len(piece) == length and all(128 <= o < 192 for o in piece[1:]))
        if 0x20 <= first < 0x7F or (0xC2 <= first < 0xF5 and whole and not _is_control(piece)):
            shown += piece
            position += length
        else:
            shown += b"?"
            position += length if whole and length > 1 and first < 0xF5 else 1
    return bytes(shown)


def _is_control(piece: bytes) -> bool:
    return piece[0] == 0xC2 and piece[1] < 0xA0


def complain(text: str) -> None:
    """One line on standard error; a closed standard error is no reason to fail."""
    data = text.encode("utf-8", "surrogateescape")
    if not text.isprintable():
        data = _make_printable(data)
    try:
        posix.write(2, data + b"\n")
    except OSError:
        pass


def open_standard_streams() -> None:
    """Let no file or socket become descriptor 0, 1 or 2 because the caller had closed it."""
    for descriptor in (0, 1, 2):
        try:
            posix.fstat(descriptor)
        except OSError:
            posix.open(NULL_DEVICE, posix.O_RDWR)  # takes the lowest that is free


def run(
    main: Callable[[list[str]], int],
    argv: list[str],
    default_status: int,
    *,
    name: str = "",
    only_terminal: bool = False,
) -> int:
    """Call ``main(argv)``; a PyfixError becomes ``NAME: fatal: TEXT`` and its exit status.

    ``argv[0]`` is the name the command was called by; some go by another ``name``. ``default_status`` is used
    for errors that do not ask for one. With ``only_terminal`` the text is for a terminal only.
    """
    open_standard_streams()
    try:
        status = main(argv)
        if sys.stdout is not None:  # the caller may have closed it
            sys.stdout.flush()
        return status
    except PyfixError as error:
        if not only_terminal or posix.isatty(2):
            shown = name or program_name(argv[0])
            for warning in error.warnings:
                complain(f"{shown}: warning: {warning}")
            complain(f"{shown}: fatal: {error.ending or error}")
        return default_status if error.status is None else error.status
    except BrokenPipeError:
        posix.dup2(posix.open(NULL_DEVICE, posix.O_WRONLY), 1)
        return default_status
    except KeyboardInterrupt:
        return 130


def end(status: int) -> NoReturn:
    """End the process without taking the interpreter apart, which costs as much as loading the command.

    Output is flushed; files that were written are closed by whoever opened them.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        sys.exit(status)  # tells of it in the usual way
    posix._exit(status)
