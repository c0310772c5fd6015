"""What lookup tables say about text that is not UTF-8 (postmap(1): -u).

Text that was read from outside has undecodable octets as surrogate escapes.
"""

from __future__ import annotations

from pyfixcli.maps.table import TableFailure

PROBLEM = "malformed UTF-8 or invalid codepoint"


def is_utf8(text: str) -> bool:
    """Whether the octets of a text were valid UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def key_problem(table: str, key: str) -> str:
    """The warning about a key that no table has, since it is not UTF-8; empty when it is."""
    return "" if is_utf8(key) else f'{table}: non-UTF-8 key "{key}": {PROBLEM}'


def check_value(table: str, key: str, value: str) -> None:
    """TableFailure, with the warning, for a value that is not UTF-8."""
    if not is_utf8(value):
        text = f'{table}: key "{key}": non-UTF-8 value "{value}": {PROBLEM}'
        raise TableFailure(f"table {table}: lookup error\n{text}", reason="")


def input_problem(text: str, where: str) -> str:
    """The warning about a line of a source that is not UTF-8; empty when it is."""
    return "" if is_utf8(text) else f'{where}: non-UTF-8 input "{text}" -- ignoring this line'
