"""Alias files: ``name: value, value`` (aliases(5))."""

from __future__ import annotations

from pyfixcli.config.lines import indentation_problem, logical_lines
from pyfixcli.mail.tok822 import (
    ATOM,
    BLANKS,
    COMMENT,
    LITERAL,
    QUOTED,
    Token,
    scan,
    write_token,
)
from pyfixcli.maps.source import SPACE
from pyfixcli.maps.utf8 import input_problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORDS = frozenset((ATOM, COMMENT, LITERAL, QUOTED))


def read_aliases(
    lines: Iterable[str], path: str, warnings: list[str], utf8: bool = False
) -> Iterator[tuple[str, str]]:
    """(name, value) of each alias; what is malformed is warned about and passed over.

    With ``utf8`` so is what is not UTF-8.
    """
    for first, _, text in logical_lines(lines):
        where = f"{path}, line {first}"
        if utf8 and not text.isascii() and (problem := input_problem(text, where)):
            warnings.append(problem)
            continue
        if text[0] in SPACE:
            warnings.append(indentation_problem(text, path))
            continue
        sides = split_alias(text)
        if sides is None:
            warnings.append(f"{where}: need name:value pair")
            continue
        name, value = sides
        if any(token.kind == "@" for token in name):
            warnings.append(f"{where}: name must be local")
            continue
        yield write_words(name, quotes=False), write_words(value)


def split_alias(text: str) -> tuple[list[Token], list[Token]] | None:
    """The tokens of name and value, or None when there is no pair."""
    tokens = [Token(token.kind, token.text.translate(BLANKS)) for token in scan(text)]
    for place, token in enumerate(tokens):
        if token.kind == ",":
            return None
        if token.kind == ":":
            name, value = tokens[:place], tokens[place + 1 :]
            return (name, value) if name and value else None
    return None


def write_words(tokens: Iterable[Token], quotes: bool = True) -> str:
    """The tokens as text, with white space only where words would run together; ``quotes``: in external form.

    A bar is no word, even at an end of one.
    """
    words: list[str] = []
    previous, after_bar = "", False
    for token in tokens:
        is_atom = token.kind == ATOM
        if previous in _WORDS and (token.kind in _WORDS or token.kind == "<"):
            is_joined = (after_bar and token.kind != "<") or (
                is_atom and token.text.startswith("|")
            )
            words.append("" if is_joined else " ")
        if token.kind == ",":
            words.append(", ")
        else:
            words.append(write_token(token) if quotes else token.text)
        previous, after_bar = token.kind, is_atom and token.text.endswith("|")
    return "".join(words)
