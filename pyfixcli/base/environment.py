"""Which environment variables pass a border (postconf(5) import_environment, export_environment)."""

from __future__ import annotations

import os

DEFAULT_PATH = "/usr/bin:/bin"


def selected_environment(names: str) -> dict[str, str]:
    """The variables that a list lets through: ``NAME`` as it is here, ``NAME=VALUE`` and ``{ NAME = VALUE }`` as given."""
    found = {}
    for word in _words(names):
        name, equals, value = word.partition("=")
        if equals:
            found[name.strip()] = value.strip()
        elif name in os.environ:
            found[name] = os.environ[name]
    return found


def _words(text: str) -> list[str]:
    """Words between blanks and commas; braces hold one with blanks together."""
    words, current, depth = [], "", 0
    for character in text + " ":
        depth += (character == "{") - (character == "}")
        if depth or character not in " ,\t\r\n":
            current += character
        elif current:
            words.append(current[1:-1].strip() if current.startswith("{") else current)
            current = ""
    return words
