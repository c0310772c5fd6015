"""What a restriction is: a row of a table, a coroutine, and its outcome."""

from __future__ import annotations

import enum
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from pyfixcli.access.facts import Case, Subject
from pyfixcli.mail.reply import Reply

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


class Permit(enum.Enum):
    """The rest of the list does not matter."""

    PERMIT = "permit"


PERMIT = Permit.PERMIT
Outcome = Reply | Permit | None  # None: go on with the next restriction
Check = Callable[["Access", Case, str], Coroutine[Any, Any, Outcome]]


class Need(enum.Enum):
    """What follows the name of a restriction."""

    NOTHING = ""
    TABLE = "maptype:mapname"
    DOMAIN = "domain name"
    RESTRICTION = "restriction"
    NUMBER = "number"


class Restriction(msgspec.Struct, frozen=True):
    """A named restriction. It is left out while ``subject``'s value is not known yet."""

    check: Check
    subject: Subject | None = None  # None: whatever the list is about
    need: Need = Need.NOTHING
    is_logged: bool = True  # smtpd_log_access_permit_actions; tables and classes log by themselves


class Step(msgspec.Struct, frozen=True):
    """A restriction in a list, with its argument; ``warns`` after warn_if_reject."""

    name: str
    restriction: Restriction
    argument: str = ""
    warns: bool = False


Table = dict[str, Restriction]
