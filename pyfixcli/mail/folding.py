"""Long lines in texts for people."""

from __future__ import annotations

WIDTH = 79


def wrap(text: str, indent: str, start: str = "") -> str:
    """``start`` and ``text`` on lines of at most WIDTH octets, later ones indented.

    A word that is longer stays whole; blanks at which a line ends go, others stay.
    """
    lines: list[str] = []
    line = ""
    gap = 0
    for word in text.split(" "):
        if not word:
            gap += 1
            continue
        room = WIDTH - len(indent if lines else start)
        if line and _width(line) + gap + 1 + _width(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line}{' ' * (gap + 1)}{word}" if line else word
        gap = 0
    lines.append(line)
    return start + ("\n" + indent).join(lines)


def _width(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
