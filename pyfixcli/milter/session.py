"""The milters of one SMTP session, or of one message that came without SMTP: events to all of them, in their order.

The first one that refuses answers for all; those after it do not hear of the event.

Data flow: connect, helo, mail, rcpt, data, unknown -> here; the content -> cleanup/milter_inspection.py, which takes ``filters`` one by one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pyfixcli.config.snapshot import Config
from pyfixcli.milter.filter import MilterFilter, Network, Response
from pyfixcli.milter.macros import MacroRules, MacroValues
from pyfixcli.milter.settings import MilterSettings
from pyfixcli.protocol.milter import Command, Step, connect_arguments, texts

# Where mail for an address goes, as (next hop, transport); None when it cannot be told.
Route = Callable[[str], Awaitable[tuple[str, str] | None]]


@dataclass(frozen=True, slots=True)
class Peer:
    """Who brings the mail, and the socket of ours that it came to."""

    name: str
    address: str
    port: str
    reverse_name: str = ""
    daemon_address: str = ""
    daemon_port: str = ""


class MilterRules:
    """What the milters of one view of the configuration have in common."""

    def __init__(self, config: Config, network: Network, route: Route | None = None) -> None:
        self.macros = MacroRules(config)
        self.network = network
        self.route = route
        self.body_limit = config.message_size_limit

    def begin(
        self, milters: tuple[MilterSettings, ...], peer: Peer, warn: Callable[[str], None]
    ) -> MilterSession:
        """For one session."""
        filters = tuple(MilterFilter(m, self.network, warn, self.body_limit) for m in milters)
        return MilterSession(self, filters, peer)


class MilterSession:
    """All milters of a session. ``is_discarded`` once one of them wanted the message thrown away."""

    def __init__(self, rules: MilterRules, filters: tuple[MilterFilter, ...], peer: Peer) -> None:
        self.filters = filters
        self._rules = rules
        self._peer = peer
        self.values = MacroValues(rules.macros, session_macros(peer))

    async def connect(self) -> Response:
        """A client is there."""
        peer = self._peer
        arguments = connect_arguments(peer.name, peer.address, peer.port)
        return await self._tell(Command.CONNECT, arguments, {})

    async def helo(self, name: str) -> Response:
        """HELO or EHLO."""
        return await self._tell(Command.HELO, texts(name), {})

    async def mail(self, sender: str, words: tuple[str, ...]) -> Response:
        """MAIL with the address as it is told, ``<address>`` for clients, and ESMTP parameters."""
        bare = sender.strip("<>")
        event = {"mail_addr": bare, **await self._route("mail", bare)}
        return await self._tell(Command.MAIL, texts(sender, *words), event)

    async def rcpt(self, recipient: str, words: tuple[str, ...]) -> Response:
        """RCPT, likewise."""
        bare = recipient.strip("<>")
        event = {"rcpt_addr": bare, **await self._route("rcpt", bare)}
        return await self._tell(Command.RCPT, texts(recipient, *words), event)

    async def rejected(self, recipient: str, dsn: str, text: str) -> None:
        """A recipient was refused; milters that want to know are told why."""
        event = {"rcpt_mailer": "error", "rcpt_host": dsn, "rcpt_addr": text}
        for each in self.filters:
            if each.has(Step.REJECTED_RCPT):
                await each.ask(Command.RCPT, texts(recipient), self.values, event)

    async def data(self) -> Response:
        """DATA."""
        return await self._tell(Command.DATA, b"", {})

    async def unknown(self, command: str) -> Response:
        """A command that is none."""
        return await self._tell(Command.UNKNOWN, texts(command), {})

    async def _tell(self, command: Command, arguments: bytes, event: dict[str, str]) -> Response:
        for each in self.filters:
            response = await each.ask(command, arguments, self.values, event)
            if response is not None:
                return response
        return None

    async def _route(self, what: str, address: str) -> dict[str, str]:
        found = await self._rules.route(address) if self._rules.route is not None else None
        if found is None:
            return {}
        return {f"{what}_host": found[0], f"{what}_mailer": found[1]}

    def end_message(self) -> None:
        """The mail transaction is over."""
        for each in self.filters:
            each.end_message()
        self.values.message = {}

    def close(self) -> None:
        """The session is over."""
        for each in self.filters:
            each.close()


def session_macros(peer: Peer) -> dict[str, str]:
    """Macros that do not change in a session."""
    known = {
        "_": f"{peer.name} [{peer.address}]",
        "client_addr": peer.address,
        "client_name": peer.name,
        "client_port": peer.port,
        "client_ptr": peer.reverse_name or peer.name,
        "client_connections": "0",
        "daemon_addr": peer.daemon_address,
        "daemon_port": peer.daemon_port,
    }
    return {name: value for name, value in known.items() if value}
