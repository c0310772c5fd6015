"""What is known about an address: rewritten, resolved, remembered for a moment.

A client that names the same recipient again and again, or cleanup's neighbour the scheduler, should not cost a parse
and four list searches each time; tables may change, so nothing is remembered for longer than KEPT.
"""

from __future__ import annotations

import time

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.lookup import Waiter
from pyfixcli.rewrite.address_class import Domains
from pyfixcli.rewrite.resolve import Resolved, Resolver
from pyfixcli.rewrite.rewrite import LOCAL, Rewriter

KEPT = 1.0  # seconds
MAX_KEPT = 2000


class AddressFacts:
    """Asks the rewriter and the resolver of one view."""

    def __init__(
        self, config: Config, rewriter: Rewriter, resolver: Resolver, waiter: Waiter
    ) -> None:
        self._domains = Domains(config, waiter)
        self._rewriter = rewriter
        self._resolver = resolver
        self._known: dict[str, Resolved] = {}
        self._until = 0.0

    async def is_own(self, domain: str) -> bool:
        """Whether mail for a domain is delivered on this system; TableFailure when it cannot be told."""
        return await self._domains.is_own(domain)

    async def resolve(self, address: str) -> Resolved:
        """Where mail for an address (internal form, as the client gave it) would go."""
        now = time.monotonic()
        if now > self._until or len(self._known) > MAX_KEPT:
            self._known.clear()
            self._until = now + KEPT
        found = self._known.get(address)
        if found is None:
            rewritten = self._rewriter.rewrite(address, LOCAL)
            found = await self._resolver.resolve("", rewritten)
            if not found.failure:
                self._known[address] = found
        return found
