"""The queue process: the scheduler, and the services that live beside it.

It hosts qmgr, pickup, bounce, defer, trace, flush, showq, proxymap and the log socket. Exactly one runs; a reload
re-reads the configuration in place.

Data flow: Announce from the store -> activate -> scheduler -> Assign to an agent -> Finished ->
one commit for what ended (Remove, Update, Insert of a notice) -> Confirm to the agent.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import uvloop

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.cleanup.reception import Reception
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.activation import Activation
from pyfixcli.daemon.agent_frames import Finished, Hello
from pyfixcli.daemon.agents import Agent, AgentHub
from pyfixcli.daemon.claims import Claims
from pyfixcli.daemon.completion import Completion
from pyfixcli.daemon.context import make_intake, make_resolver, service_config
from pyfixcli.daemon.feeder import Feeder
from pyfixcli.daemon.forwarding import Forwarding
from pyfixcli.daemon.local_pool import ROLE as LOCAL
from pyfixcli.daemon.local_pool import LocalPool
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.pickup import Pickup
from pyfixcli.daemon.proxymap import ProxyMap
from pyfixcli.daemon.queue_sockets import QueueSockets
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.daemon.transport_parameters import read_limits
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.verp import verp_sender
from pyfixcli.qmgr.backoff import RetryPolicy
from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.message import Message
from pyfixcli.qmgr.run import Run
from pyfixcli.qmgr.scheduler import Scheduler
from pyfixcli.qmgr.transport_limits import TransportLimits
from pyfixcli.queue import requests as rq
from pyfixcli.queue import schema
from pyfixcli.queue.content import stored_content
from pyfixcli.queue.env import DAMAGE, open_environment
from pyfixcli.queue.reader import QueueReader

MOST_LOST = 2  # agents that die in one attempt of a message until it is deferred
# Parameters that are looked at while messages are under way: a bad value is to be found before.
READ_LATER = (
    "queue_run_delay",
    "delay_warning_time",
    "qmgr_message_active_limit",
    "qmgr_message_recipient_limit",
    "default_process_limit",
    "max_idle",
)
LOCAL_COMMANDS = frozenset(("local", "virtual", "pipe", "spawn"))


class QueueProcess:
    """Owns the active queue."""

    def __init__(self, context: WorkerContext) -> None:
        self.context = context
        self.log = context.log
        self.clock = SystemClock()
        self.active: dict[str, Message] = {}
        self.waiter = PoolWaiter(report=lambda text: self.log.warning("trivial-rewrite", text))
        self.runs: dict[int, Run] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._ticket = int(self.clock.now() * 1000) << 20
        self._tasks: set[asyncio.Task[None]] = set()
        self._dispatching = False
        self._started = False
        self.ending = asyncio.Event()
        self.proxymap = ProxyMap(self._proxymap_config(), self.log, self.spawn)
        self._configure()
        self.scheduler = Scheduler(self.limits)
        self.activation = Activation(self)
        self.claims = Claims(self)
        self.pool = LocalPool(self)
        self.hub = AgentHub(
            self.log,
            context.agents,
            self._on_hello,
            self._on_landed,
            self.on_finished,
            self._on_lost,
        )

    def _configure(self) -> None:
        """Use the configuration; ConfigError, and the old one stays in use, when it cannot be used."""
        config = service_config(self.context.config, self.context.services, "qmgr")
        rewrite = service_config(self.context.config, self.context.services, "rewrite")
        resolver = make_resolver(rewrite, self.log, self.waiter)
        policy = RetryPolicy(
            config.minimal_backoff_time,
            config.maximal_backoff_time,
            config.maximal_queue_lifetime,
            config.bounce_queue_lifetime,
        )
        for name in READ_LATER:
            getattr(config, name)
        self.config, self.resolver, self.policy = config, resolver, policy
        self._known_limits: dict[str, TransportLimits] = {}
        self.services = {
            service.name: service for service in self.context.services if service.type == "unix"
        }
        words = config.defer_transports.replace(",", " ").split()
        self.deferred_transports = frozenset(words)

    def _proxymap_config(self) -> Config:
        return service_config(self.context.config, self.context.services, "proxymap", "unix")

    def limits(self, transport: str) -> TransportLimits:
        """The limits of a transport, read once until the next reload."""
        known = self._known_limits.get(transport)
        if known is None:
            known = read_limits(self.config, self.services, transport, self._warn)
            self._known_limits[transport] = known
        return known

    def _warn(self, text: str) -> None:
        self.log.warning("qmgr", text)

    # -- life ------------------------------------------------------------------------

    async def run(self) -> None:
        """Start, serve, end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.ending.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        loop.add_reader(self.context.life_line, lambda: os._exit(0))
        queue = self.config.queue_directory
        listeners = self.context.listeners
        tables = await loop.create_unix_server(
            self.proxymap.protocol, sock=listeners[paths.PROXYMAP]
        )
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
        self.forwarding = Forwarding(self)
        self.feeder = Feeder(self)
        self.pickup = Pickup(self)
        agents = await loop.create_unix_server(self.hub.protocol, sock=listeners[paths.AGENTS])
        self._servers = (tables, agents)  # a server that nobody holds stops listening
        self.sockets = QueueSockets(self)
        await self.sockets.start()
        self.context.ready()
        await self.hub.gather()
        self._started = True
        self.claims.continue_messages()
        self.feeder.start()
        self.pickup.start()
        flusher = asyncio.create_task(self._flush_log())
        await self.ending.wait()
        flusher.cancel()
        await self.completion.drain()
        self.store.close()
        self.log.flush()

    def _make_intake(self) -> None:
        config, services = self.context.config, self.context.services
        self.intake = make_intake(
            service_config(config, services, "cleanup"),
            self.log,
            self.waiter,
            self.store,
            self.serials,
            reception=Reception.of(service_config(config, services, "pickup")),
        )

    async def _flush_log(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.log.flush()

    def _reload(self) -> None:
        if not self.context.reload():
            return
        try:
            self._configure()
            self._make_intake()
            self.proxymap.reload(self._proxymap_config())
            self.completion.reload()
            self.pool.reload()
        except PyfixError as error:
            self.log.error("qmgr", f"reload: {error}")
        self.scheduler.refresh()
        self.feeder.reschedule()
        self.pickup.trigger()

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

    def stored_content(self, envelope: Envelope) -> AbstractContextManager[Iterable[bytes] | None]:
        """The content of a message in pieces, None when it is missing."""
        directory = os.path.join(self.config.queue_directory, paths.CONTENT)
        return stored_content(self.reader, directory, envelope)

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
        message = self.active.get(queue_id)
        if message is None or operation in (rq.RELEASE, rq.EXPIRE, rq.EXPIRE_RELEASE):
            return
        message.cancelled = True
        for entry in self.scheduler.drop(queue_id, self.ticks()):
            self._take_back(message, entry)
        message.unread = None
        self.completion.check(message)

    def _take_back(self, message: Message, entry: Entry) -> None:
        """An entry is not delivered after all: its recipients have no result."""
        self.activation.settle(message, sum(message.forget(r) for r in entry.recipients))

    # -- dispatch ----------------------------------------------------------------------

    def dispatch(self) -> None:
        """Give agents what they can take, at the end of this turn of the loop."""
        if not self._dispatching and self._started:
            self._dispatching = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._dispatching = False
        now = self.ticks()
        for transport in self.scheduler.names():
            role = self._role(transport)
            while (agent := self.hub.choose(role)) is not None:
                entry = self.scheduler.take(transport, now)
                if entry is None:
                    break
                self._assign(agent, entry)
        self._set_timer(self.scheduler.next_time(now))

    def _set_timer(self, when: float) -> None:
        """Look again when a pause between deliveries ends (destination_rate_delay)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if when != float("inf"):
            self._timer = asyncio.get_running_loop().call_at(when, self._pause_ended)

    def _pause_ended(self) -> None:
        self._timer = None
        self.scheduler.tick(self.ticks())
        self.dispatch()

    def ticks(self) -> float:
        """The scheduler's time: seconds that never go back."""
        return asyncio.get_running_loop().time()

    def _role(self, transport: str) -> str:
        service = self.services.get(transport)
        if service is not None and service.command in LOCAL_COMMANDS:
            return LOCAL
        return "deliver"

    def _assign(self, agent: Agent, entry: Entry) -> None:
        message = self.active.get(entry.queue_id)
        awaited = message.still_awaits(entry.recipients) if message is not None else ()
        if message is None or not awaited:
            self.scheduler.finished(entry, self.ticks())
            return
        self._ticket += 1
        self.runs[self._ticket] = Run(message, entry)
        self.hub.assign(agent, self._ticket, self._request(message, entry, awaited))
        if agent.role == LOCAL:
            self.pool.assigned()

    def _request(
        self, message: Message, entry: Entry, recipients: tuple[RequestRecipient, ...]
    ) -> DeliveryRequest:
        envelope = message.envelope
        return DeliveryRequest(
            queue_id=message.queue_id,
            attempt=message.attempt,
            service=entry.transport,
            nexthop=entry.nexthop,
            recipients=recipients,
            sender=_sender(envelope, recipients),
            size=envelope.size,
            stored=envelope.stored,
            arrival_time=envelope.arrival_time,
            active_time=message.active_time,
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
            backlog=self.scheduler.has_backlog(entry),
        )

    # -- results -----------------------------------------------------------------------

    def _on_landed(self, ticket: int) -> None:
        """The destination of a delivery takes the next one, while this one becomes durable."""
        run = self.runs.get(ticket)
        if run is not None and not run.has_landed:
            run.has_landed = True
            self.scheduler.finished(run.entry, self.ticks())
            self.dispatch()

    def on_finished(self, agent: Agent, finished: Finished) -> None:
        """An agent has results; they are confirmed to it once they are committed."""
        run = self.runs.pop(finished.ticket, None)
        if run is None:
            if not self.claims.keep(agent, finished):
                self.hub.confirm(agent, finished.ticket)
            return
        if not run.has_landed:
            self._note_end(run.entry, finished.results)
        self._take_finished(run.message, agent, finished)
        self.dispatch()

    def take_late(self, message: Message, agent: Agent, finished: Finished) -> None:
        """Results of a delivery that an earlier queue process began, of a message that is active again."""
        self._take_finished(message, agent, finished)

    def _take_finished(self, message: Message, agent: Agent, finished: Finished) -> None:
        if any(result.forwards for result in finished.results):
            self.spawn(self._take_with_forwards(message, agent, finished))
            return
        self._take(message, finished.results, (agent, finished.ticket))

    async def _take_with_forwards(self, message: Message, agent: Agent, finished: Finished) -> None:
        """The copies go through cleanup before the results count: both are stored together."""
        prepared = [
            (result, await self.forwarding.prepare(message, result))
            for result in finished.results
            if message.awaits(result)
        ]
        for result, inserts in prepared:
            message.add_copies(result, inserts)
        self._take(message, finished.results, (agent, finished.ticket))
        self.dispatch()

    def _take(
        self,
        message: Message,
        results: tuple[DeliveryResult, ...],
        confirmation: tuple[Agent, int],
    ) -> None:
        """Results of an agent, which keeps them until they are confirmed."""
        for result in results:
            if result.passed and message.may_pass_on(result):
                self.activation.pass_on(message, result)
        self.activation.settle(message, message.take_from(results, confirmation))
        self.completion.check(message)

    def _note_end(self, entry: Entry, results: tuple[DeliveryResult, ...]) -> None:
        """Tell the scheduler; what waited for a destination that died now is not tried."""
        failure = next((f"{r.dsn} {r.text}" for r in results if r.destination_failed), "")
        suspended = self.scheduler.finished(entry, self.ticks(), failure)
        if suspended:
            self.activation.suspend(suspended, failure)

    def take_results(self, message: Message, results: Iterable[DeliveryResult]) -> None:
        """Results for recipients of a message; those that already had one are ignored."""
        taken = sum(message.take(result) for result in results)
        self.activation.settle(message, taken)
        self.completion.check(message)

    def _on_lost(self, busy: dict[int, DeliveryRequest]) -> None:
        """An agent died: what it had under way begins again at once, but not over and over."""
        for ticket in busy:
            run = self.runs.pop(ticket, None)
            if run is None:
                continue
            if not run.has_landed:
                self.scheduler.finished(run.entry, self.ticks())
            self._repeat(run.message, run.entry)
        self.dispatch()

    def _repeat(self, message: Message, entry: Entry) -> None:
        """Deliver again what has no result; a message that agents die of is deferred."""
        message.lost_agents += 1
        if message.lost_agents > MOST_LOST or message.cancelled:
            self.take_results(message, [_terminated(message, r) for r in entry.recipients])
        elif awaited := message.still_awaits(entry.recipients):
            self.scheduler.add(replace(entry, recipients=awaited))

    def _on_hello(self, agent: Agent, hello: Hello) -> None:
        if self.claims.note(agent, hello) and self._started:
            self.claims.continue_messages()
        self.dispatch()


def _sender(envelope: Envelope, recipients: tuple[RequestRecipient, ...]) -> str:
    """The envelope sender of a delivery; with VERP it names the recipient, who is alone then."""
    if not envelope.verp_delimiters:
        return envelope.sender
    whom = recipients[0].original or recipients[0].address
    return verp_sender(envelope.sender, whom, envelope.verp_delimiters)


def _terminated(message: Message, recipient: RequestRecipient) -> DeliveryResult:
    return DeliveryResult(
        queue_id=message.queue_id,
        attempt=message.attempt,
        index=recipient.index,
        part=recipient.part,
        status=Status.DEFERRED,
        dsn="4.3.0",
        text="delivery agent terminated abnormally",
    )


def run_queue(context: WorkerContext) -> None:
    """The body of the queue process."""
    signal.set_wakeup_fd(-1)

    async def body() -> None:
        await QueueProcess(context).run()

    uvloop.run(body())
