"""Restrictions that fit any list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case
from pyfixcli.access.restriction import PERMIT, Outcome, Restriction, Table

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def permit(access: Access, case: Case, argument: str) -> Outcome:
    """Accept without looking further."""
    return PERMIT


async def reject(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse (reject_code)."""
    return access.refusals.reject(case, access.config.reject_code, "5.7.1", "Access denied")


async def defer(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse for now (defer_code)."""
    return access.refusals.reject(case, access.config.defer_code, "4.7.1", "Access denied")


async def defer_if_permit(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse for now what nothing else refuses."""
    return access.refusals.defer(case, 450, "4.7.0", "defer_if_permit requested")


async def defer_if_reject(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse for now what would be refused for good."""
    access.refusals.soften(case, 450, "4.7.0", "defer_if_reject requested")
    return None


TABLE: Table = {
    "permit": Restriction(permit),
    "reject": Restriction(reject),
    "defer": Restriction(defer),
    "defer_if_permit": Restriction(defer_if_permit),
    "defer_if_reject": Restriction(defer_if_reject),
}
