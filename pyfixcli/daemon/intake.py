"""From a message that comes in to its commit: the one way into the queue.

The submit socket, pickup, requeued mail and notices all use it: an Origin and
content in pieces go in; after the commit the queue id comes out.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from pyfixcli.base.clock import Clock
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL
from pyfixcli.cleanup.milter_inspection import SMTP, Inspection
from pyfixcli.cleanup.outcome import Accepted, Discarded, Outcome, Refused
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.cleanup.reception import Reception
from pyfixcli.daemon.arrivals import Arrivals
from pyfixcli.daemon.milters import OwnMilters
from pyfixcli.daemon.store_link import SerialSource
from pyfixcli.mail.envelope import Asked, Origin
from pyfixcli.milter.session import MilterSession
from pyfixcli.queue import requests as rq
from pyfixcli.queue.content import ContentWriter
from pyfixcli.queue.insertion import make_insert
from pyfixcli.queue.queue_id import make_queue_id

RECIPIENTS = 500  # that are looked at before others go on: some 15 ms
REFUSALS = {
    rq.FULL: "Insufficient system storage",
    rq.EXISTS: "queue id is taken",
    rq.DAMAGED: "queue is damaged",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """The outcome: exit status (EX_OK: committed), queue id, and why not.

    ``code`` is that of the reply if one was chosen. ``can_wait``: cleanup cannot take it now, and nothing of it is stored;
    it may be offered again.
    """

    status: int
    queue_id: str
    text: str = ""
    dsn: str = ""
    can_wait: bool = False
    code: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that is ready to be stored by this operation."""

    insert: rq.Insert
    writer: ContentWriter


PrepareOutcome = Prepared | Refused | Discarded


class Intake:
    """Makes incoming messages; one for each view of the configuration.

    ``reception`` is for the messages that a service receives, not for those that the system makes.
    """

    def __init__(
        self,
        cleanup: Cleanup,
        arrivals: Arrivals,
        serials: SerialSource,
        clock: Clock,
        content_directory: str,
        content_limit: int,
        long_ids: bool,
        reception: Reception,
    ) -> None:
        self.cleanup = cleanup
        self.reception = reception
        self.arrivals = arrivals
        self.clock = clock
        self._serials = serials
        self._content_directory = content_directory
        self._content_limit = content_limit
        self._long_ids = long_ids
        self.milters: OwnMilters | None = None
        if reception.asks_milters:
            self.milters = OwnMilters(cleanup.config, cleanup.log)

    async def queue_id(self, arrival: float) -> str:
        """A new queue id, or the empty string when the store cannot be had."""
        serial = await self._serials.take()
        if serial is None:
            return ""
        return make_queue_id(arrival, serial, self._long_ids)

    def begin(self, origin: Origin, queue_id: str) -> IncomingMessage:
        """Take a message under this queue id."""
        return IncomingMessage(self, origin, queue_id)

    def writer(self, queue_id: str, copy: int = 0) -> ContentWriter:
        """Where the content of a message goes, or a copy of it with changes."""
        return ContentWriter(self._content_directory, queue_id, self._content_limit, copy)


class IncomingMessage:
    """One message on its way in. Call feed() for each piece, then finish() or discard()."""

    def __init__(self, intake: Intake, origin: Origin, queue_id: str) -> None:
        self._intake = intake
        self._queue_id = queue_id
        self._writer = intake.writer(queue_id)
        self._origin = origin
        self._milters: MilterSession | None = None
        self._copies = 0
        self._has_many = len(origin.recipients) > RECIPIENTS
        self._message = intake.cleanup.begin(origin, queue_id, self._writer, intake.reception)
        intake.arrivals.begin(self)

    async def feed(self, data: bytes) -> None:
        """Content, in pieces of any size; OSError when it cannot be written."""
        while self._has_many and await self._message.begin(RECIPIENTS):
            await asyncio.sleep(0)  # nobody else waits for all of them
        await self._message.feed(data)

    def ask(self, asked: Asked) -> None:
        """What restrictions want done with it; before finish()."""
        self._message.ask(asked)

    def show_to(self, milters: MilterSession) -> None:
        """The client's milters look at the content at its end; before finish()."""
        self._milters = milters

    async def prepare(self) -> PrepareOutcome:
        """End of content: the operation that stores the message, content files synced. Nothing stays when that fails."""
        self._intake.arrivals.end(self)
        try:
            outcome = await self._message.finish()
            if isinstance(outcome, Accepted) and not outcome.envelope.refusal:
                outcome = await self._show(outcome)
        except BaseException:
            self._writer.discard()
            raise
        if isinstance(outcome, Refused | Discarded):
            self._writer.discard()
            return outcome
        content_file, content = "", b""
        if self._writer.is_file:
            loop = asyncio.get_running_loop()
            try:
                content_file = await loop.run_in_executor(None, self._writer.store)
            except OSError:
                self._writer.discard()
                raise
        else:
            content = self._writer.inline()
        size = self._writer.size
        insert = make_insert(outcome.envelope, content, content_file, size, outcome.expanded)
        return Prepared(insert, self._writer)

    async def _show(self, accepted: Accepted) -> Outcome:
        """Let milters look at what is about to be stored, and change it."""
        milters, own = self._milters, None
        if self._origin.service != SMTP and self._intake.milters is not None:
            milters = own = self._intake.milters.begin(self._origin)
        if milters is None:
            return accepted
        inspection = Inspection(
            self._intake.cleanup, self._origin, milters, self._writer, self._copy
        )
        try:
            return await inspection.run(accepted)
        except OSError as error:
            warning = f"{self._queue_id}: write queue file: {error.strerror}"
            self._intake.cleanup.log.warning("cleanup", warning)
            return Refused(EX_TEMPFAIL, "4.3.1", REFUSALS[rq.FULL])
        finally:
            self._writer = inspection.content
            if own is not None:
                own.close()

    def _copy(self) -> ContentWriter:
        self._copies += 1
        return self._intake.writer(self._queue_id, self._copies)

    async def finish(self, maildrop: str = "") -> Taken:
        """End of content: commit. EX_OK only when the message is on the disk.

        ``maildrop`` is the identity of the file in maildrop/ that the message comes from.
        """
        prepared = await self.prepare()
        if isinstance(prepared, Refused):
            can_wait = prepared.status == EX_TEMPFAIL
            return Taken(prepared.status, "", prepared.text, prepared.dsn, can_wait, prepared.code)
        if isinstance(prepared, Discarded):
            return Taken(EX_OK, self._queue_id)
        insert = prepared.insert
        if maildrop:
            insert = msgspec.structs.replace(insert, maildrop=maildrop)
        is_inline = not prepared.writer.is_named
        reply = await self._intake.arrivals.commit(insert, is_inline=is_inline)
        if reply.error:
            # With DOWN the commit may have happened; then the file is named and must stay.
            if reply.error in REFUSALS:
                self._writer.discard()
            text = REFUSALS.get(reply.error, "queue file write error")
            return Taken(EX_TEMPFAIL, "", text, "4.3.1" if reply.error == rq.FULL else "4.3.0")
        return Taken(EX_OK, self._queue_id)

    def discard(self) -> None:
        """The peer went away or misbehaved: nothing of the message stays."""
        self._intake.arrivals.end(self)
        self._writer.discard()
