"""Alias files: ``name: value, value`` (aliases(5))."""

from __future__ import annotations

from pyfixcli.config.lines import logical_lines
from pyfixcli.mail.tok822 import ATOM, COMMENT, LITERAL, QUOTED, internal_form, scan, write_token
from pyfixcli.maps.utf8 import input_problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPACE = " \t\r\n\v\f"
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
            warnings.append(f'{path}: logical line must not start with whitespace: "{text}"')
            continue
        found = split_alias(text)
        if found is None:
            warnings.append(f"{where}: need name:value pair")
            continue
        if "@" in found[0] and '"' not in text.partition("@")[0]:
            warnings.append(f"{where}: name must be local")
            continue
        yield found


def split_alias(text: str) -> tuple[str, str] | None:
    """Name (without quotes) and value (normalised), or None when there is no pair."""
    colon = _first_colon(text)
    if colon < 0:
        return None
    name = internal_form([token for token in scan(text[:colon]) if token.kind != "c"])
    if " " in text[:colon].strip(SPACE) and '"' not in text[:colon]:
        name = " ".join(token.text for token in scan(text[:colon]))
    value = normalise_value(text[colon + 1 :])
    if not name or not value:
        return None
    return name, value


def _first_colon(text: str) -> int:
    quoted = False
    for position, character in enumerate(text):
        if character == '"' and (not position or text[position - 1] != "\\"):
            quoted = not quoted
        elif character == ":" and not quoted:
            return position
    return -1


def normalise_value(text: str) -> str:
    """The value with blanks reduced; one with backslashes in quotes stays as it is."""
    text = text.strip(SPACE)
    if any("\\" in quoted for quoted in text.split('"')[1::2]):
        return text
    words: list[str] = []
    previous = ""
    for token in scan(text):
        if previous in _WORDS and (token.kind in _WORDS or token.kind == "<"):
            words.append(" ")
        words.append(", " if token.kind == "," else write_token(token))
        previous = token.kind
    return "".join(words)
