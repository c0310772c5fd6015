"""Restrictions about the recipient address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case, Subject
from pyfixcli.access.restriction import Need, Outcome, Restriction, Table
from pyfixcli.access.restrictions.address import check_access, refuse_short, refuse_unknown_domain

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def check_recipient_access(access: Access, case: Case, argument: str) -> Outcome:
    """The recipient in a table."""
    return await check_access(access, case, argument, case.recipient or "")


async def reject_non_fqdn_recipient(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a recipient without a full domain; ``postmaster`` alone is fine (RFC 5321)."""
    recipient = case.recipient or ""
    if recipient.lower() == "postmaster":
        return None
    return refuse_short(access, case, recipient)


async def reject_unknown_recipient_domain(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a recipient whose domain has no mail host."""
    return await refuse_unknown_domain(access, case, case.recipient or "")


async def reject_unlisted_recipient(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a recipient in one of our domains that does not exist."""
    return await access.unlisted(case, case.recipient or "")


TABLE: Table = {
    "check_recipient_access": Restriction(
        check_recipient_access, Subject.RECIPIENT, Need.TABLE, False
    ),
    "reject_non_fqdn_recipient": Restriction(reject_non_fqdn_recipient, Subject.RECIPIENT),
    "reject_unknown_recipient_domain": Restriction(
        reject_unknown_recipient_domain, Subject.RECIPIENT
    ),
    "reject_unlisted_recipient": Restriction(reject_unlisted_recipient, Subject.RECIPIENT),
}
TABLE["check_recipient_maps"] = TABLE["reject_unlisted_recipient"]  # its old name
