"""Which milters mail goes through: those of an SMTP client, and those of mail that comes in without SMTP (MILTER_README)."""

from __future__ import annotations

from collections.abc import Callable

from pyfixcli.access.facts import Client
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.milter_network import MilterNetwork
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import Origin
from pyfixcli.maps.lookup import MapList, Waiter
from pyfixcli.maps.table import TableFailure
from pyfixcli.milter.session import MilterRules, MilterSession, Peer, Route
from pyfixcli.milter.settings import DISABLE, read_milters

SMTP = "smtpd"


class ServiceMilters:
    """Of the sessions of one smtpd(8) service. ConfigError for parameters that make no sense."""

    def __init__(
        self, config: Config, log: MailLog, waiter: Waiter, route: Route, is_wanted: bool
    ) -> None:
        self._config = config
        self._log = log
        self._waiter = waiter
        self._milters = read_milters(config, config.smtpd_milters) if is_wanted else ()
        maps = config.smtpd_milter_maps if is_wanted else ""
        self._maps = MapList(config, maps, "smtpd_milter_maps")
        self._rules = MilterRules(config, MilterNetwork(config.queue_directory), route)

    def __bool__(self) -> bool:
        return bool(self._milters or self._maps)

    async def begin(self, client: Client, place: tuple[str, str]) -> MilterSession | None:
        """For a client that came to ``place``, an address and a port of ours; None when it has no milters."""
        milters = self._milters
        found = await self._find(client.address)
        if found is not None:
            is_disabled = found.strip().upper() == DISABLE
            milters = () if is_disabled else read_milters(self._config, found)
        if not milters:
            return None
        peer = Peer(client.name, client.address, client.port, client.reverse_name, *place)
        return self._rules.begin(milters, peer, self._warn)

    async def _find(self, address: str) -> str | None:
        if not self._maps:
            return None
        try:
            return await self._maps.find(address, self._waiter)
        except TableFailure as error:
            self._warn(str(error))
            return None

    def _warn(self, text: str) -> None:
        self._log.warning(SMTP, text)


class OwnMilters:
    """Of mail that comes in without SMTP; one view of cleanup(8). ConfigError for parameters that make no sense."""

    def __init__(self, config: Config, log: MailLog) -> None:
        self._milters = read_milters(config, config.non_smtpd_milters)
        self._rules = MilterRules(config, MilterNetwork(config.queue_directory))
        self._warn: Callable[[str], None] = lambda text: log.warning("cleanup", text)

    def begin(self, origin: Origin) -> MilterSession | None:
        """For one message; None when it goes without."""
        if not self._milters or origin.service == SMTP or not origin.checked:
            return None
        peer = Peer(
            origin.client_name or "localhost",
            origin.client_address or "127.0.0.1",
            origin.client_port,
            daemon_address="127.0.0.1",
        )
        return self._rules.begin(self._milters, peer, self._warn)
