"""What postconf(1) prints: a parameter or an entry of master.cf, on one line or folded, or as JSON."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyfixcli.config.master_entry import Entry

BLANKS = " \t\r\n\v\f"
WIDTH = 80
INDENT = "    "


class Style:
    """How values are shown: ``names`` only (-H), ``values`` only (-h), ``folded`` (-f), as ``json`` (-j)."""

    __slots__ = ("folded", "json", "names", "values")

    def __init__(self, letters: set[str]) -> None:
        self.names = "H" in letters
        self.values = "h" in letters
        self.folded = "f" in letters
        self.json = "j" in letters


def format_parameter(name: str, value: str, style: Style) -> str:
    """A name with its value; runs of white space in the value become one space."""
    if style.names:
        return f"{name}\n"
    if style.json:
        return format_pair(name, value)
    text = value if is_plain(value) else " ".join(split_words(value))
    if style.values:
        return (fold(text.split(" ")) if style.folded else text) + "\n"
    line = f"{name} = {text}" if text else f"{name} ="
    return (fold(line.split(" ")) if style.folded else line) + "\n"


def is_plain(text: str) -> bool:
    """Whether a text has no white space but single spaces inside."""
    return text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " "


def split_words(text: str) -> list[str]:
    """The words between white space."""
    for blank in BLANKS[1:]:
        text = text.replace(blank, " ")
    return [word for word in text.split(" ") if word]


def fold(words: Sequence[str]) -> str:
    """Words on lines that are of at most WIDTH octets if the words are shorter; continuation lines are indented."""
    lines = [words[0] if words else ""]
    for word in words[1:]:
        if _length(lines[-1]) + 1 + _length(word) <= WIDTH:
            lines[-1] += " " + word
        else:
            lines.append(INDENT + word)
    return "\n".join(lines)


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def format_pair(name: str, value: str) -> str:
    """An object with one member, on a line."""
    from pyfixcli.present.showq_json import quote

    return f"{{{quote(name)}: {quote(value)}}}\n"


def format_entry(entry: Entry, style: Style) -> str:
    """An entry of master.cf in columns."""
    if style.json:
        name, kind = entry.fields[:2]
        line = " ".join((*entry.fields[:-1], format_command(entry, False)))
        return format_pair(f"{name}/{kind}", line)
    lines = entry.format()
    return ("\n".join(lines) if style.folded else _joined(lines)) + "\n"


def format_command(entry: Entry, folded: bool) -> str:
    """The command of an entry with its arguments."""
    lines = entry.format_command()
    return "\n".join(lines) if folded else _joined(lines)


def _joined(lines: Sequence[str]) -> str:
    return " ".join((lines[0], *(line.removeprefix(INDENT) for line in lines[1:])))
