"""One SMTP conversation with a server: greeting, and one transaction after the other (RFC 5321).

The envelope goes out in one write when the server offers PIPELINING (RFC 2920), DATA included. Each recipient
gets an Outcome; a failure of the session as a whole is a SessionFailure, which says whether it is
the site's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import Outcome, bounced, deferred, sent
from pyfixcli.delivery.smtp.peer import Endpoint, Peer, PeerLost, PeerTimeout
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.delivery import DeliveryRequest, RequestRecipient
from pyfixcli.mail.envelope import FLAG_SMTPUTF8
from pyfixcli.mail.recipient import NOTIFY_DELAY, NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS
from pyfixcli.protocol.outgoing import wire_content
from pyfixcli.protocol.server_reply import ServerReply

GREETING = "receiving the initial server greeting"
MAIL = "sending MAIL FROM"
RCPT = "sending RCPT TO"
DATA = "sending DATA command"
BODY = "sending message body"
END = "sending end of data -- message may be sent more than once"

NOTIFY_WORDS = (
    (NOTIFY_NEVER, "NEVER"),
    (NOTIFY_SUCCESS, "SUCCESS"),
    (NOTIFY_FAILURE, "FAILURE"),
    (NOTIFY_DELAY, "DELAY"),
)


@dataclass(frozen=True, slots=True)
class Answered:
    """The outcome for a recipient, and the reply that decided it, if one did."""

    outcome: Outcome
    reply: str = ""


class SessionFailure(Exception):
    """The session cannot go on. ``is_site``: before any transaction, so another server may do."""

    def __init__(self, answered: Answered, is_site: bool) -> None:
        super().__init__(answered.outcome.text)
        self.answered = answered
        self.is_site = is_site


class Session:
    """A conversation. ``uses`` counts its transactions."""

    def __init__(self, peer: Peer, endpoint: Endpoint, config: Config) -> None:
        self.endpoint = endpoint
        self.uses = 0
        self._peer = peer
        self._config = config
        self._offers: dict[str, str] = {}

    @property
    def is_usable(self) -> bool:
        """Whether another transaction may begin."""
        return self._peer.is_open

    @property
    def _pipelines(self) -> bool:
        """Whether the whole envelope goes out at once (RFC 2920)."""
        return "PIPELINING" in self._offers

    # -- replies -----------------------------------------------------------------------

    async def _reply(self, stage: str, timeout: float, is_site: bool = False) -> ServerReply:
        try:
            return await self._peer.reply(timeout)
        except PeerTimeout:
            text = f"conversation with {self.endpoint} timed out while {stage}"
        except PeerLost:
            text = f"lost connection with {self.endpoint} while {stage}"
        self._peer.close()
        raise SessionFailure(Answered(deferred("4.4.2", text)), is_site)

    def _refused(self, reply: ServerReply, command: str) -> Answered:
        """What a negative reply to a command means."""
        text = f"host {self.endpoint} said: {reply.text} (in reply to {command} command)"
        if reply.is_permanent:
            return Answered(bounced(reply.dsn or "5.0.0", text), reply.text)
        dsn = reply.dsn if reply.dsn.startswith("4") else "4.0.0"
        return Answered(deferred(dsn, text), reply.text)

    # -- greeting ----------------------------------------------------------------------

    async def greet(self) -> None:
        """The server's greeting, and EHLO or HELO; SessionFailure when the server refuses."""
        config = self._config
        greeting = await self._reply(GREETING, config.smtp_helo_timeout, is_site=True)
        if greeting.code != 220:
            self._refuse_to_talk(greeting, config.smtp_skip_5xx_greeting)
        name = config.smtp_helo_name
        wants_ehlo = not config.smtp_never_send_ehlo and (
            config.smtp_always_send_ehlo or "ESMTP" in greeting.text
        )
        if wants_ehlo:
            reply = await self._hello("EHLO", name)
            if reply.code == 250:
                self._offers = dict(_offer(line) for line in reply.lines[1:])
                return
            if reply.code // 100 != 5:
                self._refuse_to_talk(reply, False)
        reply = await self._hello("HELO", name)
        if not reply.is_positive:
            self._refuse_to_talk(reply, False)

    async def _hello(self, verb: str, name: str) -> ServerReply:
        self._peer.write(f"{verb} {name}\r\n".encode())
        stage = f"performing the {verb} handshake"
        return await self._reply(stage, self._config.smtp_helo_timeout, is_site=True)

    def _refuse_to_talk(self, reply: ServerReply, is_soft: bool) -> None:
        text = f"host {self.endpoint} refused to talk to me: {reply.text}"
        soft = is_soft or not reply.is_permanent
        dsn = reply.dsn if reply.dsn[:1] == ("4" if soft else "5") else ""
        outcome = deferred(dsn or "4.0.0", text) if soft else bounced(dsn or "5.0.0", text)
        self.quit()
        raise SessionFailure(Answered(outcome, reply.text), is_site=True)

    # -- a transaction -------------------------------------------------------------------

    async def send(
        self,
        request: DeliveryRequest,
        recipients: list[RequestRecipient],
        content: Iterable[bytes],
    ) -> dict[int, Answered]:
        """One message to these recipients; an answer for each, by index. SessionFailure in between."""
        self.uses += 1
        too_large = self._exceeds_size(request)
        if too_large is not None:
            return {r.index: too_large for r in recipients}
        commands = self._commands(request, recipients)
        if self._pipelines:
            self._peer.write(b"".join(commands))
            commands = iter(())
        answers = await self._envelope(request, recipients, commands)
        accepted = [r for r in recipients if r.index not in answers]
        data = await self._data_reply(commands, bool(accepted))
        if data is None:
            return answers
        if not data.is_positive:
            answers |= {r.index: self._refused(data, "DATA") for r in accepted}
            self._reset()
            return answers
        await self._content(content if accepted else ())
        end = await self._reply(END, self._config.smtp_data_done_timeout)
        for recipient in accepted:
            answers[recipient.index] = self._end_answer(end)
        return answers

    def _end_answer(self, reply: ServerReply) -> Answered:
        if not reply.is_positive:
            return self._refused(reply, "end of DATA")
        dsn = reply.dsn or "2.0.0"
        action = "" if "DSN" in self._offers else "relayed"
        outcome = sent(reply.text, dsn)
        return Answered(Outcome(outcome.status, dsn, reply.text, action), reply.text)

    def _exceeds_size(self, request: DeliveryRequest) -> Answered | None:
        limit = self._offers.get("SIZE", "")
        if not limit.isdecimal() or not int(limit) or request.size <= int(limit):
            return None
        text = f"message size {request.size} exceeds size limit {limit} of server {self.endpoint}"
        return Answered(bounced("5.3.4", text))

    async def _envelope(
        self,
        request: DeliveryRequest,
        recipients: list[RequestRecipient],
        commands: Iterator[bytes],
    ) -> dict[int, Answered]:
        """MAIL and RCPT: answers of the recipients that were refused."""
        config = self._config
        self._next(commands)
        mail = await self._reply(MAIL, config.smtp_mail_timeout)
        answers: dict[int, Answered] = {}
        for recipient in recipients:
            if not mail.is_positive and not self._pipelines:
                break
            self._next(commands)
            reply = await self._reply(RCPT, config.smtp_rcpt_timeout)
            if not reply.is_positive:
                answers[recipient.index] = self._refused(reply, "RCPT TO")
        if not mail.is_positive:
            refused = self._refused(mail, "MAIL FROM")
            answers = {r.index: refused for r in recipients}
        return answers

    def _next(self, commands: Iterator[bytes]) -> None:
        command = next(commands, b"")
        if command:
            self._peer.write(command)

    async def _data_reply(self, commands: Iterator[bytes], is_wanted: bool) -> ServerReply | None:
        """The reply to DATA; None when it was not sent since nobody wants the message."""
        if not is_wanted and not self._pipelines:
            self._reset()
            return None
        self._next(commands)
        reply = await self._reply(DATA, self._config.smtp_data_init_timeout)
        if not is_wanted and not reply.is_positive:
            self._reset()
            return None
        return reply

    async def _content(self, content: Iterable[bytes]) -> None:
        config, peer = self._config, self._peer
        try:
            for piece in wire_content(content, config.smtp_line_length_limit):
                peer.write(piece)
                await peer.drain(config.smtp_data_xfer_timeout)
        except PeerTimeout:
            text = f"conversation with {self.endpoint} timed out while {BODY}"
        except PeerLost:
            text = f"lost connection with {self.endpoint} while {BODY}"
        else:
            peer.write(b".\r\n")
            return
        peer.close()
        raise SessionFailure(Answered(deferred("4.4.2", text)), is_site=False)

    def _reset(self) -> None:
        """The transaction ended in the middle: this conversation is not used for another one."""
        self.quit()

    def quit(self) -> None:
        """Say goodbye, without waiting for the answer."""
        if self._peer.is_open:
            self._peer.write(b"QUIT\r\n")
        self._peer.close()

    # -- commands ------------------------------------------------------------------------

    def _commands(
        self, request: DeliveryRequest, recipients: list[RequestRecipient]
    ) -> Iterator[bytes]:
        yield self._mail_command(request)
        for recipient in recipients:
            yield self._rcpt_command(recipient)
        yield b"DATA\r\n"

    def _mail_command(self, request: DeliveryRequest) -> bytes:
        offers = self._offers
        parts = [f"MAIL FROM:<{quote_address(request.sender)}>"]
        if "SIZE" in offers:
            parts.append(f"SIZE={request.size}")
        if "8BITMIME" in offers and request.encoding == "8bit":
            parts.append("BODY=8BITMIME")
        if "SMTPUTF8" in offers and request.flags & FLAG_SMTPUTF8:
            parts.append("SMTPUTF8")
        if "DSN" in offers:
            if request.ret:
                parts.append(f"RET={request.ret}")
            if request.envid:
                parts.append(f"ENVID={_xtext(request.envid)}")
        return _octets(parts)

    def _rcpt_command(self, recipient: RequestRecipient) -> bytes:
        parts = [f"RCPT TO:<{quote_address(recipient.address)}>"]
        if "DSN" in self._offers:
            kind, _, address = recipient.orcpt.partition(";")
            if address:
                parts.append(f"ORCPT={kind};{_xtext(address)}")
            words = [word for bit, word in NOTIFY_WORDS if recipient.notify & bit]
            if words:
                parts.append(f"NOTIFY={','.join(words)}")
        return _octets(parts)


def _offer(line: str) -> tuple[str, str]:
    words = line[4:].split(None, 1)
    return (words[0].upper() if words else "", words[1] if len(words) > 1 else "")


def _octets(parts: list[str]) -> bytes:
    """A command line; a line break in an address would be a second command, and is never sent."""
    line = " ".join(parts)
    if "\r" in line or "\n" in line:
        raise ValueError("line break in an address")
    return line.encode("utf-8", "surrogateescape") + b"\r\n"


def _xtext(text: str) -> str:
    """RFC 3461 section 4."""
    return "".join(
        c if "!" <= c <= "~" and c not in "+=" else "".join(f"+{b:02X}" for b in _bytes(c))
        for c in text
    )


def _bytes(character: str) -> bytes:
    return character.encode("utf-8", "surrogateescape")
