"""``$name`` and its conditional forms in parameter values (postconf(5)).

Forms: ``$name ${name} $(name)``, ``${name?text} ${name:text}``, ``${name?{a}:{b}}``,
``${{left} op {right}?{a}:{b}}`` with ``== != < <= > >=``, and ``$$`` for a dollar sign.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], str | None]

NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
LEVEL = "level"  # suffix of the operators that compare compatibility levels
OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
SPACE = " \t\r\n"
CLOSERS = {"{": "}", "(": ")"}


class ExpansionError(ConfigError):
    """The text has a malformed ``$`` form; the words are those of the reference's warning."""


def expand(text: str, lookup: Lookup) -> str:
    """``text`` with every form replaced.

    ``lookup`` gives the (already expanded) value of a name, or None when it has none. Raises
    ExpansionError.
    """
    if "$" not in text:
        return text
    parts = []
    position = 0
    while True:
        dollar = text.find("$", position)
        if dollar < 0 or dollar + 1 >= len(text):
            parts.append(text[position:])
            return "".join(parts)
        parts.append(text[position:dollar])
        following = text[dollar + 1]
        if following == "$":
            parts.append("$")
            position = dollar + 2
        elif following in CLOSERS:
            end = _matching(text, dollar + 1)
            parts.append(_form(text[dollar + 2 : end], lookup))
            position = end + 1
        else:
            end = _name_end(text, dollar + 1)
            if end == dollar + 1:
                raise ExpansionError(f'empty macro name: "{text[dollar:]}"')
            parts.append(lookup(text[dollar + 1 : end]) or "")
            position = end


def _name_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in NAME:
        end += 1
    return end


def _matching(text: str, start: int) -> int:
    """The index of the closer that matches the opener at ``start``."""
    opener, closer = text[start], CLOSERS[text[start]]
    depth = 0
    for index in range(start, len(text)):
        if text[index] == opener:
            depth += 1
        elif text[index] == closer:
            depth -= 1
            if not depth:
                return index
    raise ExpansionError(f'truncated macro reference: "{text[start - 1 :]}"')


def _form(body: str, lookup: Lookup) -> str:
    """The inside of ``${...}``."""
    inner = body.lstrip(SPACE)
    if inner.startswith("{"):
        chosen, rest = _comparison(inner, lookup)
    else:
        end = _name_end(inner, 0)
        if end == 0:
            raise ExpansionError(f'empty macro name: "${{{body}}}"')
        name, rest = inner[:end], inner[end:]
        value = lookup(name)
        if not rest.strip(SPACE):
            return value or ""
        chosen = bool(value)
    return _branch(body, chosen, rest, lookup)


def _comparison(inner: str, lookup: Lookup) -> tuple[bool, str]:
    """Whether ``{left} op {right}`` holds, and the text after it."""
    end = _matching_brace(inner)
    left = expand(inner[1:end].strip(SPACE), lookup)
    rest = inner[end + 1 :].lstrip(SPACE)
    operator = next((word for word in OPERATORS if rest.startswith(word)), None)
    if operator is None:
        raise ExpansionError(f'expected "==" or other operator at: "...{{{left}}}>>>{rest}"')
    rest = rest[len(operator) :]
    levels = rest.startswith(LEVEL)
    rest = rest[len(LEVEL) if levels else 0 :].lstrip(SPACE)
    if not rest.startswith("{"):
        raise ExpansionError(f'expected "{{expression}}" at: "...{operator}>>>{rest}"')
    end = _matching_brace(rest)
    right = expand(rest[1:end].strip(SPACE), lookup)
    return _compare(left, operator, right, levels), rest[end + 1 :].lstrip(SPACE)


def _matching_brace(text: str) -> int:
    return _matching(" " + text, 1) - 1


def parse_level(text: str) -> tuple[int, ...]:
    """A compatibility level, ``major.minor.patch`` with later parts optional."""
    parts = text.split(".")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise ExpansionError(f'bad compatibility level: "{text}"')
    numbers = [int(part) for part in parts]
    return tuple(numbers + [0] * (3 - len(numbers)))


def _compare(left: str, operator: str, right: str, levels: bool) -> bool:
    """Numbers compare as numbers, levels part by part, everything else as text."""
    if levels:
        mine, other = parse_level(left), parse_level(right)
        order = (mine > other) - (mine < other)
    elif left.isdigit() and right.isdigit():
        order = (int(left) > int(right)) - (int(left) < int(right))
    else:
        order = (left > right) - (left < right)
    results = {
        "==": order == 0,
        "!=": order != 0,
        "<": order < 0,
        "<=": order <= 0,
        ">": order > 0,
        ">=": order >= 0,
    }
    return results[operator]


def _branch(body: str, chosen: bool, rest: str, lookup: Lookup) -> str:
    """The text after the condition: ``?a``, ``:b``, ``?{a}:{b}``."""
    rest = rest.lstrip(SPACE)
    if rest.startswith("?"):
        first, other = _operand(rest[1:], braces_only=False)
        if chosen:
            return expand(first, lookup)
        other = other.lstrip(SPACE)
        if other.startswith(":"):
            return expand(_operand(other[1:], braces_only=False)[0], lookup)
        return ""
    if rest.startswith(":"):
        return "" if chosen else expand(_operand(rest[1:], braces_only=False)[0], lookup)
    raise ExpansionError(f'expected "?" or ":" at: "...{body}"')


def _operand(text: str, braces_only: bool) -> tuple[str, str]:
    """``{text}`` with what follows it, or all the text as it is."""
    inner = text.lstrip(SPACE)
    if inner.startswith("{"):
        end = _matching_brace(inner)
        return inner[1:end].strip(SPACE), inner[end + 1 :]
    return text, ""
