"""virtual(8): one delivery to mailboxes that tables name, for users that the system does not know.

Diagnostics: unknown recipients and full mailboxes are bounced, everything else is deferred. A configuration that the
service cannot work with is logged as a fatal error, and its mail waits.

Bugs: the extension of an address is not passed on to the mailbox.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.base.privilege import RightsRefused
from pyfixcli.delivery.agent import (
    PROBES,
    AgentContext,
    ContentReader,
    Outcome,
    bounced,
    deferred,
    report,
    sent,
)
from pyfixcli.delivery.mailbox import Mailbox, Prepended, append_message
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.delivery.status_filter import filter_status
from pyfixcli.delivery.virtual.settings import VirtualSettings, read_settings
from pyfixcli.delivery.virtual.tables import MailboxTables, Place, Unusable
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient
from pyfixcli.maps.folding import fold_key
from pyfixcli.maps.lookup import MapList

BROKEN_SERVICE = deferred("4.3.0", "unknown mail transport error")
BAD_TABLES = deferred("4.3.5", "mail system configuration error")
FAILURE = "4.2.0"  # a problem with a mailbox that has no code of its own


class VirtualAgent:
    """Delivers for one service of master.cf, whatever its name."""

    def __init__(self, context: AgentContext) -> None:
        self._context = context
        self._opened_tables: MailboxTables | None = None
        name = "virtual_delivery_status_filter"
        self._filter = MapList(context.config, context.config.text(name), name, fold=False)

    async def deliver(
        self, request: DeliveryRequest, content: ContentReader
    ) -> list[DeliveryResult]:
        """A result for each recipient, each logged."""
        try:
            settings = read_settings(self._context.config)
        except ConfigError as error:
            self._context.log.fatal(self._context.service, str(error))
            return self._refuse(request)
        return [
            await self._deliver(request, recipient, content, settings)
            for recipient in request.recipients
        ]

    def _refuse(self, request: DeliveryRequest) -> list[DeliveryResult]:
        now = self._context.clock.now()
        return [
            report(self._context, request, recipient, BROKEN_SERVICE, "none", now)
            for recipient in request.recipients
        ]

    async def _deliver(
        self,
        request: DeliveryRequest,
        recipient: RequestRecipient,
        content: ContentReader,
        settings: VirtualSettings,
    ) -> DeliveryResult:
        started = self._context.clock.now()
        outcome = await self._attempt(request, recipient, content, settings)
        if self._filter and not request.flags & PROBES:
            outcome = await filter_status(self._context, self._filter, outcome)
        return report(self._context, request, recipient, outcome, request.service, started)

    async def _attempt(
        self,
        request: DeliveryRequest,
        recipient: RequestRecipient,
        content: ContentReader,
        settings: VirtualSettings,
    ) -> Outcome:
        address = fold_key(recipient.address)
        try:
            place = await self._tables(settings).find(address)
        except Unusable:
            return BAD_TABLES
        if place is None:
            return bounced("5.1.1", f'unknown user: "{address}"')
        path = f"{settings.base}/{place.path}"
        if request.flags & PROBES:
            return sent(f"delivers to {'maildir' if path.endswith('/') else 'mailbox'}")
        try:
            return await self._store(
                path, place, _prepended(request, recipient, settings), content, settings
            )
        except RightsRefused as refused:
            self._warn(f"recipient {address}: {refused}")
            return BAD_TABLES

    def _tables(self, settings: VirtualSettings) -> MailboxTables:
        """The tables, opened once; Unusable as long as one cannot be opened."""
        if self._opened_tables is None:
            try:
                self._opened_tables = MailboxTables(self._context, settings.minimum_uid)
            except ConfigError as error:
                self._warn(str(error))
                raise Unusable from error
        return self._opened_tables

    async def _store(
        self,
        path: str,
        place: Place,
        prepended: Prepended,
        content: ContentReader,
        settings: VirtualSettings,
    ) -> Outcome:
        if path.endswith("/"):
            return await deliver_maildir(
                path,
                place.rights,
                prepended,
                content,
                settings.hostname,
                self._warn,
                size_limit=settings.size_limit,
                failure=FAILURE,
                durable=self._context.durable,
            )
        mailbox = Mailbox(
            path=path,
            user=prepended.delivered,
            rights=place.rights,
            in_spool=False,
            size_limit=settings.size_limit,
            locks=settings.locks,
            strict_owner=settings.strict_owner,
            complaint=f"delivery failed to mailbox {path}: ",
            failure=FAILURE,
            warn=self._warn,
        )
        self._context.durable.hurry()  # others may hold the lock
        return append_message(mailbox, prepended, content, self._context.clock.now())

    def _warn(self, text: str) -> None:
        self._context.log.warning(self._context.service, text)


def _prepended(
    request: DeliveryRequest, recipient: RequestRecipient, settings: VirtualSettings
) -> Prepended:
    original = recipient.original or recipient.address
    return Prepended(request.sender, original if settings.has_original else "", recipient.address)
