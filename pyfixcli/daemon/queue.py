"""The queue process: the scheduler, and the services that live beside it.

It hosts qmgr, pickup, bounce, defer, trace, flush, showq and the log socket. Exactly one runs; a reload
re-reads the configuration in place.

Data flow: Announce from the store -> activate -> scheduler -> Assign to an agent -> Finished ->
one commit for what ended (Remove, Update, Insert of a notice) -> Confirm to the agent.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.daemon.agent_frames import Finished, Hello
from pyfixcli.daemon.agents import Agent, AgentHub
from pyfixcli.daemon.completion import Completion
from pyfixcli.daemon.context import make_intake, make_resolver, service_config
from pyfixcli.daemon.feeder import Feeder
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.pickup import Pickup
from pyfixcli.daemon.queue_sockets import QueueSockets
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.log.maillog import active_line
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status
from pyfixcli.qmgr.backoff import RetryPolicy
from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.job import Job
from pyfixcli.qmgr.scheduler import Scheduler
from pyfixcli.qmgr.transport import TransportLimits
from pyfixcli.queue import codec, schema
from pyfixcli.queue import requests as rq
from pyfixcli.queue.env import DAMAGE, open_environment
from pyfixcli.queue.reader import QueueReader
from pyfixcli.queue.schema import StoredMessage

LOCAL_COMMANDS = frozenset(("local", "virtual", "pipe", "spawn"))


class QueueProcess:
    """Owns the active queue."""

    def __init__(self, context: WorkerContext) -> None:
        self.context = context
        self.log = context.log
        self.clock = SystemClock()
        self.jobs: dict[str, Job] = {}
        self.waiter = PoolWaiter()
        self._runs: dict[int, tuple[Job | None, Entry]] = {}
        self._claims: dict[str, list[tuple[Agent, int, DeliveryRequest]]] = {}
        self._early: list[tuple[Agent, Finished]] = []
        self._ticket = int(self.clock.now() * 1000) << 20
        self._tasks: set[asyncio.Task[None]] = set()
        self._dispatching = False
        self._started = False
        self.ending = asyncio.Event()
        self._configure()
        self.scheduler = Scheduler(self._limits)
        self.hub = AgentHub(
            self.log, context.agents, self._on_hello, self._on_finished, self._on_lost
        )

    def _configure(self) -> None:
        config = service_config(self.context.config, self.context.services, "qmgr")
        self.config = config
        self._known_limits: dict[str, TransportLimits] = {}
        self.services = {
            service.name: service for service in self.context.services if service.type == "unix"
        }
        rewrite = service_config(self.context.config, self.context.services, "rewrite")
        self.resolver = make_resolver(rewrite, self.log, self.waiter)
        self.policy = RetryPolicy(
            config.minimal_backoff_time,
            config.maximal_backoff_time,
            config.maximal_queue_lifetime,
            config.bounce_queue_lifetime,
        )

    def _limits(self, transport: str) -> TransportLimits:
        """The limits of a transport, read once until the next reload."""
        known = self._known_limits.get(transport)
        if known is None:
            known = self._known_limits[transport] = self._read_limits(transport)
        return known

    def _read_limits(self, transport: str) -> TransportLimits:
        config = self.config

        def number(suffix: str, default: int) -> int:
            return config.number(f"{transport}_{suffix}", default)

        service = self.services.get(transport)
        maxproc = service.maxproc if service is not None else -1
        return TransportLimits(
            destination_concurrency=number(
                "destination_concurrency_limit", config.default_destination_concurrency_limit
            ),
            destination_recipients=number(
                "destination_recipient_limit", config.default_destination_recipient_limit
            ),
            initial_concurrency=number(
                "initial_destination_concurrency", config.initial_destination_concurrency
            ),
            processes=config.default_process_limit if maxproc < 0 else maxproc,
        )

    # -- life ------------------------------------------------------------------------

    async def run(self) -> None:
        """Start, serve, end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.ending.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        loop.add_reader(self.context.life_line, lambda: os._exit(0))
        queue = self.config.queue_directory
        self.store = StoreLink(
            os.path.join(queue, paths.STORE), self.log, self._on_news, self._on_store
        )
        await self.store.start()
        environment = open_environment(
            os.path.join(queue, paths.ENVIRONMENT), self.config.queue_map_size, readonly=True
        )
        self.reader = QueueReader(environment)
        self.environment = environment
        self.serials = SerialSource(self.store)
        self._make_intake()
        self.completion = Completion(self)
        self.feeder = Feeder(self)
        self.pickup = Pickup(self)
        agents = self.context.listeners[paths.AGENTS]
        self._server = await loop.create_unix_server(self.hub.protocol, sock=agents)
        self.sockets = QueueSockets(self)
        await self.sockets.start()
        self.context.ready()
        await self.hub.gather()
        self._started = True
        self._take_up_claims()
        self.feeder.start()
        self.pickup.start()
        flusher = asyncio.create_task(self._flush_log())
        await self.ending.wait()
        flusher.cancel()
        await self.completion.drain()
        self.store.close()
        self.log.flush()

    def _make_intake(self) -> None:
        cleanup = service_config(self.context.config, self.context.services, "cleanup")
        self.intake = make_intake(cleanup, self.log, self.waiter, self.store, self.serials)

    async def _flush_log(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.log.flush()

    def _reload(self) -> None:
        if self.context.reload():
            self._configure()
            self._make_intake()
            self.scheduler.refresh()
            self.feeder.reschedule()

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside; its failure is logged, and ends nothing else."""
        task = asyncio.create_task(self._guard(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except asyncio.CancelledError:
            raise
        except DAMAGE as error:
            self.log.fatal("qmgr", f"the queue environment is damaged: {error}")
        except Exception as error:
            self.log.panic("qmgr", f"{type(error).__name__}: {error}")
            self.log.flush()
            raise

    # -- news from the store -----------------------------------------------------------

    def _on_store(self) -> None:
        """(Re)connected: announcements may have been lost."""
        if self._started:
            self.feeder.look_again()
            self.pickup.trigger()

    def _on_news(self, news: rq.Announce | rq.Changed) -> None:
        if isinstance(news, rq.Announce):
            if news.queue == schema.INCOMING:
                self.feeder.announce(news.queue_ids)
            return
        for queue_id in news.queue_ids:
            self._changed(news.operation, queue_id)
        if news.operation == rq.REQUEUE:
            self.pickup.trigger()

    def _changed(self, operation: str, queue_id: str) -> None:
        """An administrator did something to a message; expiry takes effect at its next attempt."""
        job = self.jobs.get(queue_id)
        if job is None or operation in (rq.RELEASE, rq.EXPIRE, rq.EXPIRE_RELEASE):
            return
        job.cancelled = True
        dropped = self.scheduler.drop(queue_id)
        for entry in dropped:
            job.outstanding -= len(entry.recipients)
        self.completion.check(job)

    # -- activation --------------------------------------------------------------------

    async def activate(self, queue_id: str, index_key: bytes = b"") -> None:
        """Take a message up for an attempt, unless it is active or not to be delivered."""
        if queue_id in self.jobs:
            return
        try:
            stored = self.reader.message(queue_id)
        except codec.CorruptRecord as error:
            await self._set_aside(queue_id, index_key, str(error))
            return
        if stored is None or stored.queue not in (schema.INCOMING, schema.DEFERRED):
            return
        now = self.clock.now()
        envelope = stored.envelope
        job = Job(
            queue_id, stored.attempt + 1, envelope.sender, envelope.arrival_time, now, more=True
        )
        self.jobs[queue_id] = job
        self.log.info(
            "qmgr",
            f"{queue_id}: {active_line(envelope.sender, envelope.size, envelope.total_recipients)}",
        )
        claimed = self._claimed(job, stored)
        try:
            for piece in self.reader.pending(stored):
                fresh = [
                    RequestRecipient(
                        r.place,
                        r.recipient.address,
                        r.recipient.original,
                        r.recipient.notify,
                        r.recipient.orcpt or f"rfc822;{r.recipient.address}",
                    )
                    for r in piece
                    if r.place not in claimed
                ]
                await self._schedule(job, fresh)
        except codec.CorruptRecord as error:
            del self.jobs[queue_id]
            await self._set_aside(queue_id, index_key, str(error))
            return
        job.more = False
        self.dispatch()
        self.completion.check(job)

    async def _set_aside(self, queue_id: str, index_key: bytes, reason: str) -> None:
        self.log.warning(
            "qmgr", f"{queue_id}: damaged record: {reason}: moved to the corrupt queue"
        )
        await self.store.commit_surely(rq.SetAside(queue_id, index_key))

    async def _schedule(self, job: Job, recipients: list[RequestRecipient]) -> None:
        """Resolve recipients and put them into the scheduler, grouped by where they go."""
        groups: dict[tuple[str, str, str], list[RequestRecipient]] = {}
        for recipient in recipients:
            found = await self.resolver.resolve(job.sender, recipient.address)
            if found.failure:
                transport, nexthop = "retry", found.failure
            else:
                transport, nexthop = found.transport, found.nexthop
            if transport not in self.services:
                text = f"4.3.0 mail transport unavailable: {transport}"
                transport, nexthop = "retry", text
            if found.recipient and found.recipient != recipient.address:
                recipient = RequestRecipient(
                    recipient.index,
                    found.recipient,
                    recipient.original or recipient.address,
                    recipient.notify,
                    recipient.orcpt,
                )
            limit = self._limits(transport).destination_recipients
            destination = found.recipient.lower() if limit == 1 else nexthop.lower()
            groups.setdefault((transport, nexthop, destination), []).append(recipient)
            job.recipients[recipient.index] = recipient
            job.outstanding += 1
        for (transport, nexthop, destination), members in groups.items():
            limit = self._limits(transport).destination_recipients or len(members)
            for start in range(0, len(members), limit):
                part = tuple(members[start : start + limit])
                self.scheduler.add(Entry(job.queue_id, transport, nexthop, destination, part))

    # -- dispatch ----------------------------------------------------------------------

    def dispatch(self) -> None:
        """Give agents what they can take, at the end of this turn of the loop."""
        if not self._dispatching and self._started:
            self._dispatching = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._dispatching = False
        for transport in self.scheduler.names():
            role = self._role(transport)
            while (agent := self.hub.choose(role)) is not None:
                entry = self.scheduler.take(transport)
                if entry is None:
                    break
                self._assign(agent, entry)

    def _role(self, transport: str) -> str:
        service = self.services.get(transport)
        if service is not None and service.command in LOCAL_COMMANDS:
            return "local"
        return "deliver"

    def _assign(self, agent: Agent, entry: Entry) -> None:
        job = self.jobs.get(entry.queue_id)
        stored = self._stored(entry.queue_id) if job is not None else None
        if job is None or stored is None:
            self.scheduler.finished(entry)
            if job is not None:
                job.outstanding -= len(entry.recipients)
                self.completion.check(job)
            return
        self._ticket += 1
        self._runs[self._ticket] = (job, entry)
        self.hub.assign(agent, self._ticket, self._request(job, entry, stored))

    def _stored(self, queue_id: str) -> StoredMessage | None:
        try:
            return self.reader.message(queue_id)
        except codec.CorruptRecord:
            return None

    def _request(self, job: Job, entry: Entry, stored: StoredMessage) -> DeliveryRequest:
        envelope = stored.envelope
        return DeliveryRequest(
            queue_id=job.queue_id,
            attempt=job.attempt,
            service=entry.transport,
            nexthop=entry.nexthop,
            recipients=entry.recipients,
            sender=envelope.sender,
            size=envelope.size,
            stored=envelope.stored,
            arrival_time=envelope.arrival_time,
            active_time=job.active_time,
            sent_time=self.clock.now(),
            content_file=envelope.content_file,
            flags=envelope.flags,
            encoding=envelope.encoding,
            ret=envelope.ret,
            envid=envelope.envid,
            verp_delimiters=envelope.verp_delimiters,
            client_name=envelope.client_name,
            client_address=envelope.client_address,
            client_port=envelope.client_port,
            helo=envelope.helo,
            protocol=envelope.protocol,
            rewrite_context=envelope.rewrite_context,
        )

    # -- results -----------------------------------------------------------------------

    def _on_finished(self, agent: Agent, finished: Finished) -> None:
        job, entry = self._runs.pop(finished.ticket, (None, None))
        if entry is not None:
            failed = any(result.destination_failed for result in finished.results)
            self.scheduler.finished(entry, failed)
        if job is None:
            self.hub.confirm(agent, finished.ticket)
            return
        for result in finished.results:
            job.take(result)
        job.confirmations.append((agent, finished.ticket))
        self.dispatch()
        self.completion.check(job)

    def _on_lost(self, busy: dict[int, DeliveryRequest]) -> None:
        """An agent died: what it had under way is tried again, as if it had been deferred."""
        for ticket in busy:
            job, entry = self._runs.pop(ticket, (None, None))
            if entry is not None:
                self.scheduler.finished(entry)
            if job is None or entry is None:
                continue
            for recipient in entry.recipients:
                job.take(
                    DeliveryResult(
                        queue_id=job.queue_id,
                        attempt=job.attempt,
                        index=recipient.index,
                        status=Status.DEFERRED,
                        dsn="4.3.0",
                        text="delivery agent terminated abnormally",
                    )
                )
            self.completion.check(job)
        self.dispatch()

    # -- what agents had open before this process began ------------------------------------

    def _on_hello(self, agent: Agent, hello: Hello) -> None:
        for assigned in hello.running:
            request = assigned.request
            agent.busy[assigned.ticket] = request
            self._claims.setdefault(request.queue_id, []).append((agent, assigned.ticket, request))
        for finished in hello.unconfirmed:
            request = finished.request
            self._claims.setdefault(request.queue_id, []).append((agent, finished.ticket, request))
            self._early.append((agent, finished))
        if self._started and (hello.running or hello.unconfirmed):
            self._take_up_claims()
        self.dispatch()

    def _take_up_claims(self) -> None:
        """First of all, continue the messages that agents are at."""
        for queue_id in list(self._claims):
            if queue_id not in self.jobs:
                self.spawn(self._take_up(queue_id))

    async def _take_up(self, queue_id: str) -> None:
        await self.activate(queue_id)
        if queue_id not in self.jobs:
            for agent, ticket, _ in self._claims.pop(queue_id, []):
                if ticket not in agent.busy:
                    self.hub.confirm(agent, ticket)
        early, self._early = self._early, []
        for agent, finished in early:
            if finished.request.queue_id == queue_id:
                self._on_finished(agent, finished)
            else:
                self._early.append((agent, finished))

    def _claimed(self, job: Job, stored: StoredMessage) -> set[int]:
        """Recipients of this message that an agent is at, or has results for."""
        taken: set[int] = set()
        pending = {
            place
            for place, recipient in enumerate(stored.envelope.recipients)
            if recipient.status == 0
        }
        for _, ticket, request in self._claims.pop(job.queue_id, []):
            entry = Entry(
                job.queue_id,
                request.service,
                request.nexthop,
                request.nexthop.lower(),
                request.recipients,
            )
            job.attempt = max(job.attempt, request.attempt)
            for recipient in request.recipients:
                if stored.envelope.pieces or recipient.index in pending:
                    job.recipients[recipient.index] = recipient
                    job.outstanding += 1
                    taken.add(recipient.index)
            self.scheduler.started_elsewhere(entry)
            self._runs[ticket] = (job, entry)
        return taken


def run_queue(context: WorkerContext) -> None:
    """The body of the queue process."""
    signal.set_wakeup_fd(-1)

    async def body() -> None:
        await QueueProcess(context).run()

    uvloop.run(body())
