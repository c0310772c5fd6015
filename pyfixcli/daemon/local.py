"""A local delivery process: keeps root's rights, and takes the recipient's for each delivery."""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable, Coroutine

from pyfixcli.base import paths
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.master_cf import Service
from pyfixcli.daemon.agent_loop import AgentLoop
from pyfixcli.daemon.context import make_resolver, make_rewriter, service_config, service_log
from pyfixcli.daemon.group_sync import GroupSync
from pyfixcli.daemon.serial_lease import SerialLease
from pyfixcli.daemon.worker import WorkerContext
from pyfixcli.delivery.agent import (
    AgentContext,
    BytesContent,
    ContentReader,
    FileContent,
    deferred,
    report,
)
from pyfixcli.delivery.durable import Durable
from pyfixcli.delivery.local.context import make_local_context
from pyfixcli.delivery.local.recipient import deliver_local
from pyfixcli.delivery.pipe.agent import PipeAgent
from pyfixcli.delivery.virtual.recipient import VirtualAgent
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult
from pyfixcli.maps.lookup import BlockingWaiter, MapList
from pyfixcli.maps.table import Table
from pyfixcli.queue.codec import CorruptRecord
from pyfixcli.queue.content import open_content
from pyfixcli.queue.env import LmdbError, open_environment
from pyfixcli.queue.layout import owner_ids
from pyfixcli.queue.reader import QueueReader

Delivery = Callable[
    [DeliveryRequest, ContentReader], Coroutine[object, object, list[DeliveryResult]]
]
HOSTED = ("local", "virtual", "pipe", "spawn")


class LocalProcess:
    """Delivers for the services local, virtual and pipe; ``durable`` is theirs (AgentContext)."""

    def __init__(self, context: WorkerContext, durable: Durable) -> None:
        self._context = context
        self._durable = durable
        self._waiter = _HurryingWaiter(durable)
        queue = context.config.queue_directory
        self._content_directory = os.path.join(queue, paths.CONTENT)
        owner = _Owner(owner_ids(context.config))
        with owner:
            self._reader = QueueReader(
                open_environment(
                    os.path.join(queue, paths.ENVIRONMENT),
                    context.config.queue_map_size,
                    readonly=True,
                )
            )
        self._owner = owner
        self._agents = {
            service.name: self._agent_context(service)
            for service in context.services
            if service.type == "unix" and service.command in HOSTED
        }
        self._serials = SerialLease(os.path.join(queue, paths.STORE), context.config)
        self._deliveries: dict[str, Delivery] = {}

    def _agent_context(self, service: Service) -> AgentContext:
        """The view of a service; the log names its program."""
        common = self._context.config
        config = service_config(common, self._context.services, service.name, "unix")
        return AgentContext(
            service.command,
            config,
            service_log(config, common, self._context.log),
            SystemClock(),
            self._waiter,
            MapList(config, config.alias_maps, "alias_maps"),
            self._durable,
        )

    def _make_delivery(self, name: str) -> Delivery:
        """What delivers for a service; PyfixError when its parameters cannot be used."""
        program = self._agents[name].service
        if program not in AGENTS:
            raise PyfixError(f"{program}: no such delivery agent")
        return AGENTS[program](self, self._agents[name], name)

    def make_local(self, agent: AgentContext) -> Delivery:
        """local(8) for one view of the configuration."""
        view = service_config(self._context.config, self._context.services, "rewrite")
        context = make_local_context(
            agent,
            make_rewriter(view, agent.log),
            make_resolver(view, agent.log, self._waiter),
            self._new_queue_id,
        )
        return functools.partial(deliver_local, context=context)

    def _new_queue_id(self) -> str:
        """The id of a message to send on; who waits for the disk does not wait for the store, too."""
        self._durable.hurry()
        return self._serials.new_queue_id()

    def make_pipe(self, agent: AgentContext, name: str) -> Delivery:
        """pipe(8) with the arguments of a line of master.cf."""
        arguments = next(
            service.arguments
            for service in self._context.services
            if service.name == name and service.type == "unix"
        )
        return PipeAgent(agent, name, arguments).deliver

    async def deliver(self, request: DeliveryRequest) -> list[DeliveryResult]:
        """Carry a request out; whatever goes wrong defers the recipients."""
        context = self._agents.get(request.service)
        if context is None:  # it is new, and those that a reload starts know it
            return self._defer(request, self._stranger(request), "mail transport unavailable")
        try:
            if request.service not in self._deliveries:
                self._deliveries[request.service] = self._make_delivery(request.service)
            return await self._deliver(request, context)
        except PyfixError as error:
            context.log.fatal(context.service, str(error))
            return self._defer(request, context, "mail transport unavailable")
        except (CorruptRecord, LmdbError) as error:
            return self._defer(request, context, f"queue file read error: {error}")
        except Exception as error:
            for line in traceback.format_exc().split("\n"):
                if line:
                    context.log.panic(context.service, line)
            return self._defer(request, context, f"delivery agent failure: {error}")

    def _stranger(self, request: DeliveryRequest) -> AgentContext:
        """In whose name a request for a service that is not known here is put off."""
        config, log = self._context.config, self._context.log
        aliases = MapList(config, "", "alias_maps")
        return AgentContext(request.service, config, log, SystemClock(), self._waiter, aliases)

    async def _deliver(
        self, request: DeliveryRequest, context: AgentContext
    ) -> list[DeliveryResult]:
        deliver = self._deliveries[request.service]
        if request.content_file:
            with self._owner:
                descriptor = open_content(self._content_directory, request.content_file)
            try:
                return await deliver(request, FileContent(descriptor))
            finally:
                os.close(descriptor)
        content = self._reader.content(request.queue_id)
        if content is None:
            return self._defer(request, context, "queue file is missing")
        return await deliver(request, BytesContent(content))

    def _defer(
        self, request: DeliveryRequest, context: AgentContext, text: str
    ) -> list[DeliveryResult]:
        started = context.clock.now()
        return [
            report(context, request, recipient, deferred("4.3.0", text), "none", started)
            for recipient in request.recipients
        ]


# what delivers for a service, by the program that its line in master.cf names
AGENTS: dict[str, Callable[[LocalProcess, AgentContext, str], Delivery]] = {
    "local": lambda process, context, name: process.make_local(context),
    "virtual": lambda process, context, name: VirtualAgent(context).deliver,
    "pipe": LocalProcess.make_pipe,
}


class _HurryingWaiter(BlockingWaiter):
    """Asks tables; before one that may let it wait, what waits for the disk is written."""

    def __init__(self, durable: Durable) -> None:
        super().__init__()
        self._durable = durable

    async def lookup(self, table: Table, key: str) -> str | None:
        if not table.immediate:
            self._durable.hurry()
        return await super().lookup(table, key)


class _Owner:
    """Acts as mail_owner for opening what belongs to the queue; a no-op without root."""

    def __init__(self, ids: tuple[int, int]) -> None:
        self._ids = ids if os.geteuid() == 0 else None

    def __enter__(self) -> None:
        if self._ids is not None:
            os.setegid(self._ids[1])
            os.seteuid(self._ids[0])

    def __exit__(self, *exception: object) -> None:
        if self._ids is not None:
            os.seteuid(0)
            os.setegid(os.getgid())


def run_local(context: WorkerContext) -> None:
    """The body of a local delivery process."""
    group = GroupSync()
    AgentLoop(context, LocalProcess(context, group).deliver, group).run()
