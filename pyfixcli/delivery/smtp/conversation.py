"""Speaking to one server: commands, replies within their time, and what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, Protocol

from pyfixcli.delivery.agent import AgentContext, deferred
from pyfixcli.delivery.smtp.answer import Answered, SessionFailure, lost, timed_out
from pyfixcli.delivery.smtp.content_checks import OutgoingChecks
from pyfixcli.delivery.smtp.generic import GenericMap
from pyfixcli.delivery.smtp.peer import Endpoint, Peer, PeerLost, PeerTimeout
from pyfixcli.delivery.smtp.reply_filter import filter_reply
from pyfixcli.delivery.smtp.settings import ClientSettings
from pyfixcli.mail.notify_class import NotifyClass
from pyfixcli.mail.transcript import Transcript
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure
from pyfixcli.protocol.server_reply import ServerReply

SHOWN = 30  # octets of an over-long reply in the log
QUIT = b"QUIT\r\n"


class Notifier(Protocol):
    """Sends transcripts to the postmaster (notify_classes)."""

    def notify(self, server: str, transcript: Transcript) -> None:
        """Something went wrong with ``server``."""
        ...


@dataclass(frozen=True, slots=True)
class ClientTables:
    """The lookup tables of a service, opened when they are first needed."""

    reply_filter: MapList
    status_filter: MapList
    discard_keywords: MapList
    pix_workarounds: MapList


@dataclass(frozen=True, slots=True)
class Client:
    """What all sessions of one service of master.cf share. ``flags`` as in ``flags=DORX``.

    ``notifier`` is None when the postmaster does not want to hear of protocol errors.
    """

    context: AgentContext
    settings: ClientSettings
    tables: ClientTables
    checks: OutgoingChecks
    generic: GenericMap
    flags: str = ""
    notifier: Notifier | None = None


class Conversation:
    """A connection with a server. ``queue_id`` is the message in hand, ``is_esmtp`` set after EHLO, ``pipelines`` then if it may.

    ``has_quit``: QUIT went out, together with the last command.
    """

    def __init__(self, client: Client, peer: Peer, endpoint: Endpoint, queue_id: str) -> None:
        self.client = client
        self.settings = client.settings
        self.endpoint = endpoint
        self.peer = peer
        self.queue_id = queue_id
        self.is_esmtp = False
        self.pipelines = False
        self.has_quit = False
        self._transcript = Transcript() if client.notifier is not None else None

    def info(self, text: str) -> None:
        """A log line."""
        self.client.context.log.info(self.client.context.service, text)

    def warn(self, text: str) -> None:
        """A warning in the log."""
        self.client.context.log.warning(self.client.context.service, text)

    async def ask(self, command: bytes, stage: str, timeout: float) -> ServerReply:
        """Send a command and take its reply."""
        self.write(command)
        return await self.reply(stage, timeout)

    def write(self, commands: bytes) -> None:
        """Send one or more commands."""
        if self._transcript is not None:
            self._transcript.say(commands)
        self.peer.write(commands)

    def blame(self, reply: ServerReply) -> None:
        """A reply that refuses: some show that one side does not follow the protocol (RFC 5321 section 4.2)."""
        code = reply.code
        if code < 400 or code > 599 or 500 <= code < 510 or code == 555:
            self._note_error()

    def _note_error(self) -> None:
        if self._transcript is not None:
            self._transcript.errors |= NotifyClass.PROTOCOL

    def take_transcript(self) -> Transcript | None:
        """What was said since the last call, if something went wrong; it is forgotten either way."""
        transcript = self._transcript
        if transcript is None:
            return None
        self._transcript = Transcript()
        return transcript if transcript.errors else None

    async def reply(self, stage: str, timeout: float) -> ServerReply:
        """The next reply; SessionFailure, with the connection closed, when there is none."""
        try:
            reply = await self.peer.reply(timeout, self.settings.per_request_deadline)
        except PeerTimeout:
            raise self._failure(timed_out(self.endpoint, stage)) from None
        except PeerLost:
            raise self._failure(lost(self.endpoint, stage)) from None
        if self._transcript is not None:
            self._transcript.hear("\n".join(reply.lines).encode("utf-8", "surrogateescape"))
        if reply.garbage or reply.cut:
            self._note_oddities(reply)
        tables = self.client.tables
        if not tables.reply_filter:
            return reply
        try:
            return await filter_reply(
                self.client.context, tables.reply_filter, self.endpoint, reply
            )
        except TableFailure as error:
            self.warn(str(error))
            self.fail_locally()

    def fail_locally(self) -> NoReturn:
        """Something here does not work: the session ends in the middle, as a SessionFailure."""
        text = f"local data error while talking to {self.endpoint}"
        raise self._failure(Answered(deferred("4.3.0", text))) from None

    def _failure(self, answered: Answered) -> SessionFailure:
        self.peer.close()
        return SessionFailure(answered)

    def _note_oddities(self, reply: ServerReply) -> None:
        relay = self.endpoint.relay
        if reply.garbage:
            self._note_error()
        for line in reply.cut:
            self.warn(f"{relay}: response longer than 2048: {line[:SHOWN]}...")
        for line in reply.garbage if self.is_esmtp else ():
            self.warn(f"{self.queue_id}: non-ESMTP response from {relay}: {line}")
            if self.pipelines:
                name = self.settings.parameter("discard_ehlo_keyword_address_maps")
                self.warn(
                    "to prevent loss of mail, turn off command pipelining for "
                    f"{self.endpoint.address} with the {name} parameter"
                )

    async def drain(self, stage: str, timeout: float) -> None:
        """Wait while much is unsent; SessionFailure."""
        try:
            await self.peer.drain(timeout)
        except PeerTimeout:
            raise self._failure(timed_out(self.endpoint, stage)) from None
        except PeerLost:
            raise self._failure(lost(self.endpoint, stage)) from None

    def quit(self) -> None:
        """Say goodbye; whether the answer is waited for is smtp_skip_quit_response."""
        if not self.peer.is_open:
            self.peer.close()
            return
        if not self.has_quit:
            self.write(QUIT)
        self.peer.close(0.0 if self.settings.skip_quit_response else self.settings.quit_timeout)
