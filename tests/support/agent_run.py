"""Deliveries of virtual(8) and pipe(8) in tests: real files and processes, the log as a list."""

from __future__ import annotations

import grp
import os
import pwd

from pyfixcli.base.clock import SystemClock
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import AgentContext, BytesContent
from pyfixcli.delivery.pipe.agent import PipeAgent
from pyfixcli.delivery.virtual.recipient import VirtualAgent
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient
from pyfixcli.maps.lookup import BlockingWaiter, MapList
from tests.support.access import Lines

# who delivers: with root an account that owns nothing here, else the user who runs the tests
OTHER = pwd.getpwnam("games") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
GROUP = grp.getgrgid(OTHER.pw_gid).gr_name
TEXT = b"Subject: test\n\nbody\n"
BASE = {
    "compatibility_level": "3.7",
    "myhostname": "mail.example.test",
    "recipient_delimiter": "+",
    "queue_directory": "/",
    "export_environment": "TZ",
    "mail_owner": "news",
    "deliver_lock_attempts": "1",
}


def make_request(*recipients: str, **changes: object) -> DeliveryRequest:
    """A request for these recipients."""
    fields: dict[str, object] = {
        "queue_id": "4ABCDE1234",
        "attempt": 1,
        "service": "hosted",
        "nexthop": "else.test",
        "recipients": tuple(RequestRecipient(n, to) for n, to in enumerate(recipients)),
        "sender": "s@else.test",
        "size": len(TEXT),
        "stored": len(TEXT),
        "arrival_time": 0.0,
        "active_time": 0.0,
    }
    return DeliveryRequest(**{**fields, **changes})  # type: ignore[arg-type]


def make_context(program: str, settings: dict[str, str]) -> tuple[AgentContext, Lines]:
    """The view of a service with these parameters, and what it logs."""
    lines = Lines()
    config = Config("/nonexistent", {**BASE, **settings})
    log = MailLog(lines, "postfix", "mail.example.test", SystemClock())  # type: ignore[arg-type]
    aliases = MapList(config, "", "alias_maps")
    return AgentContext(program, config, log, SystemClock(), BlockingWaiter(), aliases), lines


class Hosted:
    """virtual(8) with these parameters."""

    def __init__(self, **settings: str) -> None:
        context, self.lines = make_context("virtual", settings)
        self._agent = VirtualAgent(context)

    def deliver(
        self, *recipients: str, content: bytes = TEXT, **changes: object
    ) -> list[DeliveryResult]:
        """The results for these recipients."""
        request = make_request(*recipients, **changes)
        return drive(self._agent.deliver(request, BytesContent(content)))


class Piped:
    """pipe(8) with these arguments, run as OTHER unless they say otherwise."""

    def __init__(self, *arguments: str, user: str = OTHER.pw_name, **settings: str) -> None:
        context, self.lines = make_context("pipe", settings)
        words = (f"user={user}", *arguments) if user else arguments
        self._agent = PipeAgent(context, "hosted", words)

    def deliver(
        self, *recipients: str, content: bytes = TEXT, **changes: object
    ) -> list[DeliveryResult]:
        """The results for these recipients."""
        request = make_request(*recipients, **changes)
        return drive(self._agent.deliver(request, BytesContent(content)))
