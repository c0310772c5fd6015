"""pickup: messages from the maildrop directory, and requeued ones, go through cleanup (pickup(8))."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from pyfixcli.access.login_senders import refuse_sender
from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL
from pyfixcli.cleanup.input_lines import InputLines
from pyfixcli.cleanup.outcome import Discarded, Refused
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.context import service_config
from pyfixcli.daemon.intake import Prepared
from pyfixcli.daemon.submitted_origin import read_origin
from pyfixcli.mail.envelope import Asked, Origin
from pyfixcli.mail.recipient import PENDING, Recipient
from pyfixcli.maps.table import TableFailure
from pyfixcli.queue import codec, maildrop, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.layout import owner_ids
from pyfixcli.queue.schema import StoredMessage

if TYPE_CHECKING:
    from pyfixcli.daemon.queue import QueueProcess

INTERVAL = 60.0
AT_ONCE = 50  # messages on their way through cleanup


class Pickup:
    """Looks when triggered, and now and then.

    Messages go through cleanup beside each other: one that waits for a table holds up no other.
    """

    def __init__(self, process: QueueProcess) -> None:
        self._process = process
        self._wake = asyncio.Event()
        self._directory = os.path.join(process.config.queue_directory, paths.MAILDROP)
        self._under_way: set[str] = set()  # names of files, and queue ids of requeued messages
        self._room = asyncio.Semaphore(AT_ONCE)

    def start(self) -> None:
        """Begin with what is there."""
        self._wake.set()
        self._process.spawn(self._serve())

    def trigger(self) -> None:
        """Something may be there."""
        self._wake.set()

    async def _serve(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), INTERVAL)
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._look()
            except OSError as error:  # the directory cannot be read now
                self._process.log.warning("pickup", str(error))

    async def _look(self) -> None:
        """Begin with everything that is there."""
        process = self._process
        maildrop.purge(self._directory, process.clock.now())
        noted = frozenset(process.reader.maildrop_files())
        for name in maildrop.scan(self._directory):
            await self._begin(name, self._take_file(name, noted))
        for entry in process.reader.slice(schema.MAILDROP):
            await self._begin(entry.queue_id, self._requeue(entry.queue_id, entry.key))
        if not self._under_way:
            await self._forget(process.reader.maildrop_files())

    async def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Have something done beside the rest, unless it is under way."""
        if name in self._under_way:
            work.close()
            return
        self._under_way.add(name)
        await self._room.acquire()
        self._process.spawn(self._carry_out(name, work))

    async def _carry_out(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except FileNotFoundError:
            pass  # it was taken since the directory was read
        except PyfixError as error:  # a table that is not there, say: it waits until that is mended
            self._process.log.fatal("cleanup", str(error))
        except OSError as error:  # no room, say: it is looked at again
            self._process.log.warning("pickup", f"{name}: {error}")
        finally:
            self._under_way.discard(name)
            self._room.release()

    # -- files ---------------------------------------------------------------------------

    async def _forget(self, gone: Iterable[str]) -> None:
        """Files that were taken are removed by now: drop the notes of them."""
        if gone := tuple(gone):
            await self._process.store.commit_surely(rq.ForgetMaildrop(gone))

    async def _take_file(self, name: str, noted: frozenset[str]) -> None:
        """Bring a file into the queue and remove it; ``noted`` are those that are there already."""
        log = self._process.log
        try:
            entry = maildrop.Entry(self._directory, name)
        except maildrop.MaildropError as error:
            log.warning("pickup", f"maildrop/{name}: {error}: removed")
            os.unlink(os.path.join(self._directory, name))
            return
        if entry.identity in noted:
            entry.remove()  # a crash came between the commit and this
            return
        try:
            status, text = await self._submit(entry)
        except maildrop.MaildropError as error:
            status, text = EX_OK + 1, str(error)
        except (PyfixError, OSError):
            entry.close()
            raise
        if status == EX_TEMPFAIL:
            entry.close()
            return
        if status != EX_OK:
            log.warning("pickup", f"maildrop/{name}: uid={entry.uid}: {text}: removed")
        entry.remove()
        if status == EX_OK:
            await self._forget((entry.identity,))

    def _view(self) -> Config:
        context = self._process.context
        return service_config(context.config, context.services, "pickup")

    async def _submit(self, entry: maildrop.Entry) -> tuple[int, str]:
        process = self._process
        now = process.clock.now()
        warn = process.log.warning
        uid = entry.submitter(owner_ids(process.config)[0])
        origin = await read_origin(entry.items, uid, now, warn)
        if isinstance(origin, Refused):
            return origin.status, origin.text
        if origin.flags & ~maildrop.ALLOWED_FLAGS:
            return EX_OK + 1, "flags that only the mail system may set"
        try:
            refusal = await refuse_sender(self._view(), uid, origin.sender, process.waiter)
        except TableFailure as error:  # it waits until that is mended
            warn("pickup", str(error))
            return EX_TEMPFAIL, ""
        origin = msgspec.structs.replace(origin, arrival_time=min(entry.time, now))
        queue_id = await process.intake.queue_id(now)
        if not queue_id:
            return EX_TEMPFAIL, ""
        incoming = process.intake.begin(origin, queue_id)
        if refusal:  # the submitter was told that it was taken: it may have been, by other tables
            warn("pickup", f"{queue_id}: uid={uid}: {refusal}: on hold")
            incoming.ask(Asked(hold=True))
        lines = InputLines()
        try:
            for chunk in entry.chunks():
                await incoming.feed(lines.feed(chunk))
            await incoming.feed(lines.finish())
        except BaseException:
            incoming.discard()
            raise
        taken = await incoming.finish(entry.identity)
        return taken.status, taken.text

    # -- requeued messages -----------------------------------------------------------------

    async def _requeue(self, queue_id: str, key: bytes) -> None:
        """Through cleanup again, under a new queue id; one transaction replaces the old one."""
        process = self._process
        if queue_id in process.active:
            return  # its deliveries are still under way
        try:
            stored = process.reader.message(queue_id)
        except codec.CorruptRecord:
            stored = None
        if stored is None:
            await process.store.commit_surely(rq.SetAside(queue_id, key))
            return
        new_id = await process.intake.queue_id(process.clock.now())
        if not new_id:
            return
        origin = self._origin(stored)
        incoming = process.intake.begin(origin, new_id)
        try:
            is_whole = await self._copy(stored, incoming.feed)
        except BaseException:
            incoming.discard()
            raise
        if not is_whole:
            incoming.discard()
            await process.store.commit_surely(rq.SetAside(queue_id, key))
            return
        prepared = await incoming.prepare()
        if isinstance(prepared, Prepared):
            await process.store.commit_surely(prepared.insert, rq.Remove(queue_id))
        elif isinstance(prepared, Discarded):
            await process.store.commit_surely(rq.Remove(queue_id))

    def _origin(self, stored: StoredMessage) -> Origin:
        envelope = stored.envelope
        recipients = tuple(
            Recipient(r.address, r.original, r.notify, r.orcpt or f"rfc822;{r.address}")
            for r in self._process.reader.recipients(stored)
            if r.status == PENDING
        )
        return Origin(
            service="pickup",
            sender=envelope.sender,
            recipients=recipients,
            arrival_time=envelope.arrival_time,
            full_name=envelope.full_name,
            received_uid=owner_ids(self._process.config)[0],
            rewrite_context=envelope.rewrite_context,
            encoding=envelope.encoding,
            ret=envelope.ret,
            envid=envelope.envid,
            verp_delimiters=envelope.verp_delimiters,
            original_id=envelope.queue_id,
        )

    async def _copy(self, stored: StoredMessage, feed: object) -> bool:
        """Feed the content; False when it is missing."""
        assert callable(feed)
        with self._process.stored_content(stored.envelope) as original:
            for chunk in original or ():
                await feed(chunk)
            return original is not None
