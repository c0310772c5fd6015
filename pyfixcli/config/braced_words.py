"""Lists whose words may have blanks and commas in braces (postconf(5), MILTER_README)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SEPARATORS = ", \t\r\n"


def braced_words(value: str) -> Iterator[str]:
    """Words between blanks and commas; separators between braces belong to a word."""
    word, depth = "", 0
    for character in value:
        if character in SEPARATORS and not depth:
            if word:
                yield word
            word = ""
            continue
        word += character
        depth = max(0, depth + (character == "{") - (character == "}"))
    if word:
        yield word


def inner_text(text: str, problems: list[str]) -> str:
    """What is between a brace at the beginning and the one that closes it."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth:
            if index + 1 < len(text):
                problems.append(f"syntax error after '}}' in \"{text}\"")
            return text[1:index]
    problems.append(f"missing '}}' in \"{text}\"")
    return text[1:]
