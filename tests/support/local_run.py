"""Deliveries of local(8) in tests: real files and processes, a clock that stands still, the log as a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from pyfixcli.daemon.context import make_resolver, make_rewriter
from pyfixcli.delivery.agent import BytesContent
from pyfixcli.delivery.local.attempt import Attempt, Seen
from pyfixcli.delivery.local.context import LocalContext, make_local_context
from pyfixcli.delivery.local.recipient import deliver_local, deliver_recipient
from pyfixcli.ipc.driver import drive
from pyfixcli.mail.delivery import DeliveryResult, Forward, Pass, RequestRecipient
from pyfixcli.maps.lookup import MapList
from tests.support.agent_run import TEXT, make_context, make_request

DOMAIN = "mail.example.test"
NOW = 1795493378.0


@dataclass(frozen=True)
class StandingClock:
    """It is always NOW."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return NOW

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return NOW


def _queue_ids() -> Iterator[str]:
    return (f"COPY{number}" for number in count(1))


class Local:
    """local(8) with these aliases and parameters, and mailboxes in ``place``/mail."""

    def __init__(self, place: Path, aliases: dict[str, str] | None = None, **settings: str) -> None:
        entries = " ".join(f"{{ {name} = {text} }}" for name, text in (aliases or {}).items())
        self.mail = place / "mail"
        self.mail.mkdir(exist_ok=True)
        values = {
            "mydestination": "$myhostname, localhost",
            "mail_spool_directory": str(self.mail),
            "alias_maps": f"inline:{{ {entries} }}" if aliases else "",
            "command_time_limit": "10s",
            **settings,
        }
        agent, self.lines = make_context("local", values)
        maps = MapList(agent.config, agent.config.alias_maps, "alias_maps")
        self.ids = _queue_ids()
        agent = replace(agent, aliases=maps, clock=StandingClock())
        self.context: LocalContext = make_local_context(
            agent,
            make_rewriter(agent.config, agent.log),
            make_resolver(agent.config, agent.log, agent.waiter),
            lambda: next(self.ids, ""),
        )

    def deliver(
        self, *names: str, content: bytes = TEXT, notify: int = 0, **changes: object
    ) -> list[DeliveryResult]:
        """The results for these local parts."""
        people = tuple(
            RequestRecipient(n, f"{name}@{DOMAIN}", name, notify) for n, name in enumerate(names)
        )
        request = make_request(service="local", nexthop=DOMAIN, **{"recipients": people, **changes})
        return drive(deliver_local(request, BytesContent(content), self.context))

    def attempt(self, name: str = "someone", **changes: object) -> Attempt:
        """An attempt of one recipient of which nothing came yet."""
        people = (RequestRecipient(0, f"{name}@{DOMAIN}", name),)
        request = make_request(service="local", nexthop=DOMAIN, **{"recipients": people, **changes})
        content = BytesContent(TEXT)
        return Attempt(request, people[0], content, self.context, Seen(1000), deliver_recipient)

    def said(self, *names: str, **changes: object) -> list[str]:
        """``name: text`` of each outcome, in the order of the deliveries."""
        return [
            f"{outcome.address.partition('@')[0]}: {outcome.text}"
            for result in self.deliver(*names, **changes)  # type: ignore[arg-type]
            for outcome in result.outcomes
            if outcome.text
        ]

    @property
    def warnings(self) -> list[str]:
        """What the log warns of."""
        return [line.partition("warning: ")[2] for line in self.lines.texts if "warning: " in line]


def copies(results: list[DeliveryResult]) -> list[tuple[str, list[str]]]:
    """(Delivered-To, recipients) of what is sent on."""

    def shown(forward: Forward) -> tuple[str, list[str]]:
        header = forward.header.decode().removeprefix("Delivered-To: ").rstrip("\n")
        return header, [recipient.address for recipient in forward.recipients]

    return [shown(forward) for result in results for forward in result.forwards]


def passes(results: list[DeliveryResult]) -> list[Pass]:
    """What is left to other services."""
    return [passed for result in results for passed in result.passed]
