"""Text sources of tables: ``key white space value`` (postmap(1))."""

from __future__ import annotations

from pyfixcli.config.lines import logical_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPACE = " \t\r\n\v\f"


def read_pairs(
    lines: Iterable[str], path: str, warnings: list[str], before: int = 0
) -> Iterator[tuple[str, str]]:
    """(key, value) of each entry; what is malformed is warned about and passed over.

    ``before`` is the number of lines that come before these.
    """
    for _, last, text in logical_lines(lines):
        found = read_pair(text, path, before + last, warnings)
        if found is not None:
            yield found


def read_pair(text: str, path: str, line: int, warnings: list[str]) -> tuple[str, str] | None:
    """Key and value of a logical line, or None when it is malformed."""
    where = f"{path}, line {line}"
    if text[0] in SPACE:
        warnings.append(f'{path}: logical line must not start with whitespace: "{text}"')
        return None
    key, value = split_pair(text)
    if not value:
        warnings.append(f"{where}: expected format: key whitespace value")
    if key.endswith(":"):
        warnings.append(f'{where}: record is in "key: value" format; is this an alias file?')
    return (key, value) if value else None


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
