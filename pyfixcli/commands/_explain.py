"""pyfix explain: the way of an address through the mail system, and what decided at each step.

The parts of the daemon are wired together as it does, with an observer; nothing is decided here. Mail is neither made nor
delivered: local(8) and virtual(8) are asked as ``sendmail -bv`` asks them.

Bugs: what other hosts would say is not asked: restrictions that need the DNS or a policy server are not judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from pyfixcli.access.evaluate import Access
from pyfixcli.access.facts import UNKNOWN, Case, Client, DnsAnswer, NameStatus
from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL, EX_UNAVAILABLE, EX_USAGE
from pyfixcli.cleanup.outcome import Accepted, Refused
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.cleanup.reception import Reception, access_view
from pyfixcli.config.master_cf import Service, read_services
from pyfixcli.config.service_view import service_config
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import WORDS, AgentContext, BytesContent, ContentReader
from pyfixcli.delivery.discard import deliver_discard
from pyfixcli.delivery.error import deliver_error
from pyfixcli.delivery.local.context import make_local_context
from pyfixcli.delivery.local.recipient import deliver_local
from pyfixcli.delivery.virtual.recipient import VirtualAgent
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_VERIFY_ONLY, Envelope, Origin
from pyfixcli.mail.recipient import PENDING, Recipient
from pyfixcli.mail.reply import Reply
from pyfixcli.mail.tok822 import parse_addresses
from pyfixcli.maps.entry_place import find_place
from pyfixcli.maps.lookup import BlockingWaiter, MapList
from pyfixcli.maps.table import Table
from pyfixcli.present.explanation import Change, Event, Lookup, Remark, Section, Setting, shown
from pyfixcli.rewrite.resolve import Resolved, Resolver, filter_route
from pyfixcli.rewrite.rewrite import Rewriter

NAME = "explain"
ALIASES = ("alias_maps", "alias_database")
Delivery = Callable[
    [DeliveryRequest, ContentReader], Coroutine[object, object, list[DeliveryResult]]
]


class NeedsDns(Exception):
    """A restriction cannot be judged without the DNS."""


class NoDns:
    """Stands for the DNS (access.facts.Dns)."""

    async def lookup(self, name: str, kind: str) -> DnsAnswer:
        """Raises NeedsDns."""
        raise NeedsDns(f"needs the DNS: {kind} of {name}")


class Nowhere:
    """Content that is not kept (cleanup.outcome.ContentSink)."""

    def write(self, data: bytes) -> None:
        """Forget it."""


class Recorder:
    """Writes down what is decided, by section (maps.observer.Observer); the sink of the log, too."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._seen: set[Lookup | Change] = set()
        self.sections: list[Section] = []

    def begin(self, title: str, subject: str) -> Section:
        """What comes now belongs to a new section."""
        self.sections.append(Section(title, subject))
        self._seen.clear()
        return self.sections[-1]

    def _note_once(self, event: Lookup | Change) -> None:
        """Keep it, unless this section has it: aliases can go in a circle a thousand times."""
        if event not in self._seen:
            self._seen.add(event)
            self._note(event)

    def _note(self, event: Event) -> None:
        events = self.sections[-1].events
        if not events or events[-1] != event:
            events.append(event)

    def note_lookup(self, parameter: str, table: Table, key: str, value: str | None) -> None:
        """As Observer.note_lookup."""
        place = ""
        if value is not None:
            place = find_place(table, key, value, self._config, parameter in ALIASES)
        self._note_once(Lookup(parameter, table.name, key, value, place))

    def note_setting(self, parameter: str, text: str) -> None:
        """As Observer.note_setting."""
        self._note(Setting(parameter, text))

    def note_step(self, name: str, before: str, after: Sequence[str]) -> None:
        """As Observer.note_step."""
        self._note_once(Change(name, shown(before), tuple(map(shown, after))))

    def note_verdict(self, restriction: str, subject: str, verdict: str) -> None:
        """As Observer.note_verdict."""
        self._note(Change(restriction, subject, (verdict,)))

    def write(self, lines: bytes) -> None:
        """Log lines: what is wrong is part of the explanation."""
        for line in lines.decode("utf-8", "surrogateescape").split("\n"):
            text = line.partition("]: ")[2]
            if text.startswith(("warning: ", "error: ", "fatal: ", "panic: ")):
                self._note(Remark(text))

    def close(self) -> None:
        """There is nothing to close."""

    def report(self, text: str, is_error: bool) -> None:
        """What tables have to say."""
        self._note(Remark(f"{'error' if is_error else 'warning'}: {text}"))


class WatchedRewriter(Rewriter):
    """A Rewriter whose changes are written down."""

    def __init__(self, config: Config, recorder: Recorder) -> None:
        super().__init__(config)
        self._recorder = recorder

    def rewrite(self, address: str, context: str) -> str:
        """As Rewriter.rewrite."""
        rewritten = super().rewrite(address, context)
        if rewritten != address:
            self._recorder.note_step("trivial-rewrite", address, (rewritten,))
        return rewritten


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be explained. Addresses are in internal form; without a client it is a local submission."""

    sender: str
    recipient: str
    client: Client | None = None


def parse_question(address: str, sender: str, client: str) -> Question:
    """From the words of a command line; PyfixError."""
    return Question(
        _parse_address(sender) if sender.strip("<> ") else "",
        _parse_address(address),
        _parse_client(client) if client else None,
    )


def _parse_address(text: str) -> str:
    found = parse_addresses(text)
    if len(found) != 1:
        raise PyfixError(f"not an address: {text}", EX_USAGE)
    return found[0]


def _parse_client(text: str) -> Client:
    """``address`` or ``name[address]``; without a name, or with ``unknown`` as in the log, the client has none."""
    name, bracket, rest = text.rpartition("[")
    address = rest.removesuffix("]") if bracket else text
    try:
        ip_address(address)
    except ValueError:
        raise PyfixError(f"not a client: {text}", EX_USAGE) from None
    if name not in ("", UNKNOWN):
        return Client(name, address, reverse_name=name)
    return Client(UNKNOWN, address, "", UNKNOWN, NameStatus.PERMANENT, NameStatus.PERMANENT)


@dataclass(slots=True)
class Explainer:
    """The parts of one instance, wired to an observer. ``status`` is the exit status so far."""

    config: Config
    recorder: Recorder = field(init=False)
    status: int = field(default=EX_OK, init=False)
    _waiter: BlockingWaiter = field(init=False)
    _log: MailLog = field(init=False)
    _services: list[Service] = field(init=False)
    _rewriter: WatchedRewriter = field(init=False)
    _resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        self.recorder = Recorder(config)
        self._waiter = BlockingWaiter(self.recorder.report, self.recorder)
        self._log = MailLog(self.recorder, config.syslog_name, config.myhostname, SystemClock())
        self._services = read_services(config.config_directory)
        view = service_config(config, self._services, "rewrite")
        self._rewriter = WatchedRewriter(view, self.recorder)
        self._resolver = Resolver(view, self._waiter, self._log.warning)

    def explain(self, question: Question) -> list[Section]:
        """Everything about a recipient, in the order in which the mail system decides it."""
        if question.client is not None:
            drive(self._judge(question, question.client))
        envelope = drive(self._clean_up(question))
        if envelope is not None:
            for recipient in envelope.recipients:
                if recipient.status == PENDING:
                    drive(self._route(envelope, recipient))
        return self.recorder.sections

    def _fail(self, status: int) -> None:
        """A refusal stands; else the first trouble counts."""
        if self.status != EX_UNAVAILABLE:
            self.status = status if status == EX_UNAVAILABLE else self.status or status

    # -- smtpd(8) --------------------------------------------------------------------------

    def _receiver(self, question: Question) -> Config:
        """The view of the service that takes the message."""
        if question.client is None:
            return service_config(self.config, self._services, "pickup")
        names = [s.name for s in self._services if s.command == "smtpd" and s.type == "inet"]
        return service_config(self.config, self._services, names[0] if names else "smtp", "inet")

    async def _judge(self, question: Question, client: Client) -> None:
        """The restrictions, command by command."""
        section = self.recorder.begin("restrictions", f"{client} RCPT TO:<{question.recipient}>")
        access = Access(
            access_view(self._receiver(question)),
            self._log,
            "smtpd",
            self._rewriter,
            self._resolver,
            self._waiter,
            NoDns(),
        )
        case = Case(client)
        try:
            reply = await _ask(access, case, question)
            section.results["header addresses"] = await access.rewrite_context(case)
        except NeedsDns as reason:
            section.results["smtpd"] = f"cannot be told: {reason}"
            self._fail(EX_TEMPFAIL)
            return
        section.results["smtpd"] = "accepted" if reply is None else str(reply)
        if reply is not None:
            self._fail(EX_TEMPFAIL if reply.code < 500 else EX_UNAVAILABLE)

    # -- cleanup(8) ------------------------------------------------------------------------

    async def _clean_up(self, question: Question) -> Envelope | None:
        """The envelope of a message without content, or None when it would not be taken."""
        section = self.recorder.begin(
            "envelope", f"{shown(question.sender)} to {shown(question.recipient)}"
        )
        receiver = self._receiver(question)
        view = service_config(self.config, self._services, receiver.cleanup_service_name)
        origin = Origin(
            service="pickup" if question.client is None else "smtpd",
            sender=question.sender,
            recipients=(Recipient(question.recipient),),
            arrival_time=time.time(),
            protocol="" if question.client is None else "ESMTP",
            add_received=False,
        )
        cleanup = Cleanup(view, self._rewriter, self._log, self._waiter)
        message = cleanup.begin(origin, NAME, Nowhere(), Reception.of(receiver))
        outcome = await message.finish()
        if not isinstance(outcome, Accepted):
            text = f"{outcome.dsn} {outcome.text}" if isinstance(outcome, Refused) else "discarded"
            section.results["cleanup"] = text
            is_later = isinstance(outcome, Refused) and outcome.status == EX_TEMPFAIL
            self._fail(EX_TEMPFAIL if is_later else EX_UNAVAILABLE)
            return None
        section.results["sender"] = shown(outcome.envelope.sender)
        for number, recipient in enumerate(outcome.envelope.recipients, 1):
            section.results[f"recipient {number}"] = shown(recipient.address)
        return outcome.envelope

    # -- qmgr(8) ---------------------------------------------------------------------------

    async def _route(self, envelope: Envelope, recipient: Recipient) -> None:
        """Transport and next hop of a recipient, then its delivery."""
        section = self.recorder.begin("route", shown(recipient.address))
        if envelope.content_filter:
            self.recorder.note_setting("content_filter", envelope.content_filter)
            default = self.config.default_filter_nexthop
            found = filter_route(envelope.content_filter, default, recipient.address)
        else:
            found = await self._resolver.resolve(envelope.sender, recipient.address)
        if found.failure:
            section.results["problem"] = found.failure
            self._fail(EX_TEMPFAIL)
            return
        section.results["recipient"] = shown(found.recipient)
        section.results["address class"] = found.address_class.value
        section.results["transport"] = found.transport
        section.results["next hop"] = found.nexthop
        await self._deliver(envelope, recipient, found)

    async def _deliver(self, envelope: Envelope, recipient: Recipient, found: Resolved) -> None:
        section = self.recorder.begin("delivery", shown(found.recipient))
        service = self._find_service(found.transport)
        if service is None:
            section.results["problem"] = f"mail transport unavailable: {found.transport}"
            self._fail(EX_TEMPFAIL)
            return
        section.results["service"] = f"{service.name} ({service.command})"
        if service.command not in AGENTS:
            return
        try:
            agent = self._agent(service)
            results = await AGENTS[service.command](self, agent)(
                _request(envelope, recipient, found), BytesContent(b"")
            )
        except PyfixError as error:
            section.results["problem"] = str(error)
            self._fail(EX_TEMPFAIL)
            return
        self._take(section, results)

    def _find_service(self, transport: str) -> Service | None:
        """The line of master.cf; error and retry are there without one."""
        for service in self._services:
            if service.name == transport and service.type == "unix":
                return service
        return None

    def _agent(self, service: Service) -> AgentContext:
        config = service_config(self.config, self._services, service.name, "unix")
        aliases = MapList(config, config.alias_maps, "alias_maps")
        return AgentContext(
            service.command, config, self._log, SystemClock(), self._waiter, aliases
        )

    def _take(self, section: Section, results: list[DeliveryResult]) -> None:
        """What the agent says; what it leaves to another service is named."""
        parts = [part for result in results for part in result.outcomes]
        for number, part in enumerate(parts, 1):
            name = "outcome" if len(parts) == 1 else f"outcome {number}"
            whom = f"{shown(part.address)}: " if part.address else ""
            section.results[name] = f"{whom}{WORDS[part.status]} ({part.dsn} {part.text})"
            if part.status is not Status.DELIVERABLE:
                self._fail(EX_TEMPFAIL if part.dsn.startswith("4") else EX_UNAVAILABLE)
        for result in results:
            for passed in result.passed:
                section.results["passed on"] = f"{passed.service}:{passed.nexthop}"

    def make_local(self, agent: AgentContext) -> Delivery:
        """local(8)."""
        context = make_local_context(agent, self._rewriter, self._resolver, lambda: "")
        return lambda request, content: deliver_local(request, content, context)


async def _ask(access: Access, case: Case, question: Question) -> Reply | None:
    """The commands of a session up to RCPT TO; the first refusal."""
    client = case.client
    case.helo = client.name if client.name != UNKNOWN else f"[{client.address}]"
    case.protocol = "ESMTP"
    reply = await access.connect(case)
    case.verb = "EHLO"
    reply = reply or await access.helo(case)
    case.verb, case.sender = "MAIL", question.sender
    reply = reply or await access.mail(case)
    case.verb, case.recipient = "RCPT", question.recipient
    return reply or await access.rcpt(case)


def _request(envelope: Envelope, recipient: Recipient, found: Resolved) -> DeliveryRequest:
    """As the scheduler would ask for it, for ``sendmail -bv``."""
    wanted = RequestRecipient(0, found.recipient, recipient.original or recipient.address)
    return DeliveryRequest(
        queue_id=NAME,
        attempt=1,
        service=found.transport,
        nexthop=found.nexthop,
        recipients=(wanted,),
        sender=envelope.sender,
        size=0,
        stored=0,
        arrival_time=envelope.arrival_time,
        active_time=envelope.arrival_time,
        flags=FLAG_VERIFY_ONLY,
    )


def _fixed(
    deliver: Callable[
        [DeliveryRequest, ContentReader | None, AgentContext],
        Coroutine[object, object, list[DeliveryResult]],
    ],
) -> Callable[[Explainer, AgentContext], Delivery]:
    """An agent that has no state."""
    return lambda explainer, agent: lambda request, content: deliver(request, content, agent)


# what can tell without another host, by the program that the service's line in master.cf names
AGENTS: dict[str, Callable[[Explainer, AgentContext], Delivery]] = {
    "local": Explainer.make_local,
    "virtual": lambda explainer, agent: VirtualAgent(agent).deliver,
    "error": _fixed(deliver_error),
    "discard": _fixed(deliver_discard),
}
