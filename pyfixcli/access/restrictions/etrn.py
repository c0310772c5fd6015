"""Restrictions about ETRN (RFC 1985)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case, Subject
from pyfixcli.access.restriction import Need, Outcome, Restriction, Table
from pyfixcli.access.restrictions.search import search

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def check_etrn_access(access: Access, case: Case, argument: str) -> Outcome:
    """The domain and its parents in a table."""
    keys = access.tables.domain_keys(case.recipient or "")
    return await search(access, case, argument, keys, "check_etrn_access")


TABLE: Table = {
    "check_etrn_access": Restriction(check_etrn_access, Subject.ETRN, Need.TABLE, False)
}
