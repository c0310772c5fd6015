"""Restrictions about the sender address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case, Subject
from pyfixcli.access.restriction import Need, Outcome, Restriction, Table
from pyfixcli.access.restrictions.address import check_access, refuse_short, refuse_unknown_domain

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def check_sender_access(access: Access, case: Case, argument: str) -> Outcome:
    """The sender in a table."""
    return await check_access(access, case, argument, case.sender or "")


async def reject_non_fqdn_sender(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a sender without a full domain."""
    return refuse_short(access, case, case.sender or "")


async def reject_unknown_sender_domain(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a sender whose domain nobody can answer to."""
    return await refuse_unknown_domain(access, case, case.sender or "")


async def reject_unlisted_sender(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a sender in one of our domains that does not exist."""
    return await access.unlisted(case, case.sender or "")


TABLE: Table = {
    "check_sender_access": Restriction(check_sender_access, Subject.SENDER, Need.TABLE, False),
    "reject_non_fqdn_sender": Restriction(reject_non_fqdn_sender, Subject.SENDER),
    "reject_unknown_sender_domain": Restriction(reject_unknown_sender_domain, Subject.SENDER),
    "reject_unlisted_sender": Restriction(reject_unlisted_sender, Subject.SENDER),
}
TABLE["reject_unknown_address"] = TABLE["reject_unknown_sender_domain"]  # its old name
