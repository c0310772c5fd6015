"""header_checks and the like: what the tables say of a header or a body line (header_checks(5))."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pyfixcli.cleanup.mapping import NOT_ACCEPTED, NotMapped
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import split_address
from pyfixcli.mail.dsn import split_dsn
from pyfixcli.mail.header import split_header
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.lookup import MapList, Waiter
from pyfixcli.maps.table import TableFailure

REJECTED = "message content rejected"


class Refusal(NamedTuple):
    """Why the content is refused: enhanced status code, text; whether it is returned whole all the same."""

    dsn: str
    text: str
    is_whole: bool = False


@dataclass(slots=True)
class Effects:
    """What checks and access tables have asked for, for the whole message."""

    hold: bool = False
    discard: bool = False
    filter: str = ""  # transport:destination
    redirect: str = ""
    copies: list[str] = field(default_factory=list)
    refusal: Refusal | None = None
    fault: Refusal | None = None  # in the structure of the message

    @property
    def drops_body(self) -> bool:
        """Whether nobody will see the body."""
        refusal = self.verdict
        return self.discard or (refusal is not None and not refusal.is_whole)

    @property
    def verdict(self) -> Refusal | None:
        """Why the message is refused."""
        return self.refusal or self.fault

    @property
    def ends_checks(self) -> bool:
        """Whether tables are not asked any more."""
        return self.is_final or bool(self.redirect)

    @property
    def is_final(self) -> bool:
        """Whether nothing that follows matters any more."""
        return self.discard or self.refusal is not None


class Check(NamedTuple):
    """What a header becomes: ``before`` goes out ahead of it, ``header`` is None when it goes."""

    before: str
    header: bytes | None


@dataclass(frozen=True, slots=True)
class Case:
    """A header or a line under judgement: ``note(action, text)`` logs, ``warn`` is about the table."""

    name: str
    is_header: bool
    effects: Effects
    note: Callable[[str, str], None]
    warn: Callable[[str], None]
    header: bytes


class ContentChecks:
    """The tables of one of the *_checks parameters."""

    def __init__(self, config: Config, name: str, waiter: Waiter) -> None:
        self._maps = MapList(config, config.text(name), name)
        self._waiter = waiter
        self.name = name

    def __bool__(self) -> bool:
        return bool(self._maps)

    async def find(self, octets: bytes) -> str | None:
        """What the tables say of a header, whose lines are joined by newlines, or of a line. Raises NotMapped."""
        text = octets.decode("utf-8", "surrogateescape")
        try:
            return await self._maps.find(text, self._waiter)
        except TableFailure as error:
            line = f"{self.name} map lookup problem -- {NOT_ACCEPTED}"
            raise NotMapped(line, about_tables=complaints(str(error), text)) from error


def apply_action(case: Case, value: str) -> Check:
    """Do what a table's value says."""
    word, *rest = value.split(None, 1) or [""]
    action = ACTIONS.get(word.upper())
    if action is None:
        case.warn(f"unknown command in {case.name} map: {value}")
        return Check("", case.header)
    return action(case, rest[0].strip() if rest else "")


def _reject(case: Case, text: str) -> Check:
    dsn, why = split_dsn(text, "5.7.1")
    case.effects.refusal = Refusal(dsn, why or REJECTED)
    case.note("reject", f"{dsn} {why or REJECTED}")
    return Check("", case.header)


def _discard(case: Case, text: str) -> Check:
    case.note("discard", text)
    case.effects.discard = True
    return Check("", case.header)


def _hold(case: Case, text: str) -> Check:
    if not case.effects.hold:
        case.note("hold", text)
    case.effects.hold = True
    return Check("", case.header)


def _warn(case: Case, text: str) -> Check:
    case.note("warning", text)
    return Check("", case.header)


def _info(case: Case, text: str) -> Check:
    case.note("info", text)
    return Check("", case.header)


def _strip(case: Case, text: str) -> Check:
    case.note("strip", text)
    return Check("", None)


def _ignore(case: Case, text: str) -> Check:
    return Check("", None)


def _pass(case: Case, text: str) -> Check:
    return Check("", case.header)


def _filter(case: Case, text: str) -> Check:
    if not text:
        case.warn(f"missing FILTER command argument in {case.name} map")
    elif ":" not in text:
        case.warn(f"bad FILTER command {text} in {case.name} -- need transport:destination")
    else:
        case.effects.filter = text
        case.note("filter", text)
    return Check("", case.header)


def _redirect(case: Case, text: str) -> Check:
    if split_address(text)[1] is None:
        case.warn(f'bad REDIRECT target "{text}" in {case.name} map -- need user@domain')
    else:
        case.effects.redirect = text
        case.note("redirect", text)
    return Check("", case.header)


def _bcc(case: Case, text: str) -> Check:
    if split_address(text)[1] is None:
        case.warn(f'bad BCC target "{text}" in {case.name} map -- need user@domain')
    else:
        case.effects.copies.append(text)
        case.note("bcc", text)
    return Check("", case.header)


def _prepend(case: Case, text: str) -> Check:
    if not _is_usable(case, "PREPEND", text):
        return Check("", case.header)
    case.note("prepend", text)
    return Check(text, case.header)


def _replace(case: Case, text: str) -> Check:
    if not _is_usable(case, "REPLACE", text):
        return Check("", case.header)
    case.note("replace", text)
    return Check("", text.encode("utf-8", "surrogateescape"))


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


ACTIONS: dict[str, Callable[[Case, str], Check]] = {
    "REJECT": _reject,
    "DISCARD": _discard,
    "HOLD": _hold,
    "WARN": _warn,
    "INFO": _info,
    "STRIP": _strip,
    "IGNORE": _ignore,
    "DUNNO": _pass,
    "OK": _pass,
    "FILTER": _filter,
    "REDIRECT": _redirect,
    "BCC": _bcc,
    "PREPEND": _prepend,
    "REPLACE": _replace,
}
