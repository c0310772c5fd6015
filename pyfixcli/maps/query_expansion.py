"""Templates of questions and results: ``%s``, ``%u``, ``%d``, ``%1`` to ``%9`` (mysql_table(5): query, result_format).

Data flow: text -> Template, once; key -> Parts; Template + Parts + how to quote -> question; each value of the answer ->
Template -> text of the result.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE, LOCAL, DOMAIN = "s", "u", "d"
LETTERS = "sudSUD"
DIGITS = "123456789"


class BadTemplate(ValueError):
    """A per cent sign with what means nothing."""


class Parts:
    """A key or a value, and what it has if it is an address.

    ``local`` is all of what is no address; ``domain`` is empty then; ``labels`` are those of the domain, the last one first.
    """

    __slots__ = ("domain", "labels", "local", "whole")

    def __init__(self, text: str) -> None:
        self.whole = text
        local, at, domain = text.rpartition("@")
        self.local = local if at else text
        self.domain = domain
        if not at:
            self.domain = ""
        self.labels = [label for label in reversed(self.domain.split(".")) if label]

    def part(self, letter: str) -> str:
        """What a letter or digit stands for; empty when the text lacks it."""
        if letter in DIGITS:
            place = int(letter) - 1
            return self.labels[place] if place < len(self.labels) else ""
        letter = letter.lower()
        if letter == WHOLE:
            return self.whole
        return self.local if letter == LOCAL else self.domain


class Template:
    """A text with places to fill in; BadTemplate."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces: list[tuple[str, str]] = []  # (text, what follows it or nothing)
        before, position = "", 0
        while (found := text.find("%", position)) >= 0:
            before += text[position:found]
            letter = text[found + 1 : found + 2]
            position = found + 2
            if letter == "%":
                before += "%"
            elif letter and letter in LETTERS + DIGITS:
                self._pieces.append((before, letter))
                before = ""
            else:
                raise BadTemplate(text)
        self._pieces.append((before + text[position:], ""))
        self.letters = frozenset(letter for _, letter in self._pieces if letter)
        self._is_plain = [piece for piece in self._pieces if any(piece)] == [("", WHOLE)]

    @property
    def key_letters(self) -> frozenset[str]:
        """Those that stand for parts of the key in the template of a result."""
        return frozenset(letter for letter in self.letters if letter not in "sud")

    def fill_key(self, key: Parts, quote: Callable[[str], str]) -> str:
        """The question for a key, which has all that it needs."""
        return "".join(
            text + (quote(key.part(letter)) if letter else "") for text, letter in self._pieces
        )

    def fill_value(self, value: Parts, key: Parts) -> str | None:
        """The result for a value; None when the value lacks what it needs: it is passed over."""
        if self._is_plain:
            return value.whole
        filled = []
        for text, letter in self._pieces:
            filled.append(text)
            if not letter:
                continue
            part = (value if letter in "sud" else key).part(letter)
            if not part and letter in "sud":
                return None
            filled.append(part)
        return "".join(filled)


def has_all(key: Parts, letters: frozenset[str]) -> bool:
    """Whether a key has the parts that templates want; if not, nothing is asked."""
    return all(key.part(letter) for letter in letters)
