"""Actions of header_checks(5) and body_checks that change or log a header or a line, in mail that comes in and that goes out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pyfixcli.mail.header import split_header


class Checked(NamedTuple):
    """What a header or line becomes: text that goes ahead of it, and what is left of it, or None."""

    before: str
    text: bytes | None


@dataclass(frozen=True, slots=True)
class Case:
    """A header or a line under judgement: ``note(action, text)`` logs, ``warn`` is about the table called ``name``."""

    name: str
    is_header: bool
    text: bytes
    note: Callable[[str, str], None]
    warn: Callable[[str], None]


def keep(case: Case, text: str) -> Checked:
    """DUNNO, OK."""
    return Checked("", case.text)


def _warn(case: Case, text: str) -> Checked:
    case.note("warning", text)
    return keep(case, text)


def _info(case: Case, text: str) -> Checked:
    case.note("info", text)
    return keep(case, text)


def _strip(case: Case, text: str) -> Checked:
    case.note("strip", text)
    return Checked("", None)


def _ignore(case: Case, text: str) -> Checked:
    return Checked("", None)


def _prepend(case: Case, text: str) -> Checked:
    if not _is_usable(case, "PREPEND", text):
        return keep(case, text)
    case.note("prepend", text)
    return Checked(_whole(case, text), case.text)


def _replace(case: Case, text: str) -> Checked:
    if not _is_usable(case, "REPLACE", text):
        return keep(case, text)
    case.note("replace", text)
    return Checked("", _whole(case, text).encode("utf-8", "surrogateescape"))


def _whole(case: Case, text: str) -> str:
    """The text as one header: whatever a pattern has taken over from a folded one, no line ends it or begins another."""
    return re.sub(r"\n(?![ \t])", "\n\t", text) if case.is_header else text


def _is_usable(case: Case, action: str, text: str) -> bool:
    """Whether text can stand where a header or a line does."""
    if not text:
        case.warn(f"{action} action without text in {case.name} map")
        return False
    if not case.is_header or split_header(text.encode("utf-8", "surrogateescape")) is not None:
        return True
    need = 'need "headername: headervalue"'
    case.warn(f'bad {action} header text "{text}" in {case.name} map -- {need}')
    return False


EDITING: dict[str, Callable[[Case, str], Checked]] = {
    "DUNNO": keep,
    "OK": keep,
    "WARN": _warn,
    "INFO": _info,
    "STRIP": _strip,
    "IGNORE": _ignore,
    "PREPEND": _prepend,
    "REPLACE": _replace,
}
