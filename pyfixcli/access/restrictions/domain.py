"""What the DNS says about the domain of an address or a greeting."""

from __future__ import annotations

from pyfixcli.access.facts import Dns, DnsStatus

NULL_MX = ""  # RFC 7505


async def find_mail_host(dns: Dns, domain: str) -> DnsStatus:
    """Whether mail for a domain has somewhere to go: MX, A or AAAA."""
    status = DnsStatus.NO_NAME
    for kind in ("MX", "A", "AAAA"):
        answer = await dns.lookup(domain, kind)
        if answer.status is DnsStatus.FOUND:
            return DnsStatus.FOUND
        if answer.status is DnsStatus.FAILED:
            status = DnsStatus.FAILED
    return status


async def has_null_mx(dns: Dns, domain: str) -> bool:
    """Whether a domain says that it takes no mail."""
    answer = await dns.lookup(domain, "MX")
    return len(answer.records) == 1 and answer.records[0][1] == NULL_MX
