"""A line of master.cf with smtpd: its view of the configuration, and what its sessions share."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import msgspec

from pyfixcli.access.command_filter import CommandFilter
from pyfixcli.access.ehlo_discard import Discarded, EhloDiscard
from pyfixcli.access.evaluate import Access
from pyfixcli.access.facts import Client
from pyfixcli.access.footer import RejectFooter
from pyfixcli.access.server_settings import make_settings
from pyfixcli.access.session import SmtpSession
from pyfixcli.config.master_cf import Service
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.intake import Intake
from pyfixcli.daemon.linger import Linger
from pyfixcli.daemon.milters import ServiceMilters
from pyfixcli.daemon.services.smtpd.client_limits import ClientLimits
from pyfixcli.daemon.services.smtpd.client_name import ClientNames
from pyfixcli.daemon.services.smtpd.connection import SmtpConnection
from pyfixcli.daemon.services.smtpd.proxy_filter import make_filters
from pyfixcli.daemon.services.smtpd.smtp_queue import SmtpQueue
from pyfixcli.daemon.session_notices import SmtpdNotifier
from pyfixcli.daemon.shared_counts import SharedCounts
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.reply import Reply
from pyfixcli.maps.lookup import Waiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure
from pyfixcli.milter.session import MilterSession
from pyfixcli.protocol.settings import ServerSettings

HELD = 1000  # connections of a service that may wait for a place
LOOK = 0.05  # seconds between two looks for a place
KIND_KEPT = 1.0  # seconds; tables may change
MAX_KINDS = 1000
QUIET = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class SharedParts:
    """What the services of a process share."""

    names: ClientNames
    counts: SharedCounts
    log: MailLog
    waiter: Waiter
    flush_log_soon: Callable[[], None]
    linger: Linger


@dataclass(frozen=True, slots=True)
class ClientKind:
    """Which lists of clients a client is in."""

    is_limited: bool
    is_excluded: bool
    verp_delimiters: str
    may_forward: bool
    may_claim: bool
    discarded: Discarded


def _clients(config: Config, waiter: Waiter, name: str) -> MatchList:
    """The list of clients that is the value of a parameter."""
    return MatchList(config, config.text(name), name, waiter)


class Introducer:
    """Judges the clients that another one claims to stand for, in one connection (access.session.Introduction)."""

    def __init__(self, service: SmtpService, connection: SmtpConnection) -> None:
        self._service = service
        self._connection = connection

    async def introduce(self, client: Client) -> tuple[ServerSettings, MilterSession | None]:
        """Settings and milters of this client."""
        kind = await self._service.find_kind(client)
        return self._service.settings(kind), await self._service.milters(client, self._connection)


class SmtpService:
    """One service in one edge process (access.session.Service)."""

    def __init__(
        self,
        line: Service,
        config: Config,
        log: MailLog,
        policy: Access,
        intake: Intake,
        limits: ClientLimits,
        parts: SharedParts,
    ) -> None:
        self.name = "smtpd"
        self.log = log
        self.policy = policy
        policy.open_tables()
        self.queue = SmtpQueue(config, intake)
        self.footer = RejectFooter(config)
        self.commands = CommandFilter(config, parts.waiter)
        self._discard = EhloDiscard(config, parts.waiter)
        self._logs_ports = config.smtpd_client_port_logging
        self._filters = make_filters(config, log)
        self._milters = ServiceMilters(
            config, log, parts.waiter, policy.route, intake.reception.asks_milters
        )
        notifier = SmtpdNotifier(config, intake, log, self.name)
        self._notifier = notifier if notifier.classes else None
        self.names = parts.names
        self.flush_log_soon = parts.flush_log_soon
        self.linger = parts.linger
        self.loop = asyncio.get_running_loop()
        self.looks_up_names = config.smtpd_peername_lookup
        text = f"{config.myhostname} Service restarts, try again"
        self._goodbye = Reply(421, "4.3.2", text)
        self._line = line.name
        self._key = f"service {line.name}"
        self._maxproc = config.default_process_limit if line.maxproc < 0 else line.maxproc
        self._limits = limits
        self._counts = parts.counts
        self._common = parts.log
        self._calm = View(config)
        self._stressed = View(config.with_overrides((("stress", "yes"),)))
        self._view = self._calm
        clients = partial(_clients, config, parts.waiter)
        self._excluded = clients("smtpd_forbid_bare_newline_exclusions")
        self._forbids = config.smtpd_forbid_bare_newline.lower() != "no"
        self._verp_clients = clients("smtpd_authorized_verp_clients")
        self._forwarders = clients("smtpd_authorized_xforward_hosts")
        self._claimants = clients("smtpd_authorized_xclient_hosts")
        self._verp_delimiters = config.default_verp_delimiters
        self.connections: set[SmtpConnection] = set()
        self._kinds: dict[str, ClientKind] = {}
        self._kinds_until = 0.0
        self._limited: dict[SmtpConnection, Client] = {}
        self._held: deque[SmtpConnection] = deque()
        self._looker: asyncio.TimerHandle | None = None

    @property
    def timeout(self) -> float:
        """smtpd_timeout, less of it under stress."""
        return self._view.timeout

    @property
    def min_data_rate(self) -> int:
        """smtpd_min_data_rate."""
        return self._view.min_data_rate

    @property
    def limits_requests(self) -> bool:
        """Whether the time limit is for whole requests."""
        return self._view.limits_requests

    # -- places ------------------------------------------------------------------------

    def make_connection(self) -> SmtpConnection:
        """The protocol of a connection that was accepted."""
        return SmtpConnection(self)

    def joined(self, connection: SmtpConnection) -> None:
        """A connection was accepted: it begins when there is a place for it."""
        if not self._admit(connection):
            self._hold(connection)

    def _admit(self, connection: SmtpConnection) -> bool:
        sessions = self._counts.join(self._key)
        if self._maxproc and sessions >= self._maxproc:
            self._stress()
            if sessions > self._maxproc:
                self._counts.leave(self._key)
                return False
        self.connections.add(connection)
        connection.begin()
        return True

    def _stress(self) -> None:
        if self._view is self._stressed:
            return
        self._view = self._stressed
        text = (
            f'service "{self._line}" has reached its process limit "{self._maxproc}": '
            "new clients may experience noticeable delays"
        )
        self._common.warning("master", text)

    def _hold(self, connection: SmtpConnection) -> None:
        if len(self._held) >= HELD:
            connection.close()
            return
        connection.hold()
        self._held.append(connection)
        self._look_later()

    def _look_later(self) -> None:
        """Other processes do not say when a session of theirs ends."""
        if self._looker is None and self._held:
            self._looker = self.loop.call_later(LOOK, self._admit_held)

    def _admit_held(self) -> None:
        if self._looker is not None:
            self._looker.cancel()
            self._looker = None
        while self._held and self._admit(self._held[0]):
            self._held.popleft()
        if not self._held and self._counts.sessions(self._key) < self._maxproc:
            self._view = self._calm
        self._look_later()

    def left(self, connection: SmtpConnection) -> None:
        """A connection is gone."""
        if connection in self.connections:
            self.connections.discard(connection)
            self._counts.leave(self._key)
            client = self._limited.pop(connection, None)
            if client is not None:
                self._limits.leaves(client)
        elif connection in self._held:
            self._held.remove(connection)
        if self._view is self._stressed:
            self._admit_held()
        self.flush_log_soon()

    # -- sessions ----------------------------------------------------------------------

    async def new_session(
        self, client: Client, port: str, connection: SmtpConnection
    ) -> SmtpSession:
        """The session of a client; over at once when the client has too many."""
        client = msgspec.structs.replace(client, port=port, logs_port=self._logs_ports)
        self.log.info(self.name, f"connect from {client}")
        self.policy.check_relaying()
        kind = self._kind_of(client.address)
        if kind is None:
            kind = self._kinds[client.address] = await self.find_kind(client)
        limits = refusal = None
        if kind.is_limited:
            limits = self._limits
            refusal = limits.joins(client)
            if connection in self.connections:
                self._limited[connection] = client
            else:  # it left while we found out who it is
                limits.leaves(client)
        milters = None if refusal is not None else await self.milters(client, connection)
        session = SmtpSession(
            self,
            self.settings(kind),
            client,
            connection,
            limits,
            self._notifier,
            self._filters,
            milters,
            Introducer(self, connection),
        )
        if refusal is not None:
            session.turn_away(refusal)
        return session

    def settings(self, kind: ClientKind) -> ServerSettings:
        """The engine's settings for such a client."""
        return self._view.settings(kind)

    async def milters(self, client: Client, connection: SmtpConnection) -> MilterSession | None:
        """The milters that look at what a client does."""
        if not self._milters:
            return None
        return await self._milters.begin(client, connection.own_address())

    def _kind_of(self, address: str) -> ClientKind | None:
        """What was found out a moment ago."""
        now = self.loop.time()
        if now > self._kinds_until or len(self._kinds) > MAX_KINDS:
            self._kinds.clear()
            self._kinds_until = now + KIND_KEPT
        return self._kinds.get(address)

    async def find_kind(self, client: Client) -> ClientKind:
        """Which lists of clients this one is in."""
        delimiters = ""
        if await self._matches(self._verp_clients, client):
            delimiters = self._verp_delimiters
        return ClientKind(
            is_limited=await self._limits.applies_to(client),
            is_excluded=self._forbids and await self._matches(self._excluded, client),
            verp_delimiters=delimiters,
            may_forward=await self._matches(self._forwarders, client),
            may_claim=await self._matches(self._claimants, client),
            discarded=await self._discard.find(client.address),
        )

    async def _matches(self, clients: MatchList, client: Client) -> bool:
        if not clients:
            return False
        try:
            return await clients.matches_client(client.name, client.address)
        except TableFailure as error:
            self.log.warning(self.name, str(error))
            return False

    def dismiss_idle(self) -> None:
        """Before the process ends: let go of clients that have been quiet between two mails."""
        for connection in list(self.connections):
            if connection.is_idle(QUIET):
                connection.dismiss(self._goodbye)


class View:
    """What depends on stress (postconf(5): stress-adaptive behaviour)."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.timeout = float(config.smtpd_timeout)
        self.min_data_rate = max(1, config.smtpd_min_data_rate)
        # the default of the reference, no without stress, lets a client hold a session forever
        is_chosen = "smtpd_per_request_deadline" in config.settings
        self.limits_requests = not is_chosen or config.smtpd_per_request_deadline != "no"
        self._settings: dict[ClientKind, ServerSettings] = {}

    def settings(self, kind: ClientKind) -> ServerSettings:
        """The engine's settings for one kind of client; made once."""
        found = self._settings.get(kind)
        if found is None:
            if len(self._settings) >= MAX_KINDS:  # tables may say something else of each address
                self._settings.clear()
            found = self._settings[kind] = make_settings(
                self._config,
                is_excluded=kind.is_excluded,
                verp_delimiters=kind.verp_delimiters,
                may_forward=kind.may_forward,
                may_claim=kind.may_claim,
                discarded=kind.discarded,
            )
        return found
