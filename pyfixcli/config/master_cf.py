"""Reading master.cf (master(5))."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.lines import logical_lines

TYPES = ("inet", "unix", "fifo", "pass", "unix-dgram")
FLAGS = {"y": True, "n": False}


@dataclass(frozen=True, slots=True)
class Service:
    """One line of master.cf.

    ``wakeup`` in seconds (0: never), ``maxproc`` 0 for no limit and -1 for the default.
    ``overrides`` are the ``-o`` assignments, ``arguments`` everything after the command.
    """

    name: str
    type: str
    private: bool
    unprivileged: bool
    chroot: bool
    wakeup: int
    wakeup_if_active: bool
    maxproc: int
    command: str
    arguments: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...]
    line: int


def read_services(directory: str) -> list[Service]:
    """The services of an instance, in order. Raises ConfigError with file and line."""
    path = directory.rstrip("/") + "/master.cf"
    services: list[Service] = []
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            for _, last, text in logical_lines(stream):
                services.append(parse_service(path, last, text))
    except OSError as error:
        raise ConfigError(f"open {path}: {error.strerror}") from error
    return services


def parse_service(path: str, line: int, text: str) -> Service:
    """A logical line of master.cf as a Service; ConfigError with the reference's words."""
    where = f"{path}: line {line}"
    if text[0] in " \t":
        raise ConfigError(f"{where}: unexpected leading whitespace")
    words = split_words(where, text)
    if len(words) < 8:
        raise ConfigError(f"{where}: bad field count")
    name, kind, private, unprivileged, chroot, wakeup, maxproc, command, *arguments = words
    if kind not in TYPES:
        raise ConfigError(f'{where}: bad transport type: "{kind}"')
    seconds, if_active = _wakeup(where, wakeup)
    return Service(
        name=name,
        type=kind,
        private=_flag(where, "private", private, True),
        unprivileged=_flag(where, "unprivileged", unprivileged, True),
        chroot=_flag(where, "chroot", chroot, False),
        wakeup=seconds,
        wakeup_if_active=if_active,
        maxproc=_maxproc(where, maxproc),
        command=command,
        arguments=tuple(arguments),
        overrides=tuple(_overrides(where, arguments)),
        line=line,
    )


def split_words(where: str, text: str) -> list[str]:
    """Words of a line; ``{ ... }`` is one word without its braces and outer blanks."""
    words: list[str] = []
    rest = text.strip(" \t\r\n")
    while rest:
        if rest[0] == "{":
            end = _closing(where, rest)
            words.append(rest[1:end].strip(" \t"))
            rest = rest[end + 1 :].lstrip(" \t\r\n")
            continue
        end = _word_end(rest)
        words.append(rest[:end])
        rest = rest[end:].lstrip(" \t\r\n")
    return words


def _word_end(text: str) -> int:
    """The length of the first word; blanks between braces belong to it (``name={two words}``)."""
    depth = 0
    for index, character in enumerate(text):
        if character in " \t\r\n" and not depth:
            return index
        depth += (character == "{") - (character == "}" and depth > 0)
    return len(text) if not depth else len(text.split(None, 1)[0])


def _closing(where: str, text: str) -> int:
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth:
            return index
    raise ConfigError(f"{where}: missing '}}'")


def _flag(where: str, column: str, value: str, default: bool) -> bool:
    if value == "-":
        return default
    if value not in FLAGS:
        raise ConfigError(f'{where}: field "{column}": bad value: "{value}"')
    return FLAGS[value]


def _wakeup(where: str, value: str) -> tuple[int, bool]:
    if value == "-":
        return 0, False
    digits = value.removesuffix("?")
    if not digits.isdigit():
        raise ConfigError(f'{where}: field "wakeup time": bad value: "{value}"')
    return int(digits), value.endswith("?")


def _maxproc(where: str, value: str) -> int:
    if value == "-":
        return -1
    if not value.isdigit():
        raise ConfigError(f'{where}: field "max_proc": bad value: "{value}"')
    return int(value)


def _overrides(where: str, arguments: list[str]) -> list[tuple[str, str]]:
    """The ``-o name=value`` arguments; they come before all that begins with no ``-``."""
    found: list[tuple[str, str]] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "-o" and rest:
            text = rest.pop(0)
        elif word.startswith("-o") and len(word) > 2:
            text = word[2:]
        elif word.startswith("-"):
            continue
        else:
            break
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f'{where}: bad -o argument: "{text}"')
        found.append((name.strip(), value.strip()))
    return found
