"""An entry of master.cf as text that can be changed and written anew (master(5)).

    entry = parse_entry("smtp inet n - n - - smtpd -o { smtpd_banner = a b } -v")
    entry.set_parameter("smtpd_helo_required", "yes")
    entry.format()        # columns, each -o on a line of its own

A word in braces may have white space inside. What does not need its braces is written without them; all others
keep them, so that an entry means the same after it was written.
"""

from __future__ import annotations

from pyfixcli.base.errors import PyfixError
from pyfixcli.config.load import split_assignment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = (
    "service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command",
)  # fmt: skip
COLUMNS = (0, 11, 17, 25, 33, 41, 49, 57)
WIDTH = 80  # a line is shorter than this, if its words allow it
INDENT = "    "
SPACE = " \t\r\n\v\f"
TYPES = ("inet", "unix", "fifo", "pass", "unix-dgram")


def _is_attribute(text: str) -> bool:
    return bool(text) and not any(character in SPACE for character in text)


def _is_name(text: str) -> bool:
    return _is_attribute(text) and text[0] != "#"


def _is_flag(text: str) -> bool:
    return text in ("y", "n", "-")


def _is_wakeup(text: str) -> bool:
    return text.removesuffix("?") == "-" or _is_number(text.removesuffix("?"))


def _is_process_limit(text: str) -> bool:
    return text == "-" or _is_number(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


CHECKS: dict[str, Callable[[str], bool]] = {
    "service": _is_name,
    "type": TYPES.__contains__,
    "private": _is_flag,
    "unprivileged": _is_flag,
    "chroot": _is_flag,
    "wakeup": _is_wakeup,
    "process_limit": _is_process_limit,
    "command": bool,
}


def check_field(field: str, text: str, where: str) -> None:
    """Raise PyfixError when a field cannot have this text; ``where`` is what it stands in."""
    if not CHECKS[field](text):
        raise PyfixError(f'invalid {field} field "{text}" in "{where}"')


class Override:
    """``-o name=value``; ``text`` has no braces of its own."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def name(self) -> str:
        """The parameter."""
        return self.text.partition("=")[0].strip(SPACE)

    @property
    def value(self) -> str:
        """What it is set to."""
        return self.text.partition("=")[2].strip(SPACE)

    def format(self) -> str:
        """``-o`` and its value, in braces where these are needed."""
        braces = any(c in SPACE for c in self.text) or self.text[:1] in ("", "{")
        return f"-o {{{self.text}}}" if braces else f"-o {self.text}"


class Entry:
    """The fields of an entry, and what follows the command.

    ``options`` are the overrides and other options before the first word that is none, ``words`` the rest, both as
    they are written.
    """

    __slots__ = ("fields", "options", "words")

    def __init__(self, fields: list[str], arguments: list[str], warnings: list[str]) -> None:
        self.fields = fields
        self.options: list[Override | str] = []
        self.words: list[str] = []
        self.set_arguments(arguments, warnings)

    def settings(self) -> dict[str, str]:
        """What the overrides set; the last one of a name counts."""
        return {
            item.name: item.value
            for item in self.options
            if isinstance(item, Override) and "=" in item.text and _is_attribute(item.name)
        }

    def set_arguments(self, arguments: list[str], warnings: list[str]) -> None:
        """Replace what follows the command, given as words with their braces; ``warnings`` as for parse_entry()."""
        mended = [mend_braces(word, warnings) for word in arguments]
        self.options, rest = split_options(mended, warnings)
        # Postfix leaves the first one alone, and puts others that have white space into braces.
        self.words = [plain_word(word) for word in rest[:1]]
        self.words += [braced_word(plain_word(word)) for word in rest[1:]]

    def set_field(self, field: str, text: str) -> None:
        """Change a field; the command brings its arguments along. Raises PyfixError."""
        if field == "command":
            command, *arguments = split_words(text) or [""]
            check_field(field, command, text)
            self.fields[-1] = command
            self.set_arguments(arguments, [])
            return
        check_field(field, text, text)
        self.fields[FIELDS.index(field)] = text

    def set_parameter(self, name: str, value: str) -> None:
        """Change all overrides of a parameter, or add one behind the other options."""
        found = [item for item in self.options if isinstance(item, Override) and item.name == name]
        for item in found:
            item.text = f"{name}={value}"
        if not found:
            self.options.append(Override(f"{name}={value}"))

    def remove_parameter(self, name: str) -> None:
        """Remove all overrides of a parameter."""
        self.options = [item for item in self.options if isinstance(item, str) or item.name != name]

    def format(self) -> list[str]:
        """The lines of the entry, folded."""
        line = ""
        for column, field in zip(COLUMNS, self.fields, strict=True):
            line = (line + " " if line else "").ljust(column) + field
        return self._add_arguments(line, WIDTH)

    def format_command(self) -> list[str]:
        """The lines of the command with its arguments: a new one at each override, and after the last."""
        return self._add_arguments(self.fields[-1], None)

    def show_bare(self) -> None:
        """Take the braces from the options and the first word that is none, as postconf(1) shows them."""
        self.options = [
            inner_text(item) if isinstance(item, str) else item for item in self.options
        ]
        if self.words:
            self.words[0] = inner_text(self.words[0])

    def _add_arguments(self, line: str, width: int | None) -> list[str]:
        lines = [line]
        joins = True  # whether a word may follow on this line
        for item in [*self.options, *self.words]:
            if isinstance(item, Override):
                lines.append(INDENT + item.format())
                joins = False
            elif joins and (
                width is None or len(lines[-1]) + 1 + len(inner_text(item)) < width
            ):  # as Postfix folds
                lines[-1] += " " + item
            else:
                lines.append(INDENT + item)
                joins = True
        return lines


def parse_entry(text: str, warnings: list[str] | None = None) -> Entry | None:
    """The entry that a logical line has, or None if it has too few fields. Raises PyfixError for a bad one.

    ``warnings`` gets the reference's words for braces that are not as they should be.
    """
    told = [] if warnings is None else warnings
    words = split_words(text)
    fields = [mend_braces(word, told) for word in words[: len(FIELDS)]]
    if len(fields) < len(FIELDS):
        return None
    for field, word in zip(FIELDS, fields, strict=True):
        check_field(field, word, text)
    return Entry(fields, words[len(FIELDS) :], told)


def mend_braces(word: str, warnings: list[str]) -> str:
    """A word without what follows its closing brace, or with the brace that it lacks."""
    if word[0] != "{":
        return word
    end = closing_brace(word)
    if end < 0:
        warnings.append(f"master.cf: missing '}}' in \"{word}\"")
        return word + "}"
    if end + 1 < len(word):
        warnings.append(f"master.cf: syntax error after '}}' in \"{word}\"")
    return word[: end + 1]


def split_words(text: str) -> list[str]:
    """The words of a text as they are written; white space between braces belongs to a word."""
    if "{" not in text and text.replace("\t", " ").isprintable():
        return text.split()
    words: list[str] = []
    word = ""
    depth = 0
    for character in text:
        if character in SPACE and not depth:
            if word:
                words.append(word)
            word = ""
            continue
        word += character
        depth = max(0, depth + (character == "{") - (character == "}"))
    if word:
        words.append(word)
    return words


def split_options(
    arguments: list[str], warnings: list[str]
) -> tuple[list[Override | str], list[str]]:
    """The options at the beginning, and the rest. An ``o`` behind other letters is an option of its own.

    ``warnings`` gets the reference's words for overrides in braces that set nothing.
    """
    options: list[Override | str] = []
    index = 0
    while index < len(arguments) and inner_text(arguments[index]).startswith("-"):
        word = arguments[index]
        index += 1
        if word[0] == "{" and inner_text(word) != "-o":
            options.append(
                plain_word(word)
            )  # what is in braces with its option counts as no override
            continue
        others, is_override, value = inner_text(word)[1:].partition("o")
        if value:
            value = mend_braces(value, warnings)
        elif is_override and index < len(arguments):
            value = arguments[index]
            index += 1
        else:
            options.append(plain_word(word))
            continue
        options += [f"-{others}"] if others else []
        options.append(Override(_assignment(value, warnings)))
    return options, arguments[index:]


def _assignment(word: str, warnings: list[str]) -> str:
    """``name=value`` of the value of ``-o``; white space around the ``=`` counts as none inside braces only."""
    inner = inner_text(word)
    if inner == word:
        return word
    found = split_assignment(inner)
    if isinstance(found, str):
        warnings.append(f"master.cf: {found}")
        return inner
    return "=".join(found)


def inner_text(word: str) -> str:
    """What a word in braces means: the text inside; every other word itself."""
    if word[:1] != "{" or word[-1] != "}" or closing_brace(word) not in (-1, len(word) - 1):
        return word  # -1: the brace that ends it was added, and others inside are open
    return word[1:-1].strip(SPACE)


def closing_brace(word: str) -> int:
    """Where the brace ends that a word begins with; -1: nowhere."""
    depth = 0
    for index, character in enumerate(word):
        depth += (character == "{") - (character == "}")
        if not depth:
            return index
    return -1


def plain_word(word: str) -> str:
    """A word without braces that it does not need."""
    inner = inner_text(word)
    if inner == word:
        return word
    needs = not inner or inner[0] == "{" or any(character in SPACE for character in inner)
    return f"{{{inner}}}" if needs else inner


def braced_word(word: str) -> str:
    """A word in braces, if it has white space between braces in its middle."""
    if word[0] == "{" or word.count("{") != word.count("}"):
        return word
    return f"{{{word}}}" if any(character in SPACE for character in word) else word
