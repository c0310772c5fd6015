"""How often a client may come, and how much it may bring (anvil(8), smtpd_client_*_limit)."""

from __future__ import annotations

from pyfixcli.access.facts import Client
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.shared_counts import CONNECTIONS, MESSAGES, RECIPIENTS, SharedCounts
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.reply import Reply
from pyfixcli.maps.lookup import Waiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure

EXCEPTIONS = "smtpd_client_event_limit_exceptions"


class ClientLimits:
    """The limits of one service. Clients in smtpd_client_event_limit_exceptions have none."""

    def __init__(
        self, config: Config, log: MailLog, service: str, counts: SharedCounts, waiter: Waiter
    ) -> None:
        self._log = log
        self._service = service
        self._counts = counts
        self._hostname = config.myhostname
        self._exceptions = MatchList(config, config.text(EXCEPTIONS), EXCEPTIONS, waiter)
        self._sessions = config.smtpd_client_connection_count_limit
        self._connections = config.smtpd_client_connection_rate_limit
        self._messages = config.smtpd_client_message_rate_limit
        self._recipients = config.smtpd_client_recipient_rate_limit

    async def applies_to(self, client: Client) -> bool:
        """Whether this client is counted; it is not when nothing is limited."""
        if not (self._sessions or self._connections or self._messages or self._recipients):
            return False
        try:
            return not await self._exceptions.matches_client(client.name, client.address)
        except TableFailure as error:
            for line in str(error).split("\n"):
                self._log.warning("smtpd", line)
            return True

    def joins(self, client: Client) -> Reply | None:
        """A connection begins; the greeting of one too many."""
        name = self._name(client)
        sessions, rate = self._counts.join(name), 0
        if self._connections:
            rate = self._counts.note(name, CONNECTIONS)
        if self._sessions and sessions > self._sessions:
            self._warn("Connection concurrency", sessions, client)
        elif self._connections and rate > self._connections:
            self._warn("Connection rate", rate, client)
        else:
            return None
        text = f"{self._hostname} Error: too many connections from {client.address}"
        return Reply(421, "4.7.0", text)

    def leaves(self, client: Client) -> None:
        """A connection that was counted is gone."""
        self._counts.leave(self._name(client))

    def takes_mail(self, client: Client) -> Reply | None:
        """MAIL FROM; the refusal of a message too many."""
        if not self._messages:
            return None
        rate = self._counts.note(self._name(client), MESSAGES)
        if rate <= self._messages:
            return None
        self._warn("Message delivery request rate", rate, client)
        return Reply(450, "4.7.1", f"Error: too much mail from {client.address}")

    def takes_recipient(self, client: Client) -> Reply | None:
        """RCPT TO; the refusal of a recipient too many."""
        if not self._recipients:
            return None
        rate = self._counts.note(self._name(client), RECIPIENTS)
        if rate <= self._recipients:
            return None
        self._warn("Recipient address rate", rate, client)
        return Reply(450, "4.7.1", f"Error: too many recipients from {client.address}")

    def _name(self, client: Client) -> str:
        return f"{self._service}:{client.address}"

    def _warn(self, what: str, count: int, client: Client) -> None:
        text = f"{what} limit exceeded: {count} from {client} for service {self._service}"
        self._log.warning("smtpd", text)
