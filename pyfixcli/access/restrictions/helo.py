"""Restrictions about the name that the client gives itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case, DnsStatus, Subject
from pyfixcli.access.restriction import Need, Outcome, Restriction, Table
from pyfixcli.access.restrictions.domain import find_mail_host
from pyfixcli.access.restrictions.search import search
from pyfixcli.mail.hostname import address_problem, is_hostname, literal_problem

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access


async def check_helo_access(access: Access, case: Case, argument: str) -> Outcome:
    """The name and its parent domains in a table."""
    return await search(
        access, case, argument, access.tables.domain_keys(case.helo), "check_helo_access"
    )


async def reject_invalid_helo_hostname(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse what is neither a host name nor an address literal (invalid_hostname_reject_code)."""
    code = access.config.invalid_hostname_reject_code
    if case.helo.startswith("["):
        if case.helo.endswith("]") and literal_problem(case.helo) is None:
            return None
        return access.refusals.reject(case, code, "5.5.2", "invalid ip address")
    if is_hostname(case.helo.removesuffix(".")) or _is_bare_address(case.helo):
        return None
    return access.refusals.reject(case, code, "5.5.2", "Invalid name")


async def reject_non_fqdn_helo_hostname(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a name without a dot (non_fqdn_reject_code)."""
    if case.helo.startswith("["):
        return None
    name = case.helo.removesuffix(".")
    if is_hostname(name) and "." in name:
        return None
    code = access.config.non_fqdn_reject_code
    return access.refusals.reject(case, code, "5.5.2", "need fully-qualified hostname")


async def reject_unknown_helo_hostname(access: Access, case: Case, argument: str) -> Outcome:
    """Refuse a name without address and mail host (unknown_hostname_reject_code)."""
    if case.helo.startswith("[") or _is_bare_address(case.helo):
        return None
    status = await find_mail_host(access.dns, case.helo.removesuffix("."))
    if status is DnsStatus.FOUND:
        return None
    if status is DnsStatus.FAILED:
        action = access.config.unknown_helo_hostname_tempfail_action
        return access.refusals.not_now(case, action, "4.7.1", "Host not found")
    code = access.config.unknown_hostname_reject_code
    return access.refusals.reject(case, code, "4.7.1", "Host not found")


def _is_bare_address(name: str) -> bool:
    return not address_problem(name)


TABLE: Table = {
    "check_helo_access": Restriction(check_helo_access, Subject.HELO, Need.TABLE, False),
    "reject_invalid_helo_hostname": Restriction(reject_invalid_helo_hostname, Subject.HELO),
    "reject_non_fqdn_helo_hostname": Restriction(reject_non_fqdn_helo_hostname, Subject.HELO),
    "reject_unknown_helo_hostname": Restriction(reject_unknown_helo_hostname, Subject.HELO),
}
# their old names
TABLE["reject_invalid_hostname"] = TABLE["reject_invalid_helo_hostname"]
TABLE["reject_non_fqdn_hostname"] = TABLE["reject_non_fqdn_helo_hostname"]
TABLE["reject_unknown_hostname"] = TABLE["reject_unknown_helo_hostname"]
