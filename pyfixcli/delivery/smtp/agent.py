"""A delivery by SMTP or LMTP: server after server, until every recipient has an answer (smtp(8)).

A server that cannot be reached, or that refuses before a transaction, is followed by the next one; so is one that
answers a recipient with 4xx. What is left at the end is deferred with the last reason. Connections
are kept for a while when more mail waits for the same next hop, or always for
smtp_connection_cache_destinations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from pyfixcli.delivery.agent import (
    AgentContext,
    ContentReader,
    Outcome,
    bounced,
    deferred,
    report,
)
from pyfixcli.delivery.delivered_to import is_delivered_before
from pyfixcli.delivery.smtp.answer import Answered, SessionFailure, StaleSession
from pyfixcli.delivery.smtp.content_checks import OutgoingChecks
from pyfixcli.delivery.smtp.conversation import Client, ClientTables, Notifier
from pyfixcli.delivery.smtp.credentials import Credentials
from pyfixcli.delivery.smtp.generic import GenericMap
from pyfixcli.delivery.smtp.hosts import HostFinder, MyAddresses, Servers
from pyfixcli.delivery.smtp.nexthop import cache_name, parse_nexthop, split_nexthops
from pyfixcli.delivery.smtp.peer import Endpoint, Network, Peer, SourceProblem
from pyfixcli.delivery.smtp.prepend import with_prepended
from pyfixcli.delivery.smtp.session import Session
from pyfixcli.delivery.smtp.settings import ClientSettings
from pyfixcli.delivery.smtp.tls_level import TlsPolicies
from pyfixcli.delivery.status_filter import filter_status
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure

FALLBACK_PORT = "smtp"
OBSOLETE_FINAL = 'lmtp_assume_final is obsolete; instead, specify "flags=X" in master.cf'


class SessionCache(Protocol):
    """Sessions that wait for more mail to the same next hop."""

    def take(self, key: str) -> Session | None:
        """A usable one, or None."""
        ...

    def keep(self, key: str, session: Session, seconds: float) -> None:
        """Keep one for so long; it is ended then."""
        ...


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a recipient has no final answer yet, and from which server; None: none was reached."""

    answered: Answered
    endpoint: Endpoint | None = None


@dataclass(slots=True)
class Progress:
    """One delivery under way. ``notes`` are log lines that are due if another server is tried.

    ``key`` names the next hop among kept sessions, ``is_kept_always`` is what smtp_connection_cache_destinations
    says; ``site_failed`` tells that the last try ended before or in the middle of a transaction.
    """

    request: DeliveryRequest
    content: ContentReader
    key: str
    started: float
    connected: float
    remaining: list[RequestRecipient]
    is_kept_always: bool = False
    reasons: dict[int, Reason] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    tried: Endpoint | None = None  # over a kept connection: not asked again
    sessions: int = 0
    uses: int = 0
    site_failed: bool = True
    results: list[DeliveryResult] = field(default_factory=list)

    def fail(self, reason: Reason) -> None:
        """Nobody who remains got an answer of his own."""
        self.site_failed = True
        for recipient in self.remaining:
            self.defer(recipient.index, reason)

    def defer(self, index: int, reason: Reason) -> None:
        """A recipient is left for now; ``reasons`` are in the order in which they were given."""
        self.reasons.pop(index, None)
        self.reasons[index] = reason


class SmtpAgent:
    """Delivers for one service of master.cf. ``flags`` as in ``flags=DORX``."""

    def __init__(
        self,
        context: AgentContext,
        settings: ClientSettings,
        network: Network,
        cache: SessionCache,
        me: MyAddresses,
        flags: str = "",
        notifier: Notifier | None = None,
    ) -> None:
        self._context = context
        self._settings = settings
        self._network = network
        self._cache = cache
        tables = _open_tables(context, settings)
        checks = OutgoingChecks(context, settings.prefix)
        generic = GenericMap(context, settings.prefix)
        self._client = Client(context, settings, tables, checks, generic, flags, notifier)
        self._tls = TlsPolicies(context, settings.prefix)
        self._credentials = Credentials(context, settings.prefix)
        self._finder = HostFinder(context.config, settings, network, me, self._warn)
        self._cached = MatchList(
            context.config,
            settings.connection_cache_destinations,
            settings.parameter("connection_cache_destinations"),
            context.waiter,
        )
        if settings.assume_final:
            self._warn(OBSOLETE_FINAL)

    def _warn(self, text: str) -> None:
        self._context.log.warning(self._context.service, text)

    async def deliver(
        self, request: DeliveryRequest, content: ContentReader
    ) -> list[DeliveryResult]:
        """A result for each recipient of the request, each logged."""
        now = self._context.clock.now()
        key = f"{request.service} {request.nexthop.lower()}"
        remaining = list(request.recipients)
        progress = Progress(request, content, key, now, now, remaining)
        if "D" in self._client.flags:
            await self._return_loops(progress)
        try:
            if progress.remaining:
                await self._send(progress)
        except Exception as error:
            if not progress.results:
                raise
            await self._break_off(progress, error)
        return progress.results

    async def _break_off(self, progress: Progress, error: Exception) -> None:
        """A fault of ours in the middle: whoever has a final answer keeps it, or would get the message again."""
        log, service = self._context.log, self._context.service
        log.panic(service, f"{progress.request.queue_id}: {type(error).__name__}: {error}")
        reason = Reason(Answered(deferred("4.3.0", f"delivery agent failure: {error}")))
        answered = {result.index for result in progress.results}
        for recipient in progress.request.recipients:
            if recipient.index not in answered:
                await self._report(progress, recipient, reason)

    async def _return_loops(self, progress: Progress) -> None:
        """Recipients that the message has been delivered to before: it came back."""
        request = progress.request
        asked, progress.remaining = progress.remaining, []
        for recipient in asked:
            if not is_delivered_before(progress.content, recipient.address):
                progress.remaining.append(recipient)
                continue
            outcome = bounced("5.4.6", f"mail forwarding loop for {recipient.address}")
            reason = Reason(Answered(outcome))
            await self._report(progress, recipient, reason, relay=request.service)

    async def _send(self, progress: Progress) -> None:
        """Over a kept session first, then to one server after the other."""
        progress.is_kept_always = await self._is_kept_always(progress.request.nexthop)
        kept = self._cache.take(progress.key)
        if kept is not None:
            await self._use(kept, progress)
        if progress.remaining:
            await self._try_hosts(progress)
        places = {index: place for place, index in enumerate(progress.reasons)}
        for recipient in sorted(progress.remaining, key=lambda left: places[left.index]):
            reason = progress.reasons[recipient.index]
            await self._report(progress, recipient, reason, progress.site_failed)

    async def _is_kept_always(self, nexthop: str) -> bool:
        if not self._cached:
            return False
        try:
            return await self._cached.matches_domain(cache_name(nexthop, self._settings.is_lmtp))
        except TableFailure as error:
            self._warn(str(error))
            return False

    # -- servers ---------------------------------------------------------------------------

    async def _try_hosts(self, progress: Progress) -> None:
        """Server after server; what remains then has its reason."""
        servers = await self._servers(progress.request.nexthop)
        if servers.problem is not None:
            progress.fail(Reason(Answered(servers.problem)))
            return
        for endpoint in servers.endpoints:
            if endpoint == progress.tried:
                continue
            self._write_notes(progress)
            session = await self._open(endpoint, progress)
            if session is not None:
                await self._use(session, progress)
            limit = self._settings.mx_session_limit
            if not progress.remaining or (limit and progress.sessions >= limit):
                return

    async def _servers(self, nexthop: str) -> Servers:
        """Servers for the next hops, then the fallback relays; the last problem when there are none.

        A destination that this host is a mail exchanger of has no fallback relay: that would be a loop.
        """
        endpoints: list[Endpoint] = []
        problem: Outcome | None = None
        port = self._settings.tcp_port or FALLBACK_PORT
        has_me = False
        for name in split_nexthops(nexthop):
            found = await self._find(name, port, self._settings.is_lmtp)
            endpoints += found.endpoints
            problem = found.problem or problem
            has_me |= found.has_me
        if not has_me:
            for name in split_nexthops(self._settings.fallback_relay):
                endpoints += (await self._find(name, FALLBACK_PORT, False)).endpoints
        if endpoints:
            return Servers(tuple(endpoints))
        return Servers(problem=problem or deferred("4.4.1", f"no server for {nexthop}"))

    async def _find(self, name: str, port: str, is_lmtp: bool) -> Servers:
        parsed = parse_nexthop(name, port, is_lmtp)
        if isinstance(parsed, str):
            return Servers(problem=deferred("4.3.5", parsed))
        return await self._finder.find(parsed)

    async def _open(self, endpoint: Endpoint, progress: Progress) -> Session | None:
        """Connect and greet; None with the reason in ``progress`` when the server is of no use."""
        level = await self._tls.level(progress.request.nexthop, endpoint)
        if isinstance(level, Outcome):
            progress.fail(Reason(Answered(level)))
            return None
        peer = await self._connect(endpoint, progress)
        if peer is None:
            return None
        progress.sessions += 1
        session = Session(self._client, peer, endpoint, progress.request.queue_id)
        try:
            await session.greet(progress.request, level, self._credentials)
        except SessionFailure as failure:
            self._note_failure(failure, endpoint, progress)
            session.notify(progress.request.sender)
            return None
        except Exception:
            session.drop()
            raise
        progress.connected = self._context.clock.now()
        return session

    async def _connect(self, endpoint: Endpoint, progress: Progress) -> Peer | None:
        settings = self._settings
        source = settings.bind_address6 if ":" in endpoint.address else settings.bind_address
        source = source if endpoint.port else ""
        try:
            try:
                return await self._network.connect(endpoint, settings.connect_timeout, source)
            except SourceProblem as problem:
                self._warn(f"smtp_connect_addr: bind {source}: {problem}")
                if settings.bind_address_enforce:
                    self._note_no_source(progress)
                    return None
            return await self._network.connect(endpoint, settings.connect_timeout, "")
        except TimeoutError:
            problem_text = "Connection timed out"
        except OSError as error:
            problem_text = error.strerror or str(error)
        text = f"connect to {endpoint.relay}: {problem_text}"
        if endpoint.port:  # the reference says nothing more about a local socket
            self._context.log.info(self._context.service, text)
        progress.fail(Reason(Answered(deferred("4.4.1", text))))
        return None

    def _note_no_source(self, progress: Progress) -> None:
        text = "server configuration error"
        self._context.log.info(self._context.service, text)
        progress.fail(Reason(Answered(deferred("4.4.0", text))))

    def _note_failure(
        self, failure: SessionFailure, endpoint: Endpoint, progress: Progress
    ) -> None:
        progress.fail(Reason(failure.answered, endpoint))
        progress.notes.append(failure.answered.outcome.text)

    def _write_notes(self, progress: Progress) -> None:
        """Log what the servers before said: the reasons at the end are those of the last one."""
        for text in progress.notes:
            self._context.log.info(self._context.service, f"{progress.request.queue_id}: {text}")
        progress.notes = []

    # -- a transaction -----------------------------------------------------------------------

    async def _use(self, session: Session, progress: Progress) -> None:
        """One transaction: final answers are reported, the other recipients remain."""
        endpoint = session.endpoint
        chunks = with_prepended(self._client.flags, progress.request, progress.content.chunks())
        try:
            answers, failure = await session.send(
                progress.request, progress.remaining, chunks, not self._is_to_be_kept(progress)
            )
        except StaleSession:
            return
        except Exception:
            session.drop()
            raise
        progress.tried = endpoint
        progress.uses = session.uses
        progress.site_failed = False
        asked = {recipient.index: recipient for recipient in progress.remaining}
        noted: set[int] = set()
        for index, answered in answers.items():  # in the order of the replies
            reason = Reason(answered, endpoint)
            if answered.outcome.status is not Status.DEFERRED:
                await self._report(progress, asked.pop(index), reason)
                continue
            progress.defer(index, reason)
            if id(answered) not in noted:
                noted.add(id(answered))
                progress.notes.append(answered.outcome.text)
        progress.remaining = list(asked.values())
        if failure is not None:
            self._take_failure(failure, endpoint, answers, progress)
        self._keep_or_quit(session, progress)

    def _take_failure(
        self,
        failure: SessionFailure,
        endpoint: Endpoint,
        answers: dict[int, Answered],
        progress: Progress,
    ) -> None:
        """The session broke: those without an answer share its reason."""
        progress.site_failed = True
        progress.notes.append(failure.answered.outcome.text)
        for recipient in progress.remaining:
            if recipient.index not in answers:
                progress.defer(recipient.index, Reason(failure.answered, endpoint))

    def _is_to_be_kept(self, progress: Progress) -> bool:
        """Whether the connection may be of use for more mail."""
        on_demand = progress.request.backlog and self._settings.connection_cache_on_demand
        return on_demand or progress.is_kept_always

    def _keep_or_quit(self, session: Session, progress: Progress) -> None:
        if session.is_usable and self._is_to_be_kept(progress):
            limit = self._settings.connection_cache_time_limit
            self._cache.keep(progress.key, session, limit)
        else:
            session.quit()
        session.notify(progress.request.sender)

    # -- results -------------------------------------------------------------------------

    async def _report(
        self,
        progress: Progress,
        recipient: RequestRecipient,
        reason: Reason,
        site_failed: bool = False,
        relay: str = "none",
    ) -> None:
        endpoint, outcome = reason.endpoint, reason.answered.outcome
        status_filter = self._client.tables.status_filter
        if status_filter:
            outcome = await filter_status(self._context, status_filter, outcome)
        result = report(
            self._context,
            progress.request,
            recipient,
            outcome,
            endpoint.relay if endpoint is not None else relay,
            progress.started,
            progress.connected,
            progress.uses,
        )
        changes: dict[str, object] = {
            "destination_failed": site_failed and result.status is Status.DEFERRED
        }
        if endpoint is not None and reason.answered.reply:
            changes["remote_mta"] = endpoint.name
            changes["diagnostic_type"] = "smtp"
            changes["diagnostic"] = reason.answered.reply
        progress.results.append(msgspec.structs.replace(result, **changes))


def _open_tables(context: AgentContext, settings: ClientSettings) -> ClientTables:
    def table(name: str) -> MapList:
        names = getattr(settings, name)
        return MapList(context.config, names, settings.parameter(name), fold=False)

    return ClientTables(
        reply_filter=table("reply_filter"),
        status_filter=table("delivery_status_filter"),
        discard_keywords=table("discard_ehlo_keyword_address_maps"),
        pix_workarounds=table("pix_workaround_maps"),
    )
