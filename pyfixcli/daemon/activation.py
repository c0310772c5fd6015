"""Taking messages up for an attempt: recipients are read in pieces, resolved, and scheduled.

Data flow: queue id -> StoredMessage -> Message in the active queue -> RequestRecipient -> Entry in the scheduler.
A message with very many recipients is read on as its deliveries end, so that memory stays within
qmgr_message_recipient_limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.delivery.agent import WORDS
from pyfixcli.log.maillog import active_line, delivery_line
from pyfixcli.mail.address import split_address
from pyfixcli.mail.delivery import DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_EXPIRED
from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.message import Message
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.reader import PendingRecipient
from pyfixcli.rewrite.address_class import AddressClass
from pyfixcli.rewrite.recipient_order import by_domain
from pyfixcli.rewrite.resolve import Resolved, filter_route

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

Route = tuple[str, str, str]  # transport, next hop, destination
SUSPENDED = "delivery temporarily suspended: "
EXPIRED = "4.7.0 message is administratively expired"
DISCARDED = "undeliverable postmaster notification discarded"


class Activation:
    """Fills the active queue of a process."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._recipients = 0  # of all messages, read and without a result
        self._filling: set[int] = set()  # id() of messages

    async def activate(self, queue_id: str, index_key: bytes = b"", flushed: bool = False) -> None:
        """Take a message up, unless it is active or not to be delivered.

        ``flushed``: somebody asked for it, so that defer_transports does not hold it back.
        """
        process = self._process
        if queue_id in process.active:
            return
        try:
            stored = process.reader.message(queue_id)
        except codec.CorruptRecord as error:
            await self._set_aside(queue_id, index_key, str(error))
            return
        if stored is None or stored.queue not in (schema.INCOMING, schema.DEFERRED):
            return
        envelope = stored.envelope
        message = Message(
            queue_id,
            stored.attempt + 1,
            envelope.sender,
            envelope.arrival_time,
            process.clock.now(),
            envelope=envelope,
            flags=envelope.flags,
            flushed=flushed,
            index_key=index_key,
            unread=process.reader.pending(stored),
        )
        process.active[queue_id] = message
        if not envelope.refusal:
            line = active_line(envelope.sender, envelope.size, envelope.total_recipients)
            process.log.info("qmgr", f"{queue_id}: {line}")
        message.claimed = process.claims.take_up(message, stored)
        self._recipients += message.outstanding
        await self.fill(message)

    async def fill(self, message: Message) -> None:
        """Read on in the recipients while there is room for them."""
        if id(message) in self._filling:
            return
        self._filling.add(id(message))
        try:
            while message.unread is not None and self._has_room(message):
                piece = next(message.unread, None)
                if piece is None:
                    message.unread = None
                    break
                fresh = self._fresh(message, piece)
                if message.envelope.refusal:
                    self._refuse(message, fresh)
                elif message.flags & FLAG_EXPIRED:
                    self._expire(message, fresh)
                else:
                    await self._schedule(message, fresh)
        except codec.CorruptRecord as error:
            await self._give_up(message, str(error))
            return
        finally:
            self._filling.discard(id(message))
        if self._process.active.get(message.queue_id) is not message:
            return  # cancelled while a table was asked
        self._process.dispatch()
        self._process.completion.check(message)

    def _has_room(self, message: Message) -> bool:
        if message.cancelled:
            message.unread = None
            return False
        limit = self._process.config.qmgr_message_recipient_limit
        return not message.outstanding or self._recipients < limit

    def settle(self, message: Message, count: int) -> None:
        """So many recipients of the message have a result, or were taken back."""
        self._recipients -= count
        if message.unread is not None and message.outstanding < schema.RECIPIENTS_A_PIECE:
            self._process.spawn(self.fill(message))

    async def _give_up(self, message: Message, reason: str) -> None:
        """A piece of the recipients does not decode."""
        process = self._process
        process.scheduler.drop(message.queue_id, process.ticks())
        self._recipients -= message.outstanding
        del process.active[message.queue_id]
        await self._set_aside(message.queue_id, message.index_key, reason)

    async def _set_aside(self, queue_id: str, index_key: bytes, reason: str) -> None:
        self._process.log.warning(
            "qmgr", f"{queue_id}: damaged record: {reason}: moved to the corrupt queue"
        )
        await self._process.store.commit_surely(rq.SetAside(queue_id, index_key))

    def _fresh(self, message: Message, piece: list[PendingRecipient]) -> list[RequestRecipient]:
        redirect = message.envelope.redirect
        return [
            RequestRecipient(
                place,
                redirect or recipient.address,
                recipient.original or (recipient.address if redirect else ""),
                recipient.notify,
                recipient.orcpt or f"rfc822;{recipient.address}",
            )
            for place, recipient in piece
            if place not in message.claimed
        ]

    # -- routes ------------------------------------------------------------------------

    async def _schedule(self, message: Message, recipients: list[RequestRecipient]) -> None:
        """Resolve recipients and put them into the scheduler, grouped by where they go."""
        groups: dict[Route, list[RequestRecipient]] = {}
        discarded: list[RequestRecipient] = []
        for recipient in recipients:
            found = await self._resolve(message, recipient.address)
            if message.cancelled:
                return  # while a table was asked
            if self._is_double_bounce(found):
                discarded.append(recipient)
                continue
            if found.recipient and found.recipient != recipient.address:
                recipient = RequestRecipient(
                    recipient.index,
                    found.recipient,
                    recipient.original or recipient.address,
                    recipient.notify,
                    recipient.orcpt,
                )
            groups.setdefault(self._route(message, found), []).append(recipient)
            message.recipients[recipient.index] = recipient
        self._count(message, sum(map(len, groups.values())))
        for route, members in groups.items():
            members.sort(key=_order)
            self._add_entries(message.queue_id, route, members)
        self._end(message, discarded, Status.SENT, "2.0.0", DISCARDED, "qmgr")

    def _is_double_bounce(self, found: Resolved) -> bool:
        """Whether a recipient is the sender of notices to the postmaster: what comes back ends here."""
        if found.address_class is not AddressClass.LOCAL:
            return False
        sender = self._process.config.double_bounce_sender
        return split_address(found.recipient)[0].lower() == sender.lower()

    def _expire(self, message: Message, recipients: list[RequestRecipient]) -> None:
        """An administrator wants it returned: it is not tried again.

        Who was never tried is deferred for that reason, so that the sender is told of all of them.
        """
        log = self._process.reader.log(message.queue_id, schema.DEFER_LOG)
        tried = {entry.index for entry in log}
        fresh = [recipient for recipient in recipients if recipient.index not in tried]
        self._count(message, len(fresh))
        message.recipients.update((recipient.index, recipient) for recipient in fresh)
        fresh.sort(key=_order)
        self._add_entries(message.queue_id, _retry(EXPIRED), fresh)

    def _count(self, message: Message, recipients: int) -> None:
        message.outstanding += recipients
        self._recipients += recipients

    async def _resolve(self, message: Message, recipient: str) -> Resolved:
        """Where a recipient goes: to the content filter, if the message has one (FILTER)."""
        content_filter = message.envelope.content_filter
        if not content_filter:
            return await self._process.resolver.resolve(message.sender, recipient)
        default = self._process.config.default_filter_nexthop
        return filter_route(content_filter, default, recipient)

    def _refuse(self, message: Message, recipients: list[RequestRecipient]) -> None:
        """Content that cleanup refused: every recipient is returned (REJECT of local mail)."""
        dsn, _, text = message.envelope.refusal.partition(" ")
        self._end(message, recipients, Status.BOUNCED, dsn, text, "cleanup")

    def _end(
        self,
        message: Message,
        recipients: list[RequestRecipient],
        status: Status,
        dsn: str,
        text: str,
        service: str,
    ) -> None:
        """Recipients whose outcome is known without a delivery; ``service`` is who says so in the log."""
        if not recipients:
            return
        process = self._process
        delays = (max(0.0, message.active_time - message.arrival_time), 0.0, 0.0, 0.0)
        self._count(message, len(recipients))
        results = []
        for recipient in recipients:
            message.recipients[recipient.index] = recipient
            address, original = recipient.address, recipient.original
            line = delivery_line(address, original, "none", delays, dsn, WORDS[status], text)
            process.log.info(service, f"{message.queue_id}: {line}")
            results.append(
                DeliveryResult(
                    queue_id=message.queue_id,
                    attempt=message.attempt,
                    index=recipient.index,
                    status=status,
                    dsn=dsn,
                    text=text,
                    relay="none",
                    delays=delays,
                )
            )
        process.take_results(message, results)

    def _add_entries(self, queue_id: str, route: Route, members: list[RequestRecipient]) -> None:
        transport, nexthop, destination = route
        limit = self._process.limits(transport).destination_recipients or len(members)
        message = self._process.active.get(queue_id)
        if message is not None and message.envelope.verp_delimiters:
            limit = 1  # each recipient has a sender of its own
        for start in range(0, len(members), limit):
            part = tuple(members[start : start + limit])
            self._process.scheduler.add(Entry(queue_id, transport, nexthop, destination, part))

    def _route(self, message: Message, found: Resolved) -> Route:
        """Transport, next hop and destination of a recipient; the service retry defers."""
        process = self._process
        if found.failure:
            return _retry(found.failure)
        transport, nexthop = found.transport, found.nexthop
        if transport not in process.services:
            text = f"connect to transport private/{transport}: No such file or directory"
            process.log.warning("qmgr", text)
            return _retry("4.3.0 mail transport unavailable")
        if transport in process.deferred_transports and not message.flushed:
            return _retry("4.3.2 deferred transport")
        alone = process.limits(transport).destination_recipients == 1
        destination = found.recipient.lower() if alone else nexthop.lower()
        reason = process.scheduler.why_dead(transport, destination, process.ticks())
        if reason:
            return _suspended(reason)
        return transport, nexthop, destination

    def pass_on(self, message: Message, result: DeliveryResult) -> None:
        """Schedule the deliveries that an agent leaves to other services, but for those that one is at already."""
        for passed in result.passed:
            recipient = passed.recipient
            if (recipient.index, recipient.part) in message.claimed_parts:
                continue
            found = Resolved(
                passed.service, passed.nexthop, recipient.address, AddressClass.DEFAULT
            )
            self._add_entries(message.queue_id, self._route(message, found), [recipient])
        self._process.dispatch()

    def suspend(self, entries: list[Entry], reason: str) -> None:
        """A destination died: what waited for it is deferred, not tried."""
        for entry in entries:
            self._add_entries(entry.queue_id, _suspended(reason), list(entry.recipients))


def _retry(text: str) -> Route:
    return "retry", text, text


def _suspended(reason: str) -> Route:
    dsn, _, text = reason.partition(" ")
    return _retry(f"{dsn} {SUSPENDED}{text}")


def _order(recipient: RequestRecipient) -> tuple[str, str]:
    return by_domain(recipient.address)
