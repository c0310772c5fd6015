"""One message over an open session: MAIL, RCPT, DATA, content, and the replies to them (RFC 5321, RFC 2033).

A probe (sendmail -bv, address verification) ends with RSET after RCPT.
The envelope goes out in one write when the server offers PIPELINING (RFC 2920), DATA included. Whoever got an answer
keeps it, also when the session fails afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import PROBES, bounced
from pyfixcli.delivery.smtp.answer import (
    Answered,
    SessionFailure,
    StaleSession,
    accepted,
    confused,
    refused,
)
from pyfixcli.delivery.smtp.commands import (
    DATA,
    RSET,
    mail_command,
    rcpt_command,
    xforward_commands,
)
from pyfixcli.delivery.smtp.content_checks import CheckedContent, ChecksFailure
from pyfixcli.delivery.smtp.conversation import QUIT, Conversation
from pyfixcli.delivery.smtp.generic import GenericFailure
from pyfixcli.delivery.smtp.greeting import DELAY_DOTCRLF, Welcome
from pyfixcli.mail.delivery import DeliveryRequest, RequestRecipient
from pyfixcli.mail.envelope import FLAG_SMTPUTF8, FLAG_UTF8_HEADER
from pyfixcli.mail.mime import MimeRules
from pyfixcli.protocol.downgrade import Downgrade
from pyfixcli.protocol.outgoing import WireContent
from pyfixcli.protocol.server_reply import ServerReply

SENDING_MAIL = "sending MAIL FROM"
SENDING_RCPT = "sending RCPT TO"
SENDING_DATA = "sending DATA command"
SENDING_BODY = "sending message body"
SENDING_END = "sending end of data -- message may be sent more than once"
SENDING_RSET = "sending RSET"


class Transaction:
    """One message to some recipients. ``answers`` has what is decided, by the recipients' index.

    ``is_last``: nothing follows it, so QUIT may go out together with its end.
    """

    def __init__(
        self,
        conversation: Conversation,
        welcome: Welcome,
        request: DeliveryRequest,
        recipients: list[RequestRecipient],
        content: Iterable[bytes],
        is_last: bool = False,
    ) -> None:
        self.answers: dict[int, Answered] = {}
        self._talk = conversation
        self._settings = conversation.settings
        self._offers = welcome.offers
        self._workarounds = welcome.workarounds
        self._request = request
        self._recipients = recipients
        self._content = content
        self._pipelines = conversation.pipelines
        self._is_last = is_last
        config = conversation.client.context.config
        may_convert = not config.disable_mime_output_conversion
        self._is_converted = "8BITMIME" not in welcome.offers and may_convert
        self._is_probe = bool(request.flags & PROBES)

    def misfit(self) -> Answered | None:
        """Why this message is not for this server: nothing has to be said to it then."""
        request, endpoint = self._request, self._talk.endpoint
        if "SMTPUTF8" not in self._offers and self._needs_utf8:
            text = f"SMTPUTF8 is required, but was not offered by host {endpoint}"
            return Answered(bounced("5.6.7", text))
        limit = self._offers.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < request.size:
            text = (
                f"message size {request.size} exceeds size limit {int(limit)} of server {endpoint}"
            )
            return Answered(bounced("5.3.4", text))
        return None

    @property
    def _needs_utf8(self) -> bool:
        """Whether what was submitted with SMTPUTF8 can only go out with it, to these recipients."""
        request = self._request
        if not request.flags & FLAG_SMTPUTF8:
            return False
        if request.flags & FLAG_UTF8_HEADER or not request.sender.isascii():
            return True
        return not all(recipient.address.isascii() for recipient in self._recipients)

    async def run(self, is_kept: bool) -> bool:
        """The whole of it; whether the server is to be told RSET afterwards.

        SessionFailure when the session ended in the middle. ``is_kept``: RSET shows first whether the
        session is still alive; StaleSession if not.
        """
        if self._talk.client.generic:
            await self._map_envelope()
        offered = self._offers.get("XFORWARD")
        if offered is not None and self._settings.send_xforward_command:
            if is_kept:
                await self._check(RSET)
            await self._xforward(offered)
            is_kept = False
        batch = b"".join(self._commands()) if self._pipelines else b""
        if is_kept:
            await self._check(RSET + batch)
        elif batch:
            self._talk.write(batch)
        await self._envelope()
        wanting = self._wanting
        if self._is_probe:
            return True
        data = await self._data(bool(wanting))
        if data is None:
            return True
        if data.kind != 3:
            self._refuse_data(data, wanting)
            return True
        await self._send_content(self._content if wanting else ())
        await self._take_verdicts(wanting)
        return False

    async def _map_envelope(self) -> None:
        """The addresses that go out in place of those in the queue; SessionFailure when a table cannot answer."""
        generic = self._talk.client.generic
        try:
            mapped = await generic.map_envelope(self._request, self._recipients)
        except GenericFailure:
            self._talk.fail_locally()
        self._request, self._recipients = mapped

    @property
    def _wanting(self) -> list[RequestRecipient]:
        return [r for r in self._recipients if r.index not in self.answers]

    def _commands(self) -> Iterator[bytes]:
        quoted = self._settings.quote_rfc821_envelope
        yield mail_command(self._request, self._offers, quoted, self._is_converted)
        for recipient in self._recipients:
            yield rcpt_command(recipient, self._offers, quoted)
        if not self._is_probe:
            yield DATA

    async def _check(self, octets: bytes) -> None:
        """RSET on a kept session, with what may go out together with it."""
        try:
            reply = await self._talk.ask(octets, SENDING_RSET, self._settings.rset_timeout)
        except SessionFailure as failure:
            raise StaleSession from failure
        if reply.kind != 2:
            self._talk.peer.close()
            raise StaleSession

    async def _xforward(self, offered: str) -> None:
        """Tell the server about the client; what it thinks of that changes nothing."""
        for command, name in xforward_commands(self._request, offered):
            timeout = self._settings.xforward_timeout
            reply = await self._talk.ask(command, f"sending {name}", timeout)
            if reply.kind != 2:
                where = f"host {self._talk.endpoint.relay}"
                text = f"{where} said: {reply.text} (in reply to {name} command)"
                self._talk.warn(text)

    # -- envelope --------------------------------------------------------------------------

    async def _step(self, commands: Iterator[bytes], stage: str, timeout: float) -> ServerReply:
        """The reply to the next command, which goes out now unless all went out before."""
        return await self._talk.ask(next(commands, b""), stage, timeout)

    async def _envelope(self) -> None:
        """MAIL and RCPT; who is refused gets an answer, and in a probe who is accepted too."""
        settings = self._settings
        commands = iter(()) if self._pipelines else self._commands()
        mail = await self._step(commands, SENDING_MAIL, settings.mail_timeout)
        if mail.kind != 2:
            answer = self._refused(mail, "MAIL FROM")
            self.answers = {r.index: answer for r in self._recipients}
        for recipient in self._recipients if mail.kind == 2 or self._pipelines else ():
            reply = await self._step(commands, SENDING_RCPT, settings.rcpt_timeout)
            if recipient.index in self.answers:
                continue
            if reply.kind != 2:
                self.answers[recipient.index] = self._refused(reply, "RCPT TO")
            elif self._is_probe:
                self.answers[recipient.index] = accepted(reply, False, True)

    async def _data(self, is_wanted: bool) -> ServerReply | None:
        """The reply to DATA; None when nobody wants the message, and the server does not wait for it."""
        if not is_wanted and not self._pipelines:
            return None
        command = b"" if self._pipelines else DATA
        timeout = self._settings.data_init_timeout
        reply = await self._talk.ask(command, SENDING_DATA, timeout)
        return reply if is_wanted or reply.kind == 3 else None

    def _refuse_data(self, reply: ServerReply, wanting: list[RequestRecipient]) -> None:
        self._talk.blame(reply)
        judge = confused if reply.kind == 2 else refused
        answer = judge(self._talk.endpoint, reply, "DATA")
        self.answers |= {r.index: answer for r in wanting}

    def _refused(self, reply: ServerReply, command: str) -> Answered:
        self._talk.blame(reply)
        return refused(self._talk.endpoint, reply, command)

    # -- content ---------------------------------------------------------------------------

    async def _send_content(self, content: Iterable[bytes]) -> None:
        talk, settings = self._talk, self._settings
        wire = WireContent(settings.line_length_limit)
        allowance = _Allowance(talk)
        if talk.client.checks or talk.client.generic:
            await self._send_checked(content, wire, allowance)
        else:
            if self._is_converted:
                content = Downgrade(_mime_rules(talk.client.context.config)).convert(content)
            for piece in wire.encode(content):
                talk.peer.write(piece)
                await talk.drain(SENDING_BODY, allowance.after(len(piece)))
        if wire.has_folded:
            limit = settings.line_length_limit
            talk.info(f"{talk.queue_id}: breaking line > {limit} bytes with <CR><LF>SPACE")
        if DELAY_DOTCRLF in self._workarounds:
            await talk.peer.pause(settings.pix_workaround_delay_time)
        says_quit = self._is_last and self._pipelines
        talk.write(b".\r\n" + QUIT if says_quit else b".\r\n")
        talk.has_quit = says_quit

    async def _send_checked(
        self, content: Iterable[bytes], wire: WireContent, allowance: _Allowance
    ) -> None:
        """The content, with what tables say of it; SessionFailure when one cannot answer."""
        talk = self._talk
        client = talk.client
        rules = replace(_mime_rules(client.context.config), converts=self._is_converted)
        checked = CheckedContent(client.checks, rules, talk.queue_id, client.generic)
        try:
            for chunk in content:
                piece = wire.feed(await checked.feed(chunk))
                talk.peer.write(piece)
                await talk.drain(SENDING_BODY, allowance.after(len(piece)))
            piece = wire.feed(await checked.finish()) + wire.finish()
        except (ChecksFailure, GenericFailure):
            talk.fail_locally()
        talk.peer.write(piece)
        await talk.drain(SENDING_BODY, allowance.after(len(piece)))

    async def _take_verdicts(self, wanting: list[RequestRecipient]) -> None:
        """The replies to the content: one in SMTP, one for each accepted recipient in LMTP."""
        settings = self._settings
        if settings.is_lmtp:
            for recipient in wanting:
                reply = await self._talk.reply(SENDING_END, settings.data_done_timeout)
                self.answers[recipient.index] = self._verdict(reply)
            return
        reply = await self._talk.reply(SENDING_END, settings.data_done_timeout)
        verdict = self._verdict(reply)
        self.answers |= {r.index: verdict for r in wanting}

    def _verdict(self, reply: ServerReply) -> Answered:
        if reply.kind != 2:
            return self._refused(reply, "end of DATA")
        is_final = self._settings.assume_final or "X" in self._talk.client.flags
        return accepted(reply, "DSN" in self._offers, is_final)


def _mime_rules(config: Config) -> MimeRules:
    return MimeRules(
        header_size=config.header_size_limit,
        nesting=config.mime_nesting_limit,
        boundary_length=config.mime_boundary_length_limit,
        line_length=config.line_length_limit,
    )


class _Allowance:
    """How long a server may take for content: smtp_data_xfer_timeout for each piece.

    With smtp_per_request_deadline the time is for all of it, and grows with what was sent (smtp_min_data_rate).
    """

    def __init__(self, conversation: Conversation) -> None:
        self._clock = conversation.client.context.clock
        self._settings = conversation.settings
        self._end = self._clock.now() + self._settings.data_xfer_timeout

    def after(self, octets: int) -> float:
        """Seconds to wait, once so many more octets were written."""
        settings = self._settings
        if not settings.per_request_deadline:
            return settings.data_xfer_timeout
        self._end += octets / max(1, settings.min_data_rate)
        return max(0.0, self._end - self._clock.now())
