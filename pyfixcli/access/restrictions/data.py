"""Restrictions about the message as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case
from pyfixcli.access.restriction import Outcome, Restriction, Table

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def reject_multi_recipient_bounce(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a notice for several (multi_recipient_bounce_reject_code): real ones go to one sender."""
    if case.sender or case.recipient_count < 2:
        return None
    code = access.config.multi_recipient_bounce_reject_code
    return access.refusals.reject(case, code, "5.5.3", "Multi-recipient bounce")


async def reject_unauth_pipelining(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse who did not wait for a reply where it must be waited for (RFC 2920)."""
    if not case.is_pipelined:
        return None
    return access.refusals.reject(case, 503, "5.5.0", "Improper use of SMTP command pipelining")


TABLE: Table = {
    "reject_multi_recipient_bounce": Restriction(reject_multi_recipient_bounce),
    "reject_unauth_pipelining": Restriction(reject_unauth_pipelining),
}
