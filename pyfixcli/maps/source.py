"""Text sources of tables: ``key white space value`` (postmap(1))."""

from __future__ import annotations

from pyfixcli.config.lines import logical_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPACE = " \t\r\n\v\f"


def read_pairs(lines: Iterable[str], path: str, warnings: list[str]) -> Iterator[tuple[str, str]]:
    """(key, value) of each entry; what is malformed is warned about and passed over."""
    for _, last, text in logical_lines(lines):
        where = f"{path}, line {last}"
        if text[0] in SPACE:
            warnings.append(f"{where}: logical line must not start with whitespace")
            continue
        key, value = split_pair(text)
        if not value:
            warnings.append(f"{where}: expected format: key whitespace value")
        if key.endswith(":"):
            warnings.append(f'{where}: record is in "key: value" format; is this an alias file?')
        if not value:
            continue
        yield key, value


def split_pair(text: str) -> tuple[str, str]:
    """The first word and the rest; quotes keep blanks in the key, and stay."""
    position, quoted = 0, False
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character in SPACE and not quoted:
            break
        position += 1
    return text[:position], text[position:].strip(SPACE)
