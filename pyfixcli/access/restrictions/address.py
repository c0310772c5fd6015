"""Checks that are the same for sender and recipient addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.access.facts import Case, DnsStatus, Subject
from pyfixcli.access.restriction import Outcome
from pyfixcli.access.restrictions.domain import find_mail_host, has_null_mx
from pyfixcli.access.restrictions.search import search
from pyfixcli.mail.address import split_address
from pyfixcli.mail.hostname import is_hostname
from pyfixcli.rewrite.address_class import AddressClass

if TYPE_CHECKING:
    from pyfixcli.access.evaluate import Access

NULL_MX_CODES = {Subject.SENDER: (550, "5.7.27"), Subject.RECIPIENT: (556, "5.1.10")}


async def check_access(access: Access, case: Case, table: str, address: str) -> Outcome:
    """An address in a table, by its several keys."""
    name = f"check_{case.subject.name.lower()}_access"
    return await search(access, case, table, access.tables.mail_keys(address), name)


def refuse_short(access: Access, case: Case, address: str) -> Outcome:
    """Refuse an address whose domain is missing or has no dot (non_fqdn_reject_code)."""
    if not address or _is_full(address):
        return None
    code = access.config.non_fqdn_reject_code
    return access.refusals.reject(case, code, "5.5.2", "need fully-qualified address")


def _is_full(address: str) -> bool:
    _, domain = split_address(address)
    if domain is None:
        return False
    return domain.startswith("[") or ("." in domain and is_hostname(domain))


async def refuse_unknown_domain(access: Access, case: Case, address: str) -> Outcome:
    """Refuse an address elsewhere whose domain has no mail host (unknown_address_reject_code)."""
    _, domain = split_address(address)
    if domain is None or domain.startswith("["):
        return None
    resolved = await access.addresses.resolve(address)
    if resolved.address_class is not AddressClass.DEFAULT:
        return None
    domain = domain.removesuffix(".")
    if await has_null_mx(access.dns, domain):
        code, dsn = NULL_MX_CODES[case.subject]
        why = f"Domain {domain} does not accept mail (nullMX)"
        return access.refusals.reject_domain(case, code, dsn, why)
    status = await find_mail_host(access.dns, domain)
    if status is DnsStatus.FOUND:
        return None
    dsn = "4.1.8" if case.subject is Subject.SENDER else "4.1.2"
    if status is DnsStatus.FAILED:
        action = access.config.unknown_address_tempfail_action
        return access.refusals.not_now(case, action, dsn, "Domain not found")
    code = access.config.unknown_address_reject_code
    return access.refusals.reject(case, code, dsn, "Domain not found")
