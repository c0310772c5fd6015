"""A before-queue filter: the mail transaction of a client goes on to another SMTP server (SMTPD_PROXY_README).

Data flow: MAIL and RCPT as the client gave them -> the filter, from the first recipient on -> Received: and the content, with
line ends made anew -> the filter's reply, which is the client's. With ``speed_adjust`` all of that begins at the end of the content.

Diagnostics: what the filter refused; why it cannot be had, which is a temporary failure for the client.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from pyfixcli.access.facts import Case
from pyfixcli.access.session_needs import Filter
from pyfixcli.base.errors import ConfigError
from pyfixcli.cleanup.received import format_received
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.smtp_network import SmtpNetwork
from pyfixcli.delivery.smtp.peer import Endpoint, Peer, PeerLost, PeerTimeout
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.reply import Reply
from pyfixcli.milter.words import mail_words, path, rcpt_words
from pyfixcli.protocol.events import Mail, Rcpt
from pyfixcli.protocol.grammar import encode_xtext
from pyfixcli.protocol.outgoing import WireContent
from pyfixcli.protocol.server_reply import ServerReply

SPEED_ADJUST = "speed_adjust"
UNAVAILABLE = "[UNAVAILABLE]"
FAILED = Reply(451, "4.3.0", "Error: queue file write error")
IN_MEMORY = 65536  # octets of a message that waits for its end
GOODBYE = 1.0  # seconds that the filter has to answer QUIT


class FilterLost(Exception):
    """The filter cannot be spoken to; logged already."""


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """The parameters of a service. ``name`` is the filter as main.cf has it; ``timeout`` in seconds."""

    name: str
    endpoint: Endpoint
    ehlo: str
    timeout: float
    waits: bool  # for the end of the content
    myhostname: str
    mail_name: str


def read_filter(config: Config) -> FilterSettings | None:
    """From the view of a service; None when it has no filter. ConfigError for a value that makes no sense."""
    if not config.smtpd_proxy_filter:
        return None
    options = config.smtpd_proxy_options.replace(",", " ").split()
    for option in options:
        if option.lower() != SPEED_ADJUST:
            raise ConfigError(
                f'unknown smtpd_proxy_options value "{option}" in "{config.smtpd_proxy_options}"'
            )
    return FilterSettings(
        config.smtpd_proxy_filter,
        parse_endpoint(config.smtpd_proxy_filter),
        config.smtpd_proxy_ehlo,
        config.smtpd_proxy_timeout,
        bool(options),
        config.myhostname,
        config.mail_name,
    )


def parse_endpoint(text: str) -> Endpoint:
    """``host:port``, ``inet:host:port``, ``port`` on this machine, or ``unix:path``; ConfigError."""
    if text.startswith("unix:"):
        return Endpoint(text, text[5:], 0)
    host, _, port = text.removeprefix("inet:").rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f"bad smtpd_proxy_filter value: {text}")
    host = host.removeprefix("[").removesuffix("]") or "localhost"
    return Endpoint(text, host, int(port))


class ProxyFilters:
    """Makes the filters of one service's sessions."""

    def __init__(self, settings: FilterSettings, network: SmtpNetwork, log: MailLog) -> None:
        self.settings = settings
        self.network = network
        self.log = log

    def begin(self, mail: Mail, case: Case) -> Filter:
        """For a transaction that begins with this MAIL command."""
        talk = ProxyFilter(self, mail, case)
        return WaitingFilter(talk) if self.settings.waits else talk


def make_filters(config: Config, log: MailLog) -> ProxyFilters | None:
    """The filters of a service, if it has any. ConfigError for parameters that make no sense."""
    settings = read_filter(config)
    if settings is None:
        return None
    return ProxyFilters(settings, SmtpNetwork(("native",), config.queue_directory), log)


class ProxyFilter:
    """One transaction (access.session_needs.Filter), in step with that of the client."""

    def __init__(self, filters: ProxyFilters, mail: Mail, case: Case) -> None:
        self._settings = filters.settings
        self._network = filters.network
        self._log = filters.log
        self._mail = mail
        self._case = case
        self._peer: Peer | None = None
        self._wire = WireContent(0)
        self._refusal: Reply | None = None  # of all that follows
        self._is_inside = False  # the content goes on
        self.tells = True  # in the log what is refused

    async def rcpt(self, rcpt: Rcpt) -> Reply:
        """Ask about a recipient; with the first one the filter hears of the sender too."""
        try:
            if self._peer is None and self._refusal is None:
                await self._open()
            return self._refusal or await self._ask(rcpt_command(rcpt))
        except FilterLost:
            return self._fail()

    async def begin(self, origin: Origin) -> Reply | None:
        """The content comes now; None when the filter wants it."""
        settings = self._settings
        try:
            reply = await self._ask("DATA", 3)
            if reply.code // 100 != 3:
                return reply
            self._is_inside = True
            received = format_received(origin, "", settings.myhostname, settings.mail_name)
            prepended = "".join(f"{header}\n" for header in origin.prepended)
            await self._send(prepended.encode("utf-8", "surrogateescape") + received + b"\n")
        except FilterLost:
            return self._fail()
        return None

    async def feed(self, data: bytes) -> None:
        """Content with newline line ends. A failure is told at the end."""
        if self._refusal is None:
            try:
                await self._send(data)
            except FilterLost:
                self._fail()

    async def finish(self) -> Reply:
        """All of it is there: what the filter says."""
        if self._refusal is not None:
            return self._refusal
        try:
            verdict = await self._exchange(self._wire.finish() + b".\r\n")
            self._is_inside = False
            return make_reply(verdict)
        except FilterLost:
            return self._fail()

    def close(self) -> None:
        """The transaction is over. Content that has no end is dropped by the filter when the connection ends."""
        peer, self._peer = self._peer, None
        if peer is None:
            return
        if not self._is_inside:
            peer.write(b"QUIT\r\n")
        peer.close(0.0 if self._is_inside else GOODBYE)

    # -- the conversation --------------------------------------------------------------

    async def _open(self) -> None:
        """As far as MAIL; a refusal of that is one of all recipients."""
        settings = self._settings
        try:
            connecting = self._network.connect(settings.endpoint, settings.timeout, "")
            self._peer = await asyncio.create_task(connecting)  # sessions are no tasks
        except OSError as error:  # TimeoutError among them
            why = os.strerror(error.errno) if error.errno else "Connection timed out"
            self._warn(f"connect to proxy filter {settings.name}: {why}")
            raise FilterLost from error
        greeting = await self._reply()
        if greeting.kind != 2:
            self._warn(f'proxy {settings.name} rejected the connection: "{greeting.text}"')
            raise FilterLost
        hello = await self._exchange(f"EHLO {settings.ehlo}\r\n".encode())
        for command in xforward_commands(hello, self._case):
            await self._ask(command)
        reply = await self._ask(mail_command(self._mail))
        if not reply.is_positive:
            self._refusal = reply
        elif self.tells:
            self.note_client()

    async def _ask(self, command: str, wanted: int = 2) -> Reply:
        octets = f"{command}\r\n".encode("utf-8", "surrogateescape")
        reply = await self._exchange(octets)
        if reply.kind != wanted and self.tells:
            self._warn(f'proxy {self._settings.name} rejected "{command}": "{reply.text}"')
        return make_reply(reply)

    async def _exchange(self, octets: bytes) -> ServerReply:
        if self._peer is None:
            raise FilterLost
        self._peer.write(octets)
        return await self._reply()

    async def _reply(self) -> ServerReply:
        assert self._peer is not None
        try:
            return await self._peer.reply(self._settings.timeout)
        except (PeerLost, PeerTimeout) as error:
            raise self._lost(error) from error

    async def _send(self, content: bytes) -> None:
        if self._peer is None:
            raise FilterLost
        self._peer.write(self._wire.feed(content))
        try:
            await self._peer.drain(self._settings.timeout)
        except (PeerLost, PeerTimeout) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> FilterLost:
        what = "timeout talking to" if isinstance(error, PeerTimeout) else "lost connection with"
        self._warn(f"{what} proxy {self._settings.name}")
        return FilterLost()

    def _fail(self) -> Reply:
        """Nothing can be had of the filter any more in this transaction."""
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.close()
        self._refusal = FAILED
        return FAILED

    def note_client(self) -> None:
        """Log whose mail it is: there is no queue id."""
        self._log.info("smtpd", f"NOQUEUE: client={self._case.client}")

    def _warn(self, text: str) -> None:
        self._log.warning("smtpd", text)


class WaitingFilter:
    """One transaction that the filter hears of when all of it is there (speed_adjust)."""

    def __init__(self, talk: ProxyFilter) -> None:
        self._talk = talk
        talk.tells = False
        self._recipients: list[Rcpt] = []
        self._origin: Origin | None = None
        self._content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed by close())
        self._has_failed = False

    async def rcpt(self, rcpt: Rcpt) -> Reply:
        """Nobody is asked yet."""
        if not self._recipients:
            self._talk.note_client()
        self._recipients.append(rcpt)
        return rcpt.accept

    async def begin(self, origin: Origin) -> Reply | None:
        """The content comes now."""
        self._origin = origin
        return None

    async def feed(self, data: bytes) -> None:
        """Content with newline line ends. A failure is told at the end."""
        try:
            self._content.write(data)
        except OSError:
            self._has_failed = True

    async def finish(self) -> Reply:
        """The whole transaction; the first refusal is that of all."""
        assert self._origin is not None
        if self._has_failed:
            return FAILED
        for rcpt in self._recipients:
            reply = await self._talk.rcpt(rcpt)
            if not reply.is_positive:
                return reply
        refusal = await self._talk.begin(self._origin)
        if refusal is not None:
            return refusal
        self._content.seek(0)
        while piece := self._content.read(IN_MEMORY):
            await self._talk.feed(piece)
        return await self._talk.finish()

    def close(self) -> None:
        """The transaction is over."""
        self._content.close()
        self._talk.close()


def make_reply(reply: ServerReply) -> Reply:
    """A reply of the filter as one to the client."""
    lines = [line[4:] for line in reply.lines if line not in reply.garbage]
    return Reply(reply.code, "", "\n".join(lines))


def mail_command(mail: Mail) -> str:
    """MAIL with its parameters."""
    return " ".join((f"MAIL FROM:{path(mail.sender)}", *mail_words(mail)))


def rcpt_command(rcpt: Rcpt) -> str:
    """RCPT with its parameters."""
    return " ".join((f"RCPT TO:{path(rcpt.recipient)}", *rcpt_words(rcpt)))


def xforward_commands(hello: ServerReply, case: Case) -> Iterator[str]:
    """What a filter that offers XFORWARD is told of the client (XFORWARD_README)."""
    offers = [line[4:].upper().split() for line in hello.lines]
    wanted = next((offer[1:] for offer in offers if offer[:1] == ["XFORWARD"]), [])
    client = case.client
    known = {
        "NAME": "" if client.name == "unknown" else client.name,
        "ADDR": f"IPV6:{client.address}" if ":" in client.address else client.address,
        "PORT": client.port,
        "HELO": case.helo,
        "PROTO": case.protocol,
    }
    pairs = [
        f"{name}={encode_xtext(value) or UNAVAILABLE}"
        for name, value in known.items()
        if name in wanted
    ]
    if pairs:
        yield " ".join(("XFORWARD", *pairs))
