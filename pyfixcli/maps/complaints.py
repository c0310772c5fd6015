"""What is logged about a table that cannot answer (``PARAMETER: table NAME: WHY`` in a TableFailure).

Further lines of a failure are warnings that come first.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LOOKUP_ERROR = "lookup error"  # nothing more is known


def failure_text(name: str, warnings: Sequence[str]) -> str:
    """The text of a TableFailure of which the warnings say all that is known."""
    lines = (warning.replace("\n", "?") for warning in warnings)
    return "\n".join((f"table {name}: {LOOKUP_ERROR}", *lines))


TABLE_PROBLEM = ": table lookup problem"  # ends what match lists say


NO_RESULT = " should return NO RESULT in case of NOT FOUND"  # ends what is said of an empty result


def empty_result(title: str, key: str) -> str:
    """The text of a failure: the tables of a parameter found a key that has no value."""
    return f"{title} lookup of {key} returns an empty string result\n{title}{NO_RESULT}"


def complaints(failure: str, key: str) -> list[str]:
    """The warnings about a table that failed for a key."""
    if failure.endswith((TABLE_PROBLEM, NO_RESULT)):
        return failure.split("\n")
    text, *warnings = failure.split("\n")
    _, found, rest = text.partition("table ")
    name, _, why = rest.partition(": ")
    if not found:
        return [text, *warnings]
    lookup = f'{name} lookup error for "{key}"'
    if why != LOOKUP_ERROR:
        warnings.append(f"{name} is unavailable. {why}")
    return [*warnings, lookup]


def list_failure(title: str, failure: str) -> str:
    """The text of a failure of a match list: lines to be logged as they are."""
    text, *warnings = failure.split("\n")
    name, _, why = text.removeprefix("table ").partition(": ")
    if why != LOOKUP_ERROR:
        warnings.append(f"{name} is unavailable. {why}")
    return "\n".join((*warnings, f"{title}: {name}{TABLE_PROBLEM}"))


def failed_table(failure: str) -> str:
    """The name of the table in the text of a failure."""
    _, _, rest = failure.partition("table ")
    return rest.partition("\n")[0].partition(": ")[0]
