"""What is recorded of deliveries: who is done, and the lines of the bounce, defer and trace logs (bounce(8))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfixcli.mail.delivery import PASSED_ON, DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_LOGGED, FLAG_TRACE, FLAG_VERIFY_ONLY, FLAG_WARNED
from pyfixcli.mail.recipient import NOTIFY_DELAY, NOTIFY_FAILURE, NOTIFY_SUCCESS, wants
from pyfixcli.qmgr.message import Message
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.schema import LogEntry

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

TRACED = FLAG_TRACE | FLAG_VERIFY_ONLY
REPORTED = TRACED | FLAG_LOGGED

Done = tuple[RequestRecipient, DeliveryResult]

LOGS = {
    Status.DEFERRED: schema.DEFER_LOG,
    Status.BOUNCED: schema.BOUNCE_LOG,
}


class DeliveryRecords:
    """From results to what the store writes of them."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process

    def update(self, message: Message, done: list[Done], **moves: object) -> rq.Update:
        """The operation that records results; without ``moves`` the message stays where it is."""
        finished = tuple(r.index for _, r in done if r.status is not Status.DEFERRED)
        sites = {
            recipient.address.rpartition("@")[2].lower()
            for recipient, result in done
            if result.status is Status.DEFERRED
        }
        return rq.Update(
            message.queue_id,
            message.attempt,
            message.active_time,
            done=finished,
            entries=tuple(self._log_records(message, done)),
            sites=tuple(sorted(site for site in sites if site)),
            **moves,  # type: ignore[arg-type]
        )

    def _log_records(self, message: Message, done: list[Done]) -> list[rq.Entry]:
        key = schema.message_key(message.queue_id)
        records = []
        for recipient, result in done:
            for part, outcome in enumerate(result.outcomes):
                for kind in self._logs(message, recipient, result, outcome):
                    name = schema.log_key(key, kind, result.index, part)
                    entry = self._entry(message, recipient, outcome, part)
                    record = codec.encode_record(name, entry)
                    records.append(rq.Entry(kind, result.index, record, part))
        return records

    def _logs(
        self,
        message: Message,
        recipient: RequestRecipient,
        whole: DeliveryResult,
        result: DeliveryResult,
    ) -> list[bytes]:
        """The logs of the message that a part of a result belongs into.

        Of a recipient that was expanded the sender is told that, not what became of each part.
        """
        kinds = []
        is_told = result.is_expansion or not any(part.is_expansion for part in whole.outcomes)
        if not message.flags & FLAG_VERIFY_ONLY and result.status in LOGS:
            kinds.append(LOGS[result.status])
        is_success = is_told and self._is_success_told(message, recipient, result)
        if message.flags & TRACED or is_success:
            kinds.append(schema.TRACE_LOG)
        return kinds

    def _is_success_told(
        self, message: Message, recipient: RequestRecipient, result: DeliveryResult
    ) -> bool:
        """Whether the sender is told of a success, unless the next hop does that."""
        if result.status is not Status.SENT:
            return False
        if self._clears_delay(message, recipient):
            return True
        return result.action != PASSED_ON and wants(recipient.notify, NOTIFY_SUCCESS)

    def _clears_delay(self, message: Message, recipient: RequestRecipient) -> bool:
        """Whether the sender, who was warned of a delay, is told that it is over (confirm_delay_cleared)."""
        was_warned = bool(message.flags & FLAG_WARNED) and wants(recipient.notify, NOTIFY_DELAY)
        return was_warned and self._process.config.confirm_delay_cleared

    def _entry(
        self, message: Message, recipient: RequestRecipient, result: DeliveryResult, part: int
    ) -> LogEntry:
        notify = recipient.notify
        if self._clears_delay(message, recipient):
            notify = (notify or NOTIFY_FAILURE | NOTIFY_DELAY) | NOTIFY_SUCCESS
        return LogEntry(
            address=result.address or recipient.address,
            original=result.original if result.address else recipient.original,
            notify=notify,
            orcpt="" if result.hides_original else recipient.orcpt,
            dsn=result.dsn,
            status=int(result.status),
            action="relayed" if result.action == PASSED_ON else result.action,
            text=result.text,
            relay=result.relay,
            remote_mta=result.remote_mta,
            diagnostic_type=result.diagnostic_type,
            diagnostic=result.diagnostic,
            time=self._process.clock.now(),
            index=result.index,
            part=part,
            owner=result.owner,
            hides_original=result.hides_original,
        )

    def merge(self, message: Message, done: list[Done], kind: bytes) -> list[LogEntry]:
        """Entries of a log in the order in which they came: those written before, and those of the last results."""
        is_logged = message.is_partly_written or message.flags & FLAG_LOGGED
        may_have = message.attempt > 1 or is_logged
        log = self._process.reader.log(message.queue_id, kind) if may_have else []
        found = {(entry.index, entry.part): entry for entry in log}
        if kind == schema.DEFER_LOG and found:
            ended = {result.index for _, result in done}
            found = {key: entry for key, entry in found.items() if key[0] not in ended}
        for recipient, result in done:
            for part, outcome in enumerate(result.outcomes):
                if kind in self._logs(message, recipient, result, outcome):
                    found[result.index, part] = self._entry(message, recipient, outcome, part)
        return sorted(found.values(), key=lambda entry: entry.time)
