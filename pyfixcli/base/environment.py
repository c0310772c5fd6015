"""Which environment variables pass a border (postconf(5) import_environment, export_environment)."""

from __future__ import annotations

import os

DEFAULT_PATH = "/usr/bin:/bin"
SEPARATORS = " ,\t\r\n"


def selected_environment(names: str) -> dict[str, str]:
    """The variables that a list lets through: ``NAME`` as it is here, ``NAME=VALUE`` and ``{ NAME = VALUE }`` as given."""
    found = {}
    for word in split_words(names):
        name, equals, value = word.partition("=")
        if equals:
            found[name.strip()] = value.strip()
        elif name in os.environ:
            found[name] = os.environ[name]
    return found


def split_words(text: str) -> list[str]:
    """Words between blanks and commas; braces hold one with blanks together, and end it.

    A brace that is not closed takes all that follows.
    """
    words, current, depth = [], "", 0
    for character in text + " ":
        depth += (character == "{") - (character == "}")
        if depth > 0 or character not in SEPARATORS:
            current += character
        elif current:
            words.append(_inner_text(current))
            current = ""
    return [*words, _inner_text(current)] if current else words


def _inner_text(word: str) -> str:
    """A word without its braces and what follows them."""
    if word[0] != "{":
        return word
    depth = 0
    for index, character in enumerate(word):
        depth += (character == "{") - (character == "}")
        if not depth:
            return word[1:index].strip()
    return word[1:].strip()
