"""Editing main.cf: setting, commenting out and removing parameters (postconf(1): -e, -#, -X).

Order and comments stay, also the comments inside an entry. A name that has several entries is edited in each, with
a warning, since nobody can know which one was meant.
"""

from __future__ import annotations

from pyfixcli.base.errors import PyfixError
from pyfixcli.config.edited_file import edit_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Warn = Callable[[str], None]
    # What becomes of an entry, told by its first line: KEEP, COMMENT, REMOVE, or the lines to put in its place.
    Rule = Callable[[str], "str | list[str]"]

SET, COMMENT, REMOVE, KEEP = "set", "comment", "remove", "keep"
SPACE = " \t\r\n\v\f"
ENDS_NAME = SPACE + "="


def edit_main(directory: str, action: str, words: Sequence[str], warn: Warn) -> None:
    """Edit main.cf as the words of a command line say: ``name=value`` to SET, else names.

    Raises PyfixError for a word that cannot be used, and when the file cannot be edited.
    """
    path = directory.rstrip("/") + "/main.cf"
    changes = main_changes(action, words, warn)
    edit_file(path, lambda lines: edit_parameters(lines, action, changes, path, warn))


def main_changes(action: str, words: Sequence[str], warn: Warn) -> dict[str, str]:
    """What the words ask for: name -> value (empty unless it is to be SET); the last one of a name counts."""
    changes: dict[str, str] = {}
    for word in words:
        refuse_text_that_is_no_entry(word, "-e, -X, or -# accepts no {}")
        if action == SET:
            name, value = split_assignment(word)
            if name in changes:
                warn(f"ignoring earlier request: '{name} = {changes[name]}'")
            changes[name] = value
            continue
        if "=" in word:
            raise PyfixError("-X or -# requires parameter names without value")
        if not word.strip(SPACE):
            raise PyfixError("-X or -# requires non-blank parameter names")
        changes[word] = ""
    return changes


def refuse_text_that_is_no_entry(word: str, refusal: str) -> None:
    """Raise PyfixError for a word that would not be one line, or a comment."""
    if "\n" in word:
        raise PyfixError(refusal.format("multi-line input"))
    if word.lstrip(SPACE).startswith("#"):
        raise PyfixError(refusal.format("comment input"))


def split_assignment(word: str) -> tuple[str, str]:
    """(name, value) of ``name = value``; a name is one word. Raises PyfixError."""
    name, equals, value = word.partition("=")
    name = name.strip(SPACE)
    if not name and (equals or not word.strip(SPACE)):
        raise PyfixError(f'missing attribute name: "{word}"')
    if not equals or any(character in SPACE for character in name):
        raise PyfixError(f"missing '=' after attribute name: \"{word}\"")
    return name, value.strip(SPACE)


def edit_parameters(
    lines: Sequence[str], action: str, changes: dict[str, str], path: str, warn: Warn
) -> list[str]:
    """The edited lines of main.cf; what is SET and was not there comes last."""
    counts = dict.fromkeys(changes, 0)

    def rule(line: str) -> str | list[str]:
        name = parameter_name(line)
        if name not in changes:
            return KEEP
        counts[name] += 1
        if counts[name] == 2:
            warn(f'{path}: multiple entries for "{name}"')
        return [f"{name} = {changes[name]}"] if action == SET else action

    edited = edit_entries(lines, rule)
    if action == SET:
        edited += [f"{name} = {changes[name]}" for name, count in counts.items() if not count]
    return edited


def parameter_name(line: str) -> str:
    """What stands before the ``=`` or the first white space."""
    end = next((n for n, character in enumerate(line) if character in ENDS_NAME), len(line))
    return line[:end]


def edit_entries(lines: Sequence[str], rule: Rule) -> list[str]:
    """The lines with each entry treated as ``rule`` says of its first line.

    Comments and empty lines stay where they are; continuation lines share the fate of their entry, and so do
    those before the first entry, which are kept.
    """
    edited: list[str] = []
    fate: str | list[str] = KEEP
    for line in lines:
        if is_comment(line):
            edited.append(line)
            continue
        if not is_continuation(line):
            fate = rule(line)
            if isinstance(fate, list):
                edited += fate
        if fate == KEEP:
            edited.append(line)
        elif fate == COMMENT:
            edited.append("#" + line)
    return edited


def is_comment(line: str) -> bool:
    """Whether a line is empty or a comment, wherever it stands."""
    bare = line.lstrip(SPACE)
    return not bare or bare[0] == "#"


def is_continuation(line: str) -> bool:
    """Whether a line that is no comment continues the entry before it."""
    return line[0] in SPACE
