"""header_checks and the like: what the tables say of a header or a body line (header_checks(5))."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pyfixcli.cleanup.mapping import NOT_ACCEPTED, NotMapped
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import split_address
from pyfixcli.mail.content_action import EDITING, Case, Checked, keep
from pyfixcli.mail.dsn import split_dsn
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
    passes: bool = False  # neither tables nor milters look at what follows
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
        return self.is_final or self.passes or bool(self.redirect)

    @property
    def is_final(self) -> bool:
        """Whether nothing that follows matters any more."""
        return self.discard or self.refusal is not None


@dataclass(frozen=True, slots=True)
class IncomingCase(Case):
    """One of a message that comes in; ``effects`` are what is asked for the whole message."""

    effects: Effects
    is_of_milter: bool = False  # a header that a milter has made: there is nothing to pass by


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


def apply_action(case: IncomingCase, value: str) -> Checked:
    """Do what a table's value says."""
    word, *rest = value.split(None, 1) or [""]
    action = ACTIONS.get(word.upper())
    if action is None or (action is _pass and case.is_of_milter):
        what = "unsupported" if case.is_of_milter else "unknown"
        case.warn(f"{what} command in {case.name} map: {value}")
        return keep(case, value)
    return action(case, rest[0].lstrip() if rest else "")


def _reject(case: IncomingCase, text: str) -> Checked:
    dsn, why = split_dsn(text, "5.7.1")
    if dsn.startswith("2"):
        case.warn(f"bad DSN action in {text} -- need 4.x.x or 5.x.x")
        dsn = f"4{dsn[1:]}"
    case.effects.refusal = Refusal(dsn, why or REJECTED)
    case.note("reject", f"{dsn} {why or REJECTED}")
    return keep(case, text)


def _discard(case: IncomingCase, text: str) -> Checked:
    case.note("discard", text)
    case.effects.discard = True
    return keep(case, text)


def _hold(case: IncomingCase, text: str) -> Checked:
    if not case.effects.hold:
        case.note("hold", text)
    case.effects.hold = True
    return keep(case, text)


def _filter(case: IncomingCase, text: str) -> Checked:
    if not text:
        case.warn(f"missing FILTER command argument in {case.name} map")
    elif ":" not in text:
        case.warn(f"bad FILTER command {text} in {case.name} -- need transport:destination")
    else:
        case.effects.filter = text.rstrip()
        case.note("filter", text)
    return keep(case, text)


def _redirect(case: IncomingCase, text: str) -> Checked:
    if split_address(text)[1] is None:
        case.warn(f'bad REDIRECT target "{text}" in {case.name} map -- need user@domain')
    else:
        case.effects.redirect = text.rstrip()
        case.note("redirect", text)
    return keep(case, text)


def _bcc(case: IncomingCase, text: str) -> Checked:
    if split_address(text)[1] is None:
        case.warn(f'bad BCC address "{text}" in {case.name} map -- need user@domain')
    else:
        case.effects.copies.append(text.rstrip())
        case.note("bcc", text)
    return keep(case, text)


def _pass(case: IncomingCase, text: str) -> Checked:
    case.note("pass", text)
    case.effects.passes = True
    return keep(case, text)


ACTIONS: dict[str, Callable[[IncomingCase, str], Checked]] = {
    **EDITING,
    "REJECT": _reject,
    "DISCARD": _discard,
    "HOLD": _hold,
    "FILTER": _filter,
    "REDIRECT": _redirect,
    "BCC": _bcc,
    "PASS": _pass,
}
