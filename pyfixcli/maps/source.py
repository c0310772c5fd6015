"""Text sources of tables: ``key white space value`` (postmap(1))."""

from __future__ import annotations

from pyfixcli.config.lines import indentation_problem, logical_lines
from pyfixcli.maps.folding import keep_key
from pyfixcli.maps.utf8 import input_problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SPACE = " \t\r\n\v\f"


class Rules:
    """How a source is read.

    ``fold`` changes each key; with ``utf8`` a line that is not UTF-8 is passed over; with ``files`` values name files.
    """

    __slots__ = ("files", "fold", "utf8")

    def __init__(
        self, fold: Callable[[str], str] = keep_key, utf8: bool = False, files: bool = False
    ) -> None:
        self.fold = fold
        self.utf8 = utf8
        self.files = files


RULES = Rules()


def read_pairs(
    lines: Iterable[str], path: str, warnings: list[str], before: int = 0, rules: Rules = RULES
) -> Iterator[tuple[str, str]]:
    """(key, value) of each entry; what is malformed is warned about and passed over.

    ``before`` is the number of lines that come before these.
    """
    for first, _, text in logical_lines(lines):
        found = read_pair(text, path, before + first, warnings, rules.utf8)
        if found is None:
            continue
        if rules.files:
            found = read_content(found, f"{path}, line {before + first}", warnings)
            if found is None:
                continue
        yield rules.fold(found[0]), found[1]


def read_content(found: tuple[str, str], where: str, warnings: list[str]) -> tuple[str, str] | None:
    """The content of the files that the value names, instead of it."""
    from pyfixcli.base.errors import ConfigError
    from pyfixcli.maps.file_content import encode_files

    try:
        return found[0], encode_files(found[1])
    except ConfigError as error:
        warnings.append(f"{where}: {error}: skipping this entry")
        return None


def read_pair(
    text: str, path: str, line: int, warnings: list[str], utf8: bool = False
) -> tuple[str, str] | None:
    """Key and value of a logical line, or None when it is malformed."""
    where = f"{path}, line {line}"
    if text[0] in SPACE:
        warnings.append(indentation_problem(text, path))
        return None
    if utf8 and not text.isascii() and (problem := input_problem(text, where)):
        warnings.append(problem)
        return None
    pair = split_pair(text)
    if pair is None:
        warnings.append(f"{where}: unbalanced '\"' in '{text}' -- ignoring this line")
        return None
    key, value = pair
    if not value:
        warnings.append(f"{where}: expected format: key whitespace value")
        return None
    if key.endswith(":"):
        warnings.append(f'{where}: record is in "key: value" format; is this an alias file?')
    return key, value


def split_pair(text: str) -> tuple[str, str] | None:
    """The first word and the rest; quotes keep blanks in the key, and stay. None when one is not closed."""
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
    return None if quoted else (text[:position], text[position:].strip(SPACE))
