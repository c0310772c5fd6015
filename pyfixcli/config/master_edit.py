"""Editing master.cf (postconf(1): -Me, -M#, -MX; -Fe; -Pe, -PX).

A request names entries by service and type, of which ``*`` matches any, and a field or parameter in them. An entry
that a request does not concern stays as it is written. One whose fields or parameters change is written anew, with
the comments inside it before it.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError, PyfixError
from pyfixcli.config.edit import (
    KEEP,
    REMOVE,
    SET,
    SPACE,
    edit_entries,
    is_comment,
    is_continuation,
    refuse_text_that_is_no_entry,
    split_assignment,
)
from pyfixcli.config.edited_file import edit_file
from pyfixcli.config.master_entry import FIELDS, parse_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyfixcli.config.master_entry import Entry

    Warn = Callable[[str], None]

ANY = "*"
SERVICES, FIELD, PARAMETER = "M", "F", "P"
# What a request of each kind has to name: how many words between slashes, and the complaint.
FORMS = {
    SERVICES: (2, "-Me, -MX or -M# requires service_name/type"),
    FIELD: (3, "-Fe or -FX requires service_name/type/field_name"),
    PARAMETER: (3, "-Pe or -PX requires service_name/type/parameter"),
}


class Request:
    """One word of the command line: which entries, what in them (``target``), the new text, and how often it fitted.

    A new entry (``made``: its service and type) takes the place of one of the same name, too.
    """

    __slots__ = ("count", "made", "target", "value", "where", "word")

    def __init__(self, word: str, where: Sequence[str], target: str, value: str) -> None:
        self.word = word
        self.where = where
        self.target = target
        self.value = value
        self.made: Sequence[str] = ()
        self.count = 0

    def fits(self, line: str) -> bool:
        """Whether the entry that begins with this line is meant."""
        names = line.split(None, 2)[:2]
        if len(names) != 2:
            return False
        return names == self.made or all(
            pattern in (ANY, name) for pattern, name in zip(self.where, names, strict=True)
        )


def edit_master(directory: str, kind: str, action: str, words: Sequence[str], warn: Warn) -> None:
    """Edit master.cf as the words of a command line say; ``kind`` is SERVICES, FIELD or PARAMETER.

    Raises PyfixError for a word that cannot be used, and when the file cannot be edited.
    """
    path = directory.rstrip("/") + "/master.cf"
    requests = [parse_request(kind, action, word) for word in words]

    def edit(lines: list[str]) -> list[str]:
        check_names(lines, path)
        if kind == SERVICES:
            return edit_services(lines, action, requests)
        return rewrite_entries(lines, kind, action, requests, path)

    edit_file(path, edit)
    for request in requests if kind != SERVICES else ():
        if not request.count:
            warn(f'unmatched service_name/type: "{request.word}"')


def check_names(lines: Sequence[str], path: str) -> None:
    """Raise ConfigError unless each entry has its name and its type on its first line."""
    for number, line in enumerate(lines, 1):
        if is_comment(line) or is_continuation(line) or len(line.split(None, 2)) > 1:
            continue
        problem = "specify service name and type on the same line"
        raise ConfigError(f"file {path}: line {number}: {problem}")


def parse_request(kind: str, action: str, word: str) -> Request:
    """What a word of the command line asks for. Raises PyfixError."""
    refuse_text_that_is_no_entry(word, "-Me, -Fe, -Pe, -X, or -# accept no {}")
    pattern, value = word.lstrip(SPACE), ""
    if action == SET:
        pattern, value = split_assignment(word)
    elif "=" in word:
        raise PyfixError("-X or -# requires names without value")
    count, complaint = FORMS[kind]
    names = pattern.split("/")
    if len(names) != count or not all(names):
        raise PyfixError(complaint)
    request = Request(word, names[:2], names[-1], value)
    _CHECKS[kind](request, action)
    return request


def _check_service(request: Request, action: str) -> None:
    """A whole entry is given; its text becomes the lines to write."""
    if action != SET:
        return
    entry = parse_entry(request.value)
    if entry is None:
        raise PyfixError(f'bad field count: "{request.word}"')
    request.value = "\n".join(entry.format())
    request.made = entry.fields[:2]


def _check_field(request: Request, action: str) -> None:
    if request.target == ANY:
        raise PyfixError("-Fe does not accept wild-card field name")
    if request.target not in FIELDS:
        raise PyfixError(f'invalid service attribute name: "{request.target}"')
    if request.target != "command" and _has_space(request.value):
        raise PyfixError("-Fe does not accept whitespace in non-command field")


def _check_parameter(request: Request, action: str) -> None:
    if request.target == ANY:
        raise PyfixError("-Pe does not accept wild-card parameter name")
    if _has_space(request.value):
        raise PyfixError("-Pe does not accept whitespace in parameter value")


def _has_space(text: str) -> bool:
    return any(character in SPACE for character in text)


_CHECKS = {SERVICES: _check_service, FIELD: _check_field, PARAMETER: _check_parameter}


# -- whole entries ---------------------------------------------------------------------------


def edit_services(lines: Sequence[str], action: str, requests: Sequence[Request]) -> list[str]:
    """The edited lines: entries replaced (their doubles go), commented out or removed, new ones at the end."""

    def rule(line: str) -> str | list[str]:
        fitting = [request for request in requests if request.fits(line)]
        if not fitting:
            return KEEP
        if action != SET:
            return action
        # The last that was not written yet counts; an entry for which all are written is a double.
        fresh = [request for request in fitting if not request.count]
        for request in fitting:
            request.count += 1
        return fresh[-1].value.split("\n") if fresh else REMOVE

    edited = edit_entries(lines, rule)
    if action == SET:
        for request in requests:
            edited += [] if request.count else request.value.split("\n")
    return edited


# -- what is in an entry -----------------------------------------------------------------------


def rewrite_entries(
    lines: Sequence[str], kind: str, action: str, requests: Sequence[Request], path: str
) -> list[str]:
    """The lines with fields or parameters changed. Raises ConfigError for a bad entry that a request is about."""
    edited: list[str] = []
    for number, block in _blocks(lines):
        fitting = [request for request in requests if request.fits(block[0])]
        if not fitting or is_comment(block[0]) or is_continuation(block[0]):
            edited += block
            continue
        own = [line for line in block if not is_comment(line)]
        entry = parse_entry("".join(line + " " for line in own))
        if entry is None:
            raise ConfigError(f"file {path}: line {number}: bad field count")
        for request in fitting:
            request.count += 1
            _apply(entry, kind, action, request)
        edited += [line for line in block if is_comment(line)] + entry.format()
    return edited


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) of each entry, with the comments up to the next one; first what precedes all."""
    block: list[str] = []
    first = 1
    for number, line in enumerate(lines, 1):
        if not is_comment(line) and not is_continuation(line) and block:
            yield first, block
            block = []
        if not block:
            first = number
        block.append(line)
    if block:
        yield first, block


def _apply(entry: Entry, kind: str, action: str, request: Request) -> None:
    if kind == FIELD:
        entry.set_field(request.target, request.value)
    elif action == SET:
        entry.set_parameter(request.target, request.value)
    else:
        entry.remove_parameter(request.target)
