"""The envelope after cleanup: rewritten addresses, without duplicates."""

from __future__ import annotations

from pyfixcli.config.snapshot import Config
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.rewrite.rewrite import Rewriter


class RecipientList:
    """Collects recipients; the same address, asked for in the same way, is taken once."""

    def __init__(self, config: Config, rewriter: Rewriter, origin: Origin) -> None:
        self._rewriter = rewriter
        self._origin = origin
        self._keep_original = config.enable_original_recipient
        self._limit = config.duplicate_filter_limit
        self._seen: set[tuple[str, str, int, str]] = set()
        self.recipients: list[Recipient] = []

    def add(self, recipient: Recipient) -> None:
        """A recipient as it was given."""
        context = self._origin.rewrite_context
        address = self._rewriter.rewrite(recipient.address, context)
        original = recipient.original or recipient.address
        given = original.lower() if self._keep_original else ""
        key = (address.lower(), given, recipient.notify, recipient.orcpt)
        if key in self._seen:
            return
        if len(self._seen) < self._limit:
            self._seen.add(key)
        self.recipients.append(
            Recipient(
                address,
                original if original != address else "",
                recipient.notify,
                recipient.orcpt,
            )
        )
