"""Restrictions in tests: a configuration from a few lines, a DNS from a table, the log as a list."""

from __future__ import annotations

from pyfixcli.access.evaluate import Access
from pyfixcli.access.facts import Case, Client, DnsAnswer, DnsStatus
from pyfixcli.base.clock import SystemClock
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.resolve import Resolver
from pyfixcli.rewrite.rewrite import Rewriter

BASE = {
    "compatibility_level": "3.6",
    "myhostname": "mail.example.test",
    "mydomain": "example.test",
    "mydestination": "mail.example.test, example.test, localhost",
    "mynetworks": "127.0.0.0/8",
    "inet_interfaces": "127.0.0.1",
    "local_recipient_maps": "inline:{{alice=x}, {bob=x}}",
    "alias_maps": "",
}


class Lines:
    """A sink that keeps the texts of lines, without their stamp."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, lines: bytes) -> None:
        for line in lines.decode().split("\n"):
            if line:
                self.texts.append(line.partition("]: ")[2])


class Zone:
    """A DNS with these records: (name, kind) -> answer."""

    def __init__(self, answers: dict[tuple[str, str], DnsAnswer] | None = None) -> None:
        self.answers = answers or {}

    async def lookup(self, name: str, kind: str) -> DnsAnswer:
        """What the table says; else there is no such name."""
        return self.answers.get((name, kind), DnsAnswer(DnsStatus.NO_NAME))


class Judge:
    """Access with its log; ``rcpt`` asks about a recipient."""

    def __init__(self, settings: dict[str, str] | None = None, zone: Zone | None = None) -> None:
        self.lines = Lines()
        config = Config("/nonexistent", {**BASE, **(settings or {})})
        log = MailLog(self.lines, "postfix", "mail.example.test", SystemClock())
        waiter = BlockingWaiter()
        resolver = Resolver(config, waiter, log.warning)
        self.access = Access(
            config, log, "smtpd", Rewriter(config), resolver, waiter, zone or Zone()
        )

    def case(self, client: Client | None = None, sender: str | None = "a@example.org") -> Case:
        """A session of this client with this sender."""
        case = Case(client or Client("unknown", "192.0.2.10"))
        case.helo, case.protocol, case.sender = "client.test", "ESMTP", sender
        return case

    def rcpt(self, recipient: str, case: Case | None = None) -> str:
        """The refusal, or ``ok``."""
        case = case or self.case()
        case.verb, case.recipient = "RCPT", recipient
        reply = drive(self.access.rcpt(case))
        return "ok" if reply is None else str(reply)
