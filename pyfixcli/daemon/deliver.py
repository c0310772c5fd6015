"""A deliver process: agents that need no rights of a recipient (smtp, relay, error, retry, discard)."""

from __future__ import annotations

import asyncio
import os
import signal

import uvloop

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.interfaces import own_addresses
from pyfixcli.bounce.session_notice import CLIENT, LMTP_CLIENT
from pyfixcli.config.master_cf import Service
from pyfixcli.daemon.agent_frames import (
    Assign,
    Confirm,
    Finished,
    Hello,
    Leaving,
    Released,
    to_agent_decoder,
)
from pyfixcli.daemon.context import service_config, service_log
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.session_notices import ClientNotices
from pyfixcli.daemon.smtp_network import SessionStore, SmtpNetwork
from pyfixcli.daemon.stream import FrameConnection
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.delivery.agent import AgentContext, BytesContent, FileContent, deferred, report
from pyfixcli.delivery.discard import deliver_discard
from pyfixcli.delivery.error import deliver_error
from pyfixcli.delivery.smtp.agent import SmtpAgent
from pyfixcli.delivery.smtp.hosts import MyAddresses
from pyfixcli.delivery.smtp.settings import read_settings
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult
from pyfixcli.maps.lookup import MapList
from pyfixcli.queue import codec
from pyfixcli.queue.content import open_content
from pyfixcli.queue.env import open_environment
from pyfixcli.queue.reader import QueueReader

SLOTS = 100
RECONNECT = 0.05
AGENTS = {"discard": deliver_discard, "error": deliver_error}
CLIENTS = {"smtp": False, "lmtp": True}  # programs of the mail client; whether it speaks LMTP


class DeliverProcess:
    """Takes assignments from the scheduler and carries them out side by side."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._log = context.log
        self._path = os.path.join(context.config.queue_directory, paths.AGENTS)
        self._running: dict[int, Assign] = {}
        self._unconfirmed: dict[int, Finished] = {}
        self._is_released = False
        self._connection: FrameConnection | None = None
        self._ending = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiter = PoolWaiter(report=lambda text: self._log.warning("smtp", text))
        self._commands = {s.name: s.command for s in context.services if s.type == "unix"}
        self._flags = {s.name: _flags(s) for s in context.services if s.type == "unix"}
        self._contexts: dict[str, AgentContext] = {}
        self._smtp_agents: dict[str, SmtpAgent] = {}
        self._sessions = SessionStore()
        self._notices = ClientNotices(context, self._waiter)
        queue = context.config.queue_directory
        self._content_directory = os.path.join(queue, paths.CONTENT)

    async def run(self) -> None:
        """The life of the process."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        loop.add_reader(self._context.life_line, lambda: os._exit(0))
        config = self._context.config
        environment = os.path.join(config.queue_directory, paths.ENVIRONMENT)
        self._reader = QueueReader(
            open_environment(environment, config.queue_map_size, readonly=True)
        )
        await self._connect()
        self._context.ready()
        await self._ending.wait()
        self._context.reopen_log()  # as edge does
        await self._drain()
        self._sessions.close()
        await self._notices.close()
        self._log.flush()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                _, connection = await loop.create_unix_connection(self._make, self._path)
                break
            except OSError:
                await asyncio.sleep(RECONNECT)
        self._connection = connection
        self._is_released = self._ending.is_set()
        slots = 0 if self._is_released else SLOTS
        running, unconfirmed = tuple(self._running.values()), tuple(self._unconfirmed.values())
        hello = Hello("deliver", os.getpid(), slots, running, unconfirmed)
        connection.send(codec.pack(hello))

    def _make(self) -> FrameConnection:
        return FrameConnection(self._log, self._on_frame, self._on_close)

    def _on_close(self, connection: FrameConnection) -> None:
        self._connection = None
        self._spawn(self._connect())

    def _spawn(self, coroutine: object) -> None:
        task = asyncio.ensure_future(coroutine)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_frame(self, connection: FrameConnection, payload: bytes) -> None:
        message = codec.unpack(payload, to_agent_decoder)
        if isinstance(message, Confirm):
            for ticket in message.tickets:
                self._unconfirmed.pop(ticket, None)
            return
        if isinstance(message, Released):
            self._is_released = True
            return
        self._running[message.ticket] = message
        self._spawn(self._carry_out(message))

    async def _carry_out(self, assigned: Assign) -> None:
        results = await self._deliver(assigned.request)
        await self._notices.settle()
        finished = Finished(assigned.ticket, assigned.request, tuple(results))
        del self._running[assigned.ticket]
        self._unconfirmed[assigned.ticket] = finished
        if self._connection is not None:
            self._connection.send(codec.pack(finished))

    async def _deliver(self, request: DeliveryRequest) -> list[DeliveryResult]:
        context = self._agent_context(request.service)
        command = self._commands.get(request.service, "")
        agent = AGENTS.get(command)
        try:
            if command in CLIENTS:
                return await self._deliver_smtp(request, context)
            if agent is not None:
                return await agent(request, None, context)
            text = "mail transport unavailable"
        except PyfixError as error:
            self._log.fatal(request.service, str(error))
            text = "unknown mail transport error"
        except Exception as error:
            self._log.panic(request.service, f"{type(error).__name__}: {error}")
            text = f"delivery agent failure: {error}"
        started = context.clock.now()
        return [
            report(context, request, recipient, deferred("4.3.0", text), "none", started)
            for recipient in request.recipients
        ]

    async def _deliver_smtp(
        self, request: DeliveryRequest, context: AgentContext
    ) -> list[DeliveryResult]:
        agent = self._smtp_agents.get(request.service)
        if agent is None:
            agent = self._smtp_agents[request.service] = self._make_smtp_agent(
                request.service, context
            )
        if not request.content_file:
            return await agent.deliver(request, BytesContent(self._content(request.queue_id)))
        descriptor = open_content(self._content_directory, request.content_file)
        try:
            return await agent.deliver(request, FileContent(descriptor))
        finally:
            os.close(descriptor)

    def _make_smtp_agent(self, service: str, context: AgentContext) -> SmtpAgent:
        config = context.config
        settings = read_settings(config, CLIENTS[self._commands[service]])
        lookups = tuple(settings.host_lookup.replace(",", " ").split())
        if settings.dns_support_level == "disabled":
            lookups = ("native",)
        network = SmtpNetwork(lookups, config.queue_directory)
        names = frozenset((config.myhostname.lower(),))
        own = own_addresses(f"{config.inet_interfaces} {config.proxy_interfaces}")
        me = MyAddresses(names, own)
        flags = self._flags.get(service, "")
        title = LMTP_CLIENT if settings.is_lmtp else CLIENT
        notifier = self._notices.notifier(config, title)
        return SmtpAgent(context, settings, network, self._sessions, me, flags, notifier)

    def _content(self, queue_id: str) -> bytes:
        content = self._reader.content(queue_id)
        if content is None:
            raise FileNotFoundError(f"{queue_id}: the content is missing")
        return content

    def _agent_context(self, service: str) -> AgentContext:
        context = self._contexts.get(service)
        if context is None:
            config = service_config(self._context.config, self._context.services, service, "unix")
            aliases = MapList(config, config.alias_maps, "alias_maps")
            name = self._commands.get(
                service, service
            )  # the log names the program, as Postfix does
            log = service_log(config, self._context.config, self._log)
            context = AgentContext(name, config, log, SystemClock(), self._waiter, aliases)
            self._contexts[service] = context
        return context

    async def _drain(self) -> None:
        """Take nothing new, finish what is under way, and wait until its results are confirmed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 600.0
        if self._connection is not None:
            self._connection.send(codec.pack(Leaving()))
        while self._has_ties() and loop.time() < deadline:
            await asyncio.sleep(0.02)

    def _has_ties(self) -> bool:
        is_awaited = self._connection is not None and not self._is_released
        return bool(is_awaited or self._running or self._unconfirmed)


def _flags(service: Service) -> str:
    """The letters of ``flags=`` among the arguments of a service."""
    found = [word[6:] for word in service.arguments if word.startswith("flags=")]
    return found[-1] if found else ""


def run_deliver(context: WorkerContext) -> None:
    """The body of a deliver process."""
    signal.set_wakeup_fd(-1)

    async def body() -> None:
        await DeliverProcess(context).run()

    uvloop.run(body())
