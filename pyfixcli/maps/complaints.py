"""What is logged about a table that cannot answer (``PARAMETER: table NAME: WHY`` in a TableFailure)."""

from __future__ import annotations

LOOKUP_ERROR = "lookup error"  # nothing more is known


def complaints(failure: str, key: str) -> list[str]:
    """The warnings about a table that failed for a key."""
    _, found, rest = failure.partition("table ")
    name, _, why = rest.partition(": ")
    if not found:
        return [failure]
    lookup = f'{name} lookup error for "{key}"'
    return [lookup] if why == LOOKUP_ERROR else [f"{name} is unavailable. {why}", lookup]


def failed_table(failure: str) -> str:
    """The name of the table in the text of a failure."""
    _, _, rest = failure.partition("table ")
    return rest.partition(": ")[0]
