"""The DNS as restrictions see it (access/facts.py), answered by the resolver of an edge process."""

from __future__ import annotations

from pyfixcli.access.facts import DnsAnswer, DnsStatus
from pyfixcli.dns.resolver import DnsResolver, Found

_STATUS = {
    Found.RECORDS: DnsStatus.FOUND,
    Found.NO_DATA: DnsStatus.NO_DATA,
    Found.NO_NAME: DnsStatus.NO_NAME,
    Found.FAILED: DnsStatus.FAILED,
}


class MailDns:
    """Asks for records of domains; waits on the loop, so that a server that does not answer holds up nobody else."""

    def __init__(self) -> None:
        self._resolver = DnsResolver()

    async def lookup(self, name: str, kind: str) -> DnsAnswer:
        """Records of a domain; FAILED when it cannot be told now."""
        answer = await self._resolver.lookup(name, kind)
        records = answer.exchanges or tuple((0, record) for record in answer.records)
        return DnsAnswer(_STATUS[answer.found], records)
