"""The rules of pattern tables: a file of logical lines, or ``{ {rule}, {rule} }`` in the parameter itself."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.lines import indentation_problem, logical_lines
from pyfixcli.maps.registry import split_names
from pyfixcli.maps.source import SPACE

SILENT = ("pcre", "regexp")  # to these the file ends where it cannot be read


def read_rules(kind: str, name: str, warnings: list[str]) -> list[tuple[int, str]]:
    """(number of its first line, text) of each rule; ConfigError. In a parameter they are numbered from 1."""
    if name.startswith("{"):
        words = split_names(_between_braces(kind, name))
        rules = [(number, _between_braces(kind, word)) for number, word in enumerate(words, 1)]
        return [(number, rule) for number, rule in rules if rule and not rule.startswith("#")]
    try:
        with open(name, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            lines = [(first, text) for first, _, text in logical_lines(file)]
    except IsADirectoryError as error:
        if kind in SILENT:
            return []
        raise ConfigError(f"{kind} map {name}: read error: {error.strerror}") from error
    except OSError as error:
        raise ConfigError(f"open {name}: {error.strerror}") from error
    for _, text in lines:
        if text[0] in SPACE:
            warnings.append(indentation_problem(text, name))
    return [(first, text) for first, text in lines if text[0] not in SPACE]


def control_word(text: str) -> tuple[str, str]:
    """(``if`` or ``endif``, what follows), or ("", text) when a rule begins with neither."""
    for word in ("if", "endif"):
        if text[: len(word)].lower() == word and not text[len(word) : len(word) + 1].isalnum():
            return word, text[len(word) :].lstrip(SPACE)
    return "", text


def _between_braces(kind: str, text: str) -> str:
    text = text.strip(SPACE)
    if not text.startswith("{"):
        raise ConfigError(f"{kind} map: no '{{' at start of text in \"{text}\"")
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth:
            continue
        if position < len(text) - 1:
            raise ConfigError(f"{kind} map: syntax error after '}}' in \"{text}\"")
        return text[1:-1].strip(SPACE)
    raise ConfigError(f"{kind} map: missing '}}' in \"{text}\"")
