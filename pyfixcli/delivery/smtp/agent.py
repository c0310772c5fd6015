"""A delivery by SMTP: server after server, until every recipient has an answer (smtp(8)).

A server that cannot be reached, or that refuses before a transaction, is followed by the next one; so is one that
answers a recipient with 4xx. What is left at the end is deferred with the last reason. Connections
are kept for a while when more mail waits for the same next hop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from pyfixcli.delivery.agent import AgentContext, Outcome, deferred, report
from pyfixcli.delivery.smtp.hosts import MyAddresses, find_endpoints
from pyfixcli.delivery.smtp.nexthop import parse_nexthop, split_nexthops
from pyfixcli.delivery.smtp.peer import Endpoint, Network
from pyfixcli.delivery.smtp.session import Answered, Session, SessionFailure
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status

SERVICE = "smtp"  # of the port, when the next hop names none


class Content(Protocol):
    """The content of a message in pieces with LF line ends; may be read more than once."""

    def chunks(self) -> Iterator[bytes]:
        """From the start."""
        ...


class SessionCache(Protocol):
    """Sessions that wait for more mail to the same next hop."""

    def take(self, key: str) -> Session | None:
        """A usable one, or None."""
        ...

    def keep(self, key: str, session: Session, seconds: float) -> None:
        """Keep one for so long; it is ended then."""
        ...


@dataclass(slots=True)
class Progress:
    """One delivery under way: who has no final answer yet, and the last reason."""

    request: DeliveryRequest
    started: float
    connected: float
    remaining: list[RequestRecipient]
    endpoint: Endpoint | None = None
    answered_by: Endpoint | None = None  # over a kept connection: not asked again
    uses: int = 0
    last: Answered = field(
        default_factory=lambda: Answered(deferred("4.4.1", "no server could be reached"))
    )
    results: list[DeliveryResult] = field(default_factory=list)


class SmtpAgent:
    """Delivers for one service of master.cf."""

    def __init__(
        self, context: AgentContext, network: Network, cache: SessionCache, me: MyAddresses
    ) -> None:
        self._context = context
        self._config = context.config
        self._network = network
        self._cache = cache
        self._me = me

    async def deliver(self, request: DeliveryRequest, content: Content) -> list[DeliveryResult]:
        """A result for each recipient of the request, each logged."""
        now = self._context.clock.now()
        progress = Progress(request, now, now, list(request.recipients))
        key = f"{request.service} {request.nexthop.lower()}"
        kept = self._cache.take(key)
        if kept is not None:
            await self._use(kept, kept.endpoint, key, content, progress, is_last=False)
        if progress.remaining:
            await self._try_hosts(key, content, progress)
        for recipient in progress.remaining:
            self._report(progress, recipient, progress.last, destination_failed=not progress.uses)
        return progress.results

    async def _try_hosts(self, key: str, content: Content, progress: Progress) -> None:
        """Server after server; what remains has ``progress.last`` as its reason."""
        endpoints = await self._endpoints(progress.request.nexthop)
        if isinstance(endpoints, Outcome):
            progress.last, progress.endpoint = Answered(endpoints), None
            return
        endpoints = [endpoint for endpoint in endpoints if endpoint != progress.answered_by]
        sessions = 0
        for number, endpoint in enumerate(endpoints):
            is_last = number == len(endpoints) - 1
            session = await self._open(endpoint, progress)
            if session is None:
                continue
            sessions += 1
            limit = self._config.smtp_mx_session_limit
            is_last = is_last or bool(limit and sessions >= limit)
            await self._use(session, endpoint, key, content, progress, is_last)
            if not progress.remaining or is_last:
                return

    async def _endpoints(self, nexthop: str) -> list[Endpoint] | Outcome:
        """Servers for the next hops, then the fallback relays; the last reason when there are none."""
        endpoints: list[Endpoint] = []
        port = self._config.text("smtp_tcp_port") or SERVICE
        problem = deferred("4.4.1", f"no server for {nexthop}")
        for name in split_nexthops(nexthop):
            found = await self._find(name, port)
            if isinstance(found, Outcome):
                problem = found
            else:
                endpoints += found
        if not endpoints and problem.status is Status.BOUNCED:
            return problem
        for name in split_nexthops(self._config.smtp_fallback_relay):
            found = await self._find(name, SERVICE)
            endpoints += found if isinstance(found, list) else []
        return endpoints or problem

    async def _find(self, nexthop: str, port: str) -> list[Endpoint] | Outcome:
        parsed = parse_nexthop(nexthop, port)
        if isinstance(parsed, str):
            return deferred("4.3.5", parsed)
        context = self._context
        return await find_endpoints(
            parsed,
            self._config,
            self._network,
            self._me,
            lambda text: context.log.warning(context.service, text),
        )

    async def _open(self, endpoint: Endpoint, progress: Progress) -> Session | None:
        """Connect and greet; None with the reason in ``progress`` when the server is of no use."""
        config, context = self._config, self._context
        source = config.smtp_bind_address6 if ":" in endpoint.address else config.smtp_bind_address
        problem = ""
        try:
            peer = await self._network.connect(endpoint, config.smtp_connect_timeout, source)
        except TimeoutError:
            problem = "Connection timed out"
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            text = f"connect to {endpoint.relay}: {problem}"
            context.log.info(context.service, text)
            progress.last, progress.endpoint = Answered(deferred("4.4.1", text)), None
            return None
        session = Session(peer, endpoint, config)
        try:
            await session.greet()
        except SessionFailure as failure:
            self._note_failure(failure, endpoint, progress)
            return None
        progress.connected = context.clock.now()
        return session

    def _note_failure(
        self, failure: SessionFailure, endpoint: Endpoint, progress: Progress
    ) -> None:
        context = self._context
        progress.last, progress.endpoint = failure.answered, endpoint
        context.log.info(
            context.service, f"{progress.request.queue_id}: {failure.answered.outcome.text}"
        )

    async def _use(
        self,
        session: Session,
        endpoint: Endpoint,
        key: str,
        content: Content,
        progress: Progress,
        is_last: bool,
    ) -> None:
        """One transaction: final answers are reported, the other recipients remain."""
        try:
            answers = await session.send(progress.request, progress.remaining, content.chunks())
        except SessionFailure as failure:
            progress.last, progress.endpoint = failure.answered, endpoint
            if session.uses > 1 and not is_last:
                return  # a kept connection that had died: a new one will do
            self._note_failure(failure, endpoint, progress)
            return
        progress.endpoint = progress.answered_by = endpoint
        progress.uses = session.uses
        remaining = []
        for recipient in progress.remaining:
            answered = answers[recipient.index]
            if answered.outcome.status is Status.DEFERRED and not is_last:
                progress.last = answered
                remaining.append(recipient)
                continue
            self._report(progress, recipient, answered)
        progress.remaining = remaining
        self._keep_or_quit(session, key, progress)

    def _keep_or_quit(self, session: Session, key: str, progress: Progress) -> None:
        config = self._config
        wanted = progress.request.more_waits and config.smtp_connection_cache_on_demand
        limit = config.smtp_connection_reuse_count_limit
        worn = bool(limit and session.uses >= limit)
        if session.is_usable and wanted and not worn and not progress.remaining:
            self._cache.keep(key, session, config.smtp_connection_cache_time_limit)
        else:
            session.quit()

    # -- results -------------------------------------------------------------------------

    def _report(
        self,
        progress: Progress,
        recipient: RequestRecipient,
        answered: Answered,
        destination_failed: bool = False,
    ) -> None:
        endpoint = progress.endpoint
        result = report(
            self._context,
            progress.request,
            recipient,
            answered.outcome,
            endpoint.relay if endpoint is not None else "none",
            progress.started,
            progress.connected,
            progress.uses,
        )
        failed = destination_failed and result.status is Status.DEFERRED
        result = msgspec.structs.replace(result, destination_failed=failed)
        if endpoint is not None and answered.reply:
            result = msgspec.structs.replace(
                result,
                remote_mta=endpoint.name,
                diagnostic_type="smtp",
                diagnostic=answered.reply,
            )
        progress.results.append(result)
