"""Restrictions about where a recipient's mail would go: no open relay (SMTPD_ACCESS_README)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case, Subject
from pyfixcli.access.restriction import PERMIT, Outcome, Restriction, Table
from pyfixcli.mail.address import split_address
from pyfixcli.maps.table import TableFailure
from pyfixcli.rewrite.address_class import AddressClass

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access

_ROUTING = frozenset("@%!")


async def is_ours(access: Access, case: Case) -> bool:
    """Whether the recipient is in one of our domains, without sender-specified routing elsewhere.

    TableFailure when a table cannot tell.
    """
    resolved = await access.addresses.resolve(case.recipient or "", case.sender or "")
    if resolved.failure:
        raise TableFailure("")  # the resolver said why
    if resolved.address_class is AddressClass.DEFAULT:
        return False
    local, _ = split_address(resolved.recipient)
    if resolved.address_class is AddressClass.LOCAL:
        return "@" not in local
    return access.config.allow_untrusted_routing or _ROUTING.isdisjoint(local)


async def permit_auth_destination(access: Access, case: Case, argument: str) -> Outcome:
    """Accept mail for our own domains."""
    return PERMIT if await is_ours(access, case) else None


async def reject_unauth_destination(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse mail for other domains (relay_domains_reject_code)."""
    return await _relay(access, case, access.config.relay_domains_reject_code)


async def defer_unauth_destination(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse it for now."""
    return await _relay(access, case, access.config.relay_domains_reject_code - 100)


async def _relay(access: Access, case: Case, code: int) -> Outcome:
    if await is_ours(access, case):
        return None
    text = f"<{case.recipient}>: Relay access denied"
    return access.refusals.refuse(case, code, "5.7.1", text)


TABLE: Table = {
    "permit_auth_destination": Restriction(permit_auth_destination, Subject.RECIPIENT),
    "reject_unauth_destination": Restriction(reject_unauth_destination, Subject.RECIPIENT),
    "defer_unauth_destination": Restriction(defer_unauth_destination, Subject.RECIPIENT),
}
