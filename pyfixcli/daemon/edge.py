"""An edge process: everything through which mail comes in.

It hosts the submit socket and the smtpd services; cleanup and address rewriting run inside.
"""

from __future__ import annotations

import asyncio
import os
import signal

import uvloop

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.config.master_cf import Service
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.arrivals import Arrivals
from pyfixcli.daemon.context import (
    make_access,
    make_cleanup,
    make_intake,
    service_config,
    service_log,
)
from pyfixcli.daemon.linger import Linger
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.services.smtpd.broken_service import BrokenService
from pyfixcli.daemon.services.smtpd.client_limits import ClientLimits
from pyfixcli.daemon.services.smtpd.client_name import ClientNames
from pyfixcli.daemon.services.smtpd.service import SharedParts, SmtpService
from pyfixcli.daemon.shared_counts import SharedCounts
from pyfixcli.daemon.store_link import SerialSource, StoreLink
from pyfixcli.daemon.submit import SubmitServer, SubmitView
from pyfixcli.daemon.worker import WorkerContext

FLUSH_LOG = 0.5  # seconds that a log line may wait when nothing else happens
DRAIN = 3600.0  # seconds that a drained process waits for its sessions


class EdgeProcess:
    """Serves until SIGTERM, then finishes what is under way."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._log = context.log
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self._is_flushing = False
        self._cleanups: dict[str, Cleanup] = {}
        self._arrivals: Arrivals

    async def run(self) -> None:
        """The life of the process."""
        context, loop = self._context, asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        loop.add_reader(context.life_line, lambda: os._exit(0))
        self._loop = loop
        store = StoreLink(os.path.join(context.config.queue_directory, paths.STORE), self._log)
        await store.start()
        waiter = PoolWaiter(report=lambda text: self._log.warning("smtpd", text))
        serials = SerialSource(store)
        config = self._view("pickup")
        cleanup = self._cleanup(config.cleanup_service_name, waiter)
        intake = make_intake(config, self._log, waiter, store, serials, cleanup)
        submit = SubmitServer(SubmitView(config, intake), self._log)
        listener = context.listeners[paths.SUBMIT]
        server = await asyncio.start_unix_server(submit.serve, sock=listener, limit=1 << 18)
        environment = os.path.join(context.config.queue_directory, paths.ENVIRONMENT)
        arrivals = self._arrivals = Arrivals(store, self._log, environment)
        await arrivals.start()
        services, servers = await self._listen_smtp(store, waiter, serials)
        context.ready()
        flusher = asyncio.create_task(self._flush_log())
        await self._ending.wait()
        for each in (server, *servers):
            each.close()
        self._context.reopen_log()  # what drains must not write to a file that was rotated
        await self._drain(submit, services)
        flusher.cancel()
        await arrivals.close()
        store.close()
        self._log.flush()

    async def _listen_smtp(
        self, store: StoreLink, waiter: PoolWaiter, serials: SerialSource
    ) -> tuple[list[SmtpService], list[asyncio.Server]]:
        """Serve the inet services; the key of their sockets names the service."""
        context = self._context
        counts = SharedCounts(context.counts, context.config.anvil_rate_time_unit)
        linger = Linger(self._loop)
        parts = SharedParts(ClientNames(), counts, self._log, waiter, self._flush_log_soon, linger)
        services: list[SmtpService] = []
        servers: list[asyncio.Server] = []
        service: SmtpService | BrokenService
        for line in context.services:
            if line.type != "inet" or line.command != "smtpd":
                continue
            try:
                service = self._make_service(line, parts, store, serials, waiter)
                services.append(service)
            except PyfixError as error:
                service = BrokenService(str(error), self._log, self._flush_log_soon)
            for key, listener in context.listeners.items():
                if key.startswith(f"inet:{line.name}:"):
                    server = await self._loop.create_server(service.make_connection, sock=listener)
                    servers.append(server)
        return services, servers

    def _make_service(
        self,
        line: Service,
        parts: SharedParts,
        store: StoreLink,
        serials: SerialSource,
        waiter: PoolWaiter,
    ) -> SmtpService:
        """The service of a line of master.cf; ConfigError for a bad parameter."""
        config = self._view(line.name, "inet")
        log = service_log(config, self._context.config, self._log)
        cleanup = self._cleanup(config.cleanup_service_name, waiter)
        intake = make_intake(config, log, waiter, store, serials, cleanup, self._arrivals)
        access = make_access(config, log, waiter, self._view(config.rewrite_service_name))
        limits = ClientLimits(config, log, line.name, parts.counts, waiter)
        return SmtpService(line, config, log, access, intake, limits, parts)

    def _view(self, name: str, kind: str = "") -> Config:
        """What a service of master.cf sees of the configuration."""
        return service_config(self._context.config, self._context.services, name, kind)

    def _cleanup(self, name: str, waiter: PoolWaiter) -> Cleanup:
        """The cleanup of that name, which all services share that name it (cleanup_service_name)."""
        cleanup = self._cleanups.get(name)
        if cleanup is None:
            view = self._view(name)
            log = service_log(view, self._context.config, self._log)
            cleanup = self._cleanups[name] = make_cleanup(view, log, waiter)
        return cleanup

    def _flush_log_soon(self) -> None:
        """Write log lines at the end of this turn of the loop."""
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self._flush_now)

    def _flush_now(self) -> None:
        self._is_flushing = False
        self._log.flush()

    async def _flush_log(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_LOG)
            self._log.flush()

    async def _drain(self, submit: SubmitServer, services: list[SmtpService]) -> None:
        deadline = self._loop.time() + DRAIN
        while self._loop.time() < deadline:
            for service in services:
                service.dismiss_idle()
            if not submit.busy and not any(service.connections for service in services):
                return
            await asyncio.sleep(0.02)


def run_edge(context: WorkerContext) -> None:
    """The body of an edge process."""
    signal.set_wakeup_fd(-1)
    uvloop.run(EdgeProcess(context).run())
