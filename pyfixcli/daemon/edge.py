"""An edge process: everything through which mail comes in.

It hosts the submit socket and the smtpd services; cleanup and address rewriting run inside.
"""

from __future__ import annotations

import asyncio
import os
import signal

import uvloop

from pyfixcli.base import paths
from pyfixcli.daemon.context import make_intake, service_config
from pyfixcli.daemon.lookups import PoolWaiter
from pyfixcli.daemon.smtpd import SmtpListener
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

    async def run(self) -> None:
        """The life of the process."""
        context, loop = self._context, asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        loop.add_reader(context.life_line, lambda: os._exit(0))
        store = StoreLink(os.path.join(context.config.queue_directory, paths.STORE), self._log)
        await store.start()
        waiter = PoolWaiter()
        config = service_config(context.config, context.services, "pickup")
        intake = make_intake(config, self._log, waiter, store, SerialSource(store))
        submit = SubmitServer(SubmitView(config, intake), self._log)
        listener = context.listeners[paths.SUBMIT]
        server = await asyncio.start_unix_server(submit.serve, sock=listener, limit=1 << 18)
        servers = [server, *await self._listen_smtp()]
        context.ready()
        flusher = asyncio.create_task(self._flush_log())
        await self._ending.wait()
        for each in servers:
            each.close()
        self._context.reopen_log()  # what drains must not write to a file that was rotated
        await self._drain(submit)
        flusher.cancel()
        store.close()
        self._log.flush()

    async def _listen_smtp(self) -> list[asyncio.Server]:
        """Serve the inet services; the key of their sockets names the service."""
        servers = []
        for key, listener in self._context.listeners.items():
            if not key.startswith("inet:"):
                continue
            for service in self._context.services:
                if service.type == "inet" and key.startswith(f"inet:{service.name}:"):
                    config = service_config(
                        self._context.config, self._context.services, service.name, "inet"
                    )
                    smtpd = SmtpListener(config, self._log)
                    servers.append(
                        await asyncio.start_server(smtpd.serve, sock=listener, limit=4096)
                    )
                    break
        return servers

    async def _flush_log(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_LOG)
            self._log.flush()

    async def _drain(self, submit: SubmitServer) -> None:
        deadline = asyncio.get_running_loop().time() + DRAIN
        while submit.busy and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)


def run_edge(context: WorkerContext) -> None:
    """The body of an edge process."""
    signal.set_wakeup_fd(-1)
    uvloop.run(EdgeProcess(context).run())
