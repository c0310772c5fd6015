"""An SMTP session: the engine's questions answered, messages taken, everything logged.

The engine (protocol.server) knows the protocol, Access knows who is welcome, the queue takes messages; this puts
them together. It has no sockets and no clock: the daemon drives it on its loop, sendmail -bs on a pipe.

Data flow: octets -> receive() -> proceed() -> Wire.write; the content of a message -> Queue -> commit -> 250.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from pyfixcli.access.claimed_client import claimed_client
from pyfixcli.access.command_filter import shown_command
from pyfixcli.access.facts import Case, Client
from pyfixcli.access.failure import NO_ROOM, TOO_BIG, WRITE_ERROR, failure_reply
from pyfixcli.access.handover import asked_for, make_origin
from pyfixcli.access.session_needs import (
    Filter,
    Filters,
    Incoming,
    Introduction,
    Limits,
    Service,
    Wire,
)
from pyfixcli.access.session_recorder import Notifier, SessionRecorder
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.log.maillog import milter_line
from pyfixcli.mail.reply import Reply
from pyfixcli.maps.table import TableFailure
from pyfixcli.milter.filter import Response
from pyfixcli.milter.session import MilterSession
from pyfixcli.milter.words import mail_words, path, rcpt_words
from pyfixcli.protocol.command import LOCAL_ERROR
from pyfixcli.protocol.events import (
    NEED_DATA,
    Answered,
    Claim,
    Closed,
    CommandLine,
    Connected,
    DataChunk,
    DataEnd,
    DataStart,
    Dropped,
    Etrn,
    Event,
    Forward,
    Helo,
    Level,
    Logged,
    Mail,
    Note,
    Rcpt,
    Unknown,
    Verify,
)
from pyfixcli.protocol.server import SmtpServer
from pyfixcli.protocol.settings import ServerSettings


class SmtpSession:
    """One session. ``is_over`` once the connection is to be closed."""

    __slots__ = (
        "_arrival",
        "_context",
        "_filter",
        "_filters",
        "_incoming",
        "_introduction",
        "_limits",
        "_milters",
        "_recorder",
        "_service",
        "_wire",
        "case",
        "engine",
        "is_over",
    )

    def __init__(
        self,
        service: Service,
        settings: ServerSettings,
        client: Client,
        wire: Wire,
        limits: Limits | None = None,
        notifier: Notifier | None = None,
        filters: Filters | None = None,
        milters: MilterSession | None = None,
        introduction: Introduction | None = None,
    ) -> None:
        self._service = service
        self._wire = wire
        self._limits = limits
        self.case = Case(client)
        self._recorder = SessionRecorder(notifier, str(client)) if notifier is not None else None
        transcript = self._recorder.transcript if self._recorder is not None else None
        self.engine = SmtpServer(settings, str(client), self._dress, transcript)
        self.is_over = False
        self._incoming: Incoming | None = None
        self._filters = filters
        self._milters = milters
        self._introduction = introduction
        self._filter: Filter | None = None
        self._arrival = 0.0
        self._context = ""  # of header rewriting; the same for all messages of a client

    async def proceed(self) -> None:
        """Go on until the client has to say something, or the session is over."""
        next_event = self.engine.next_event
        while not self.is_over:
            event = next_event()
            if event is NEED_DATA:
                return
            answer = _ANSWERS.get(type(event))
            if answer is not None:
                await self._answer(answer, event)
            else:
                await _STEPS[type(event)](self, event)

    async def _answer(self, answer: _Answer, question: Any) -> None:
        """Answer a question of the engine, and tell the client."""
        recorder = self._recorder
        if recorder is not None:
            recorder.note_question(question)
        reply = await answer(self, question)
        octets = self.engine.send(reply)
        if recorder is not None:
            recorder.note_answer(question, reply)
        if octets:
            await self._write(octets)
        if recorder is not None and type(question) is DataEnd:
            recorder.end_message(reply.is_positive)

    async def _write(self, octets: bytes) -> None:
        if self._recorder is not None:
            self._recorder.transcript.say(octets)
        delay = self.engine.reply_delay
        if delay:
            await self._wire.pause(delay)
        self._wire.write(octets)

    def _dress(self, reply: Reply) -> Reply:
        """A refusal with its footer (smtpd_reject_footer)."""
        footer = self._service.footer
        return footer.add(reply, self.case) if footer else reply

    # -- log ---------------------------------------------------------------------------

    def _log(self, text: str) -> None:
        self._service.log.info(self._service.name, text)

    def _warn(self, text: str) -> None:
        self._service.log.warning(self._service.name, text)

    def _note(self, note: Note) -> None:
        text = note.text
        if note.has_queue_id:
            text = f"{self.case.queue_id or 'NOQUEUE'}: {text}"
        if note.level is Level.WARNING:
            self._warn(text)
        else:
            self._log(text)

    def _forwarded(self) -> str:
        """What XFORWARD said, for the log."""
        known = self.engine.state.forwarded
        if known is None:
            return ""
        ident = f", orig_queue_id={known.ident}" if known.ident else ""
        address = f"[{known.address}]" if known.address != "unknown" else ""
        return f"{ident}, orig_client={known.name}{address}"

    def _log_reject(self, verb: str, reply: Reply, details: str) -> None:
        where = f"{self.case.queue_id or 'NOQUEUE'}: reject: {verb} from {self.case.client}"
        self._log(f"{where}: {reply}; {details}")

    # -- questions ---------------------------------------------------------------------

    async def _connected(self, event: Connected) -> Reply:
        refusal = await self._service.policy.connect(self.case)
        if refusal is not None or self._milters is None:
            return refusal or event.accept
        refusal = self._hear("CONNECT", await self._milters.connect())
        if refusal is None or refusal.code < 500:
            return event.accept
        host = self.engine.state.settings.hostname
        return Reply(554, "", f"{host} ESMTP not accepting connections")

    async def _helo(self, event: Helo) -> Reply:
        case = self.case
        before, case.helo, case.verb = case.helo, event.name, event.verb
        refusal = await self._service.policy.helo(case)
        if refusal is not None:
            case.helo = before
            return refusal
        accept = event.accept
        if self._milters is not None:
            self._milters.end_message()
            refusal = self._hear(event.verb, await self._milters.helo(event.name))
            # each MAIL will be refused: a client that is not welcome needs to know no extensions
            if refusal is not None and refusal.code >= 500 and event.verb == "EHLO":
                host = self.engine.state.settings.hostname
                accept = Reply(250, "", f"{host}\nENHANCEDSTATUSCODES")
        case.protocol = "ESMTP" if event.verb == "EHLO" or self.engine.state.is_esmtp else "SMTP"
        return accept

    async def _mail(self, event: Mail) -> Reply:
        case, service = self.case, self._service
        case.verb = "MAIL"
        case.protocol = self.engine.state.protocol
        warning = service.queue.lacks_room()
        if warning:
            self._log_reject("MAIL", NO_ROOM, case.details())
            self._warn(warning)
            return NO_ROOM
        refusal = self._limits.takes_mail(case.client) if self._limits is not None else None
        if refusal is not None:
            return refusal
        case.sender, case.size = event.sender, event.size
        refusal = await service.policy.mail(case)
        if refusal is not None:
            case.sender = None
            return refusal
        if self._milters is not None:
            response = await self._milters.mail(path(event.sender), mail_words(event))
            refusal = self._hear("MAIL", response)
            if refusal is not None:
                self._forget()
                return refusal
        if self._filters is not None:
            self._filter = self._filters.begin(event, case)
        return event.accept

    async def _rcpt(self, event: Rcpt) -> Reply:
        case, service = self.case, self._service
        case.verb, case.recipient = "RCPT", event.recipient
        case.recipient_count = len(self.engine.state.transaction.recipients) + 1
        refusal = self._limits.takes_recipient(case.client) if self._limits is not None else None
        if refusal is not None:
            return refusal
        refusal = await service.policy.rcpt(case)
        if self._milters is not None:
            refusal = await self._tell_recipient(self._milters, event, refusal)
        if refusal is not None:
            return refusal
        if self._filter is not None:
            return await self._filter.rcpt(event)
        if not case.queue_id:
            self._arrival = service.queue.now()
            case.queue_id = await service.queue.queue_id(self._arrival)
            if not case.queue_id:
                return WRITE_ERROR
            self._log(f"{case.queue_id}: client={case.client}{self._forwarded()}")
            case.accepted = event.recipient
            if self._milters is not None:
                self._milters.values.message["i"] = case.queue_id
        return event.accept

    async def _tell_recipient(
        self, milters: MilterSession, event: Rcpt, refusal: Reply | None
    ) -> Reply | None:
        """A recipient is for milters to judge when nobody else has refused it."""
        if self._is_discarded:
            return refusal
        if refusal is not None:
            why = refusal.text.removeprefix(f"{path(event.recipient)}: ")
            await milters.rejected(path(event.recipient), refusal.dsn, why)
            return refusal
        response = await milters.rcpt(path(event.recipient), rcpt_words(event))
        return self._hear("RCPT", response)

    async def _data_start(self, event: DataStart) -> Reply:
        case = self.case
        case.verb = "BDAT" if event.is_chunked else "DATA"
        recipients = self.engine.state.transaction.recipients
        case.recipient_count = len(recipients)
        case.recipient = recipients[0].recipient if len(recipients) == 1 else None
        case.is_pipelined = self.engine.is_pipelined
        refusal = await self._service.policy.data(case)
        if refusal is None and self._milters is not None and not self._is_discarded:
            case.recipient = recipients[0].recipient
            refusal = self._hear("DATA", await self._milters.data())
        if refusal is not None:
            return refusal
        await self._find_context()
        if self._filter is not None:
            now = self._service.queue.now()
            origin = make_origin(case, self.engine, now, self._context)
            return await self._filter.begin(origin) or event.accept
        origin = make_origin(case, self.engine, self._arrival, self._context)
        self._incoming = self._service.queue.begin(origin, case.queue_id)
        return event.accept

    async def _find_context(self) -> None:
        if not self._context:
            self._context = await self._service.policy.rewrite_context(self.case)

    async def _data_end(self, event: DataEnd) -> Reply:
        """The end of the content. The commit comes before the 250: rather twice than never."""
        case, incoming = self.case, self._incoming
        case.verb, case.size = "END-OF-MESSAGE", event.size
        refusal = await self._service.policy.end_of_data(case)
        if self._filter is not None:
            return await self._end_filter(self._filter, refusal)
        assert incoming is not None
        queue_id = case.queue_id
        if refusal is not None or self._is_discarded:
            self._forget()
            return refusal or event.queued(queue_id)
        self._incoming = None
        incoming.ask(asked_for(case))
        if self._milters is not None:
            incoming.show_to(self._milters)
        try:
            outcome = await incoming.finish()
        except OSError as error:
            self._warn(f"{queue_id}: write queue file: {error.strerror}")
            self._forget()
            return NO_ROOM
        self._forget()
        if outcome.status == EX_OK:
            return event.queued(queue_id)
        return failure_reply(outcome)

    async def _end_filter(self, proxy: Filter, refusal: Reply | None) -> Reply:
        """The filter's verdict is the client's; a message that we refuse ourselves is not finished."""
        reply = refusal
        if reply is None:
            reply = await proxy.finish()
            self.case.recipient = self.engine.state.transaction.recipients[0].recipient
            action = "accept" if reply.is_positive else "reject"
            shown = str(reply).partition("\n")[0]
            self._log(f"proxy-{action}: END-OF-MESSAGE: {shown}; {self.case.details()}")
        self._forget()
        return reply

    @property
    def _is_discarded(self) -> bool:
        """Whether the message is to be thrown away, whatever else it is."""
        return any(effect[0] == "DISCARD" for effect in self.case.effects)

    async def _unknown(self, event: Unknown) -> Reply:
        if self._milters is None:
            return event.accept
        return self._hear("UNKNOWN", await self._milters.unknown(event.word)) or event.accept

    def _hear(self, verb: str, response: Response) -> Reply | None:
        """Log what a milter wants, and take it down; its refusal."""
        if response is None:
            return None
        case = self.case
        if isinstance(response, Reply):
            action, text = "reject", str(response)
        else:
            action, text = response.value, f"milter triggers {response.name} action"
            case.effects.append((response.name, ""))
        line = milter_line(action, verb, str(case.client), text, case.details())
        self._log(f"{case.queue_id or 'NOQUEUE'}: {line}")
        return response if isinstance(response, Reply) else None

    async def _verify(self, event: Verify) -> Reply:
        case = self.case
        before, case.verb, case.recipient = case.recipient, "VRFY", event.address
        refusal = await self._service.policy.verify(case)
        case.recipient = before
        return refusal or event.accept

    async def _forward(self, event: Forward) -> Reply:
        return event.accept

    async def _claim(self, event: Claim) -> Reply:
        """The client is another one from now on, and is judged as if it had just come."""
        assert self._introduction is not None
        client, claimed = claimed_client(self.case.client, event.claimed), event.claimed
        await self._find_context()  # it remains that of the one who connected
        if self._milters is not None:
            self._milters.close()
        settings, self._milters = await self._introduction.introduce(client)
        self.engine.introduce(settings, str(client))
        case = self.case = Case(client)
        case.verb = "XCLIENT"
        case.helo, case.protocol = claimed.helo, claimed.protocol or case.protocol
        return await self._connected(Connected(event.accept))

    async def _etrn(self, event: Etrn) -> Reply:
        case = self.case
        before, case.verb, case.recipient = case.recipient, "ETRN", event.domain
        refusal = await self._service.policy.etrn(case)
        case.recipient = before
        if refusal is None:
            await self._service.queue.flush_site(event.domain)
        return refusal or event.accept

    # -- what needs no answer ----------------------------------------------------------

    async def _answered(self, event: Answered) -> None:
        if event.rejected:
            case = self.case
            case.sender = event.sender
            self._log_reject(event.rejected, event.reply, case.details())
            case.sender = None
        for note in event.notes:
            self._note(note)
        if self._recorder is not None:
            self._recorder.note_verdict(event.reply, self.engine.state.last)
        await self._write(event.octets)

    async def _logged(self, event: Logged) -> None:
        for note in event.notes:
            self._note(note)

    async def _command_line(self, event: CommandLine) -> None:
        """Execute the command, or what smtpd_command_filter makes of it."""
        try:
            text = await self._service.commands.find(event.text)
        except TableFailure as error:
            self._end_for_table(str(error))
            return
        if text is not None:
            shown = shown_command(event.text)
            self._log(f'{self.case.client}: replacing command "{shown}" with "{text}"')
        self.engine.execute(event.text if text is None else text)

    def _end_for_table(self, warnings: str) -> None:
        """Without its table no command can be understood."""
        for line in warnings.split("\n"):
            self._warn(line)
        state = self.engine.state
        reply = Reply(421, "4.3.0", f"{state.settings.hostname} {LOCAL_ERROR}")
        where = f"{self.case.queue_id or 'NOQUEUE'}: reject: {state.last} from {self.case.client}"
        self._log(f"{where}: {reply}")
        self.engine.end(reply, "")

    async def _data_chunk(self, event: DataChunk) -> None:
        limit = self.engine.state.settings.message_size_limit
        if limit and self.engine.content_size > limit:
            self._warn(f"{self.case.queue_id}: queue file size limit exceeded")
            self.engine.refuse_content(TOO_BIG)
        elif self._incoming is not None:
            await self._feed(event.content)
        elif self._filter is not None:
            await self._filter.feed(event.content)

    async def _feed(self, content: bytes) -> None:
        assert self._incoming is not None
        try:
            await self._incoming.feed(content)
        except OSError as error:
            self._warn(f"{self.case.queue_id}: write queue file: {error.strerror}")
            self.engine.refuse_content(NO_ROOM)

    async def _dropped(self, event: Dropped) -> None:
        self._forget()

    async def _closed(self, event: Closed) -> None:
        if event.reason:
            self._log(f"{event.reason} from {self.case.client}")
        self._log(f"disconnect from {self.case.client} {self.engine.counts}")
        if self._recorder is not None:
            self._recorder.end(event.reason)
        self.abandon()

    def turn_away(self, greeting: Reply) -> None:
        """Say this instead of the greeting, and hang up."""
        self._wire.write(greeting.octets())
        self._log(f"disconnect from {self.case.client} {self.engine.counts}")
        self.abandon()

    def abandon(self) -> None:
        """Nothing more is read or written."""
        self._forget()
        if self._milters is not None:
            self._milters.close()
        self.is_over = True

    def _forget(self) -> None:
        """The mail transaction is over."""
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            incoming.discard()
        proxy, self._filter = self._filter, None
        if proxy is not None:
            proxy.close()
        if self._milters is not None:
            self._milters.end_message()
        case = self.case
        case.queue_id = case.accepted = ""
        case.sender = case.recipient = None
        case.recipient_count = case.size = 0
        case.effects = []


_Answer = Callable[[SmtpSession, Any], Coroutine[Any, Any, Reply]]
_ANSWERS: dict[type[Event], _Answer] = {
    Connected: SmtpSession._connected,
    Helo: SmtpSession._helo,
    Mail: SmtpSession._mail,
    Rcpt: SmtpSession._rcpt,
    DataStart: SmtpSession._data_start,
    DataEnd: SmtpSession._data_end,
    Verify: SmtpSession._verify,
    Etrn: SmtpSession._etrn,
    Forward: SmtpSession._forward,
    Claim: SmtpSession._claim,
    Unknown: SmtpSession._unknown,
}
_STEPS: dict[type[Event], Callable[[SmtpSession, Any], Coroutine[Any, Any, None]]] = {
    Answered: SmtpSession._answered,
    CommandLine: SmtpSession._command_line,
    Logged: SmtpSession._logged,
    DataChunk: SmtpSession._data_chunk,
    Dropped: SmtpSession._dropped,
    Closed: SmtpSession._closed,
}
