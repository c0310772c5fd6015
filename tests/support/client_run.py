"""Deliveries by the real mail client over real sockets, without a daemon around it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import uvloop

from pyfixcli.base.clock import SystemClock
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.smtp_network import SessionStore, SmtpNetwork
from pyfixcli.delivery.agent import AgentContext, BytesContent
from pyfixcli.delivery.smtp.agent import SmtpAgent
from pyfixcli.delivery.smtp.conversation import Notifier
from pyfixcli.delivery.smtp.hosts import MyAddresses
from pyfixcli.delivery.smtp.settings import read_settings
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient
from pyfixcli.maps.lookup import BlockingWaiter, MapList
from tests.support.scripted_server import ScriptedServer

TEXT = b"Subject: test\n\nbody\n"


class ListSink:
    """Keeps log lines, without what stands before the service."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, data: bytes) -> None:
        """Take lines."""
        self.lines += [line.partition("]: ")[2] for line in data.decode().splitlines()]

    def close(self) -> None:
        """Nothing to do."""


@dataclass
class Client:
    """An agent of one service with these main.cf settings, for one server after the other."""

    settings: dict[str, str] = field(default_factory=dict)
    is_lmtp: bool = False
    flags: str = ""
    sink: ListSink = field(default_factory=ListSink)
    notifier: Notifier | None = None

    def __post_init__(self) -> None:
        config = Config("/nonexistent", {"myhostname": "client.test", **self.settings})
        clock = SystemClock()
        self._cache = SessionStore()
        log = MailLog(self.sink, "postfix", "client.test", clock)  # type: ignore[arg-type]
        service = "lmtp" if self.is_lmtp else "smtp"
        aliases = MapList(config, "", "alias_maps")
        context = AgentContext(service, config, log, clock, BlockingWaiter(), aliases)
        self._agent = SmtpAgent(
            context,
            read_settings(config, self.is_lmtp),
            SmtpNetwork(("native",), "/"),
            self._cache,
            MyAddresses(frozenset(("client.test",)), frozenset()),
            self.flags,
            self.notifier,
        )

    def deliver(self, *requests: DeliveryRequest, content: bytes = TEXT) -> list[DeliveryResult]:
        """Carry out these requests one after the other; all results."""

        async def run() -> list[DeliveryResult]:
            results = []
            for request in requests:
                results += await self._agent.deliver(request, BytesContent(content))
            self._cache.close()
            return results

        return uvloop.run(asyncio.wait_for(run(), 30))

    @property
    def log(self) -> list[str]:
        """What was logged, but for the delivery lines."""
        return [line for line in self.sink.lines if " status=" not in line]


def make_request(
    server: ScriptedServer | str, *recipients: str, **changes: object
) -> DeliveryRequest:
    """A request for a server, or for a next hop, to some recipients."""
    nexthop = server if isinstance(server, str) else f"[127.0.0.1]:{server.port}"
    people = tuple(RequestRecipient(n, a) for n, a in enumerate(recipients or ("to@far.test",)))
    values: dict[str, object] = {
        "queue_id": "Q1",
        "attempt": 1,
        "service": "smtp",
        "nexthop": nexthop,
        "recipients": people,
        "sender": "from@near.test",
        "size": 100,
        "stored": 100,
        "arrival_time": time.time(),
        "active_time": time.time(),
        **changes,
    }
    return DeliveryRequest(**values)  # type: ignore[arg-type]
