"""Braces around what has blanks in it (DATABASE_README)."""

from __future__ import annotations


def closing_brace(text: str) -> int:
    """Where the brace that begins a text is closed; -1 when it is not, or none begins it."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth <= 0:
            return position if position else -1
    return -1
