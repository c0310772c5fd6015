"""Copies that local(8) sends on: through cleanup, to be stored together with the result of the delivery.

Data flow: DeliveryResult.forwards -> cleanup (under the queue id that the log has named) -> Insert operations.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_TEMPFAIL
from pyfixcli.cleanup.outcome import Refused
from pyfixcli.cleanup.received import format_received
from pyfixcli.daemon.intake import Prepared, PrepareOutcome
from pyfixcli.mail.delivery import DeliveryResult, Forward
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, Envelope, Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.qmgr.message import Message
from pyfixcli.queue import requests as rq

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess


class Forwarding:
    """Prepares copies for the queue process."""

    def __init__(self, process: QueueProcess) -> None:
        self._process = process

    async def prepare(self, message: Message, result: DeliveryResult) -> list[rq.Insert]:
        """The operations that store the copies of a result."""
        inserts = []
        for forward in result.forwards:
            prepared = await self._prepare_surely(message.envelope, forward)
            if isinstance(prepared, Prepared):
                inserts.append(prepared.insert)
            elif isinstance(prepared, Refused):
                text = f"{forward.queue_id}: forwarded copy of {message.queue_id} refused: {prepared.text}"
                self._process.log.warning("cleanup", text)
        return inserts

    async def _prepare_surely(self, envelope: Envelope, forward: Forward) -> PrepareOutcome:
        """Through cleanup; tried again while tables or parameters of cleanup cannot be used, or the disk is full.

        Until then the result of the delivery, which says that there is a copy, is not recorded.
        """
        while True:
            try:
                prepared = await self._prepare(envelope, forward)
            except (OSError, PyfixError) as error:
                text = f"{forward.queue_id}: forwarded copy of {envelope.queue_id}: {error}"
                self._process.log.warning("cleanup", text)
            else:
                if not isinstance(prepared, Refused) or prepared.status != EX_TEMPFAIL:
                    return prepared
            await asyncio.sleep(self._process.config.minimal_backoff_time)

    async def _prepare(self, envelope: Envelope, forward: Forward) -> PrepareOutcome:
        process, config = self._process, self._process.config
        origin = _origin(envelope, forward, process.clock.now())
        unnamed = msgspec.structs.replace(origin, protocol="")  # we, not the client, send it on
        received = format_received(unnamed, forward.queue_id, config.myhostname, config.mail_name)
        process.intake.writer(forward.queue_id).remove_remains()  # of a try that ended half-way
        incoming = process.intake.begin(origin, forward.queue_id)
        try:
            await incoming.feed(received + b"\n" + forward.header)
            with process.stored_content(envelope) as original:
                for chunk in original or ():
                    await incoming.feed(chunk)
        except BaseException:
            incoming.discard()
            raise
        return await incoming.prepare()


def _origin(envelope: Envelope, forward: Forward, now: float) -> Origin:
    """Who sent the copy, and to whom; the client is that of the original."""
    return Origin(
        service="local",
        sender=forward.sender,
        recipients=tuple(
            Recipient(r.address, r.original, r.notify, r.orcpt) for r in forward.recipients
        ),
        arrival_time=now,
        client_name=envelope.client_name,
        client_address=envelope.client_address,
        client_port=envelope.client_port,
        helo=envelope.helo,
        protocol=envelope.protocol,
        rewrite_context=envelope.rewrite_context,
        encoding=envelope.encoding,
        ret=envelope.ret,
        envid=envelope.envid,
        flags=envelope.flags & FLAG_SMTPUTF8,
        add_received=False,
        copied=False,
        checked=False,
    )
