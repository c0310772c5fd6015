"""A resolver for processes with a loop: MX and address records, within a deadline.

Outcomes are values: an Answer says whether the name exists, has such records, or could not be asked. Equal
questions that are asked at the same time go out once.
"""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

LIFETIME = 30.0  # seconds for a question, over all servers and repetitions
MAX_RECORDS = 100  # of an answer; what is beyond is not looked at


class Found(enum.Enum):
    """What came of a question."""

    RECORDS = "records"
    NO_DATA = "no data"  # the name exists, with no records of this type
    NO_NAME = "no name"
    FAILED = "failed"  # no answer, or a refusal: to be asked again


@dataclass(frozen=True, slots=True)
class Answer:
    """``records`` in text form: addresses, or ``(preference, host)`` for MX; ``problem`` is for people."""

    found: Found
    records: tuple[str, ...] = ()
    exchanges: tuple[tuple[int, str], ...] = ()
    problem: str = ""


class DnsResolver:
    """Asks the servers of resolv.conf, or those that ``resolver`` knows.

    ``lifetime`` is how long a question may take, in seconds: what does not fit it is asked again until then.
    """

    def __init__(
        self, resolver: dns.asyncresolver.Resolver | None = None, lifetime: float = LIFETIME
    ) -> None:
        self._resolver = resolver
        self._lifetime = lifetime
        self._asked: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    async def lookup(self, name: str, kind: str) -> Answer:
        """Records of type ``kind`` (MX, A, AAAA) of a domain name."""
        key = (name.lower(), kind)
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(name, kind))
            self._asked[key] = task
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, name: str, kind: str) -> Answer:
        if self._resolver is None:
            try:
                self._resolver = dns.asyncresolver.Resolver()
            except dns.resolver.NoResolverConfiguration as error:
                return Answer(Found.FAILED, problem=str(error))
        about = f"Host or domain name not found. Name service error for name={name} type={kind}: "
        try:
            reply = await self._resolver.resolve(
                name, kind, lifetime=self._lifetime, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return Answer(Found.NO_NAME, problem=about + "Host not found")
        except dns.exception.DNSException:
            return Answer(Found.FAILED, problem=about + "Host not found, try again")
        if reply.rrset is None:
            text = about + "Host found but no data record of requested type"
            return Answer(Found.NO_DATA, problem=text)
        records = list(reply.rrset)[:MAX_RECORDS]
        if reply.rdtype == dns.rdatatype.MX:
            found = ((int(r.preference), _host(r.exchange)) for r in records)
            return Answer(Found.RECORDS, exchanges=tuple(found))
        return Answer(Found.RECORDS, tuple(r.to_text() for r in records))


def _host(name: dns.name.Name) -> str:
    """A host name without its final dot; empty for the root, which is the null MX (RFC 7505)."""
    return name.to_text(omit_final_dot=True).removesuffix(".")
