"""Logical lines, as main.cf, master.cf and text tables have them (postconf(5)).

A line that begins with white space continues the one before; empty lines and lines whose
first non-blank character is ``#`` are passed over, also between continuations.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHOWN = 30  # octets of a line that a warning shows


def logical_lines(lines: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """(first line number, last line number, text) of each logical line.

    Line ends are removed; the white space that begins a continuation is kept. The
    first logical line may begin with white space; that is for the caller to judge.
    """
    text = ""
    first = last = 0
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\n")
        bare = line.strip(" \t\r\v\f")
        if not bare or bare[0] == "#":
            continue
        if line[0] in " \t" and first:
            text += line
            last = number
            continue
        if first:
            yield first, last, text
        text, first, last = line, number, number
    if first:
        yield first, last, text


def indentation_problem(text: str, path: str) -> str:
    """What is said of a first line that begins with white space."""
    octets = text.encode("utf-8", "surrogateescape")
    if len(octets) > SHOWN:
        text = octets[:SHOWN].decode("utf-8", "surrogateescape") + "..."
    return f'{path}: logical line must not start with whitespace: "{text}"'
