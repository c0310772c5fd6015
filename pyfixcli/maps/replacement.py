"""Results of pattern rules: text with ``$1``, ``${1}`` or ``$(1)`` for what parentheses matched; ``$$`` is a dollar."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CLOSERS = {"{": "}", "(": ")"}
BAD_SYNTAX = "bad replacement syntax: skipping this rule"


class Replacement:
    """A result, in pieces: texts, and numbers of groups."""

    __slots__ = ("_parts", "highest")

    def __init__(self, parts: list[str | int]) -> None:
        self._parts = parts
        self.highest = max((part for part in parts if isinstance(part, int)), default=0)

    def fill(self, groups: list[bytes]) -> str:
        """The text for what was matched."""
        return "".join(
            groups[part].decode("utf-8", "surrogateescape") if isinstance(part, int) else part
            for part in self._parts
        )


def parse_replacement(
    text: str, warn: Callable[[str], None], warn_anywhere: Callable[[str], None], zero: str
) -> Replacement:
    """The pieces of a result; ConfigError when it has a wrong reference.

    ``warn`` says what is wrong at a rule, ``warn_anywhere`` what the reference says without a place; ``zero`` is how
    the number 0 is called.
    """
    parts: list[str | int] = []
    is_bad = False
    position = 0
    while position < len(text):
        dollar = text.find("$", position)
        if dollar < 0:
            parts.append(text[position:])
            break
        parts.append(text[position:dollar])
        if text[dollar + 1 : dollar + 2] == "$":
            parts.append("$")
            position = dollar + 2
            continue
        name, position = _take_name(text, dollar + 1)
        if not name:
            what = "truncated macro reference" if position > len(text) else "empty macro name"
            warn_anywhere(f'{what}: "{text}"')
            raise ConfigError(BAD_SYNTAX)
        problem = _problem(name, zero)
        if problem:
            warn(f'{problem} replacement index "{name}"')
            is_bad = True
        else:
            parts.append(int(name))
    if is_bad:
        raise ConfigError(BAD_SYNTAX)
    return Replacement(parts)


def _take_name(text: str, begin: int) -> tuple[str, int]:
    """The name at ``begin``, and where the text goes on; ("", beyond the end) when its brace is not closed."""
    closer = CLOSERS.get(text[begin : begin + 1], "")
    if closer:
        end = text.find(closer, begin)
        return (text[begin + 1 : end], end + 1) if end >= 0 else ("", len(text) + 1)
    end = begin
    while end < len(text) and (text[end] == "_" or (text[end].isascii() and text[end].isalnum())):
        end += 1
    return text[begin:end], end


def _problem(name: str, zero: str) -> str:
    if not (name.isascii() and name.isdigit()):
        return "non-numeric"
    return zero if len(name) > 4 or not int(name) else ""
