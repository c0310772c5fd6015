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
        self._known: dict[tuple[str, str], Resolved] = {}
        self._until = 0.0

    @property
    def asks_sender(self) -> bool:
        """Whether it may matter who sends."""
        return self._resolver.asks_sender

    async def is_own(self, domain: str) -> bool:
        """Whether mail for a domain is delivered on this system; TableFailure when it cannot be told."""
        return await self._domains.is_own(domain)

    async def resolve(self, address: str, sender: str = "") -> Resolved:
        """Where mail from a sender to an address (internal forms, as the client gave them) would go."""
        now = time.monotonic()
        if now > self._until or len(self._known) > MAX_KEPT:
            self._known.clear()
            self._until = now + KEPT
        key = (address, sender if self.asks_sender else "")
        found = self._known.get(key)
        if found is None:
            rewritten = self._rewriter.rewrite(address, LOCAL)
            found = await self._resolver.resolve(sender, rewritten)
            if not found.failure:
                self._known[key] = found
        return found
