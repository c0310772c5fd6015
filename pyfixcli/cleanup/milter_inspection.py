"""The content of a message shown to milters, and what they ask for done to a copy of it (cleanup(8)).

Each milter sees what those before it made of the message. Its changes are made when it has named them all and accepted the message: one that fails
half-way changes nothing.

Data flow: a message that cleanup has accepted -> each milter: headers, body, end -> a copy with the changes -> the verdict.

Diagnostics: ``milter-reject:``, ``milter-discard:``, ``milter-hold:``, ``milter-header-*:``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from msgspec.structs import replace

from pyfixcli.base.sysexits import EX_TEMPFAIL, EX_UNAVAILABLE
from pyfixcli.cleanup.checks import Effects, IncomingCase, apply_action
from pyfixcli.cleanup.mapping import NotMapped
from pyfixcli.cleanup.milter_edit import (
    edit_headers,
    new_body,
    own_received,
    split_content,
    told_header,
)
from pyfixcli.cleanup.milter_envelope import EnvelopeEditor
from pyfixcli.cleanup.outcome import Accepted, Discarded, Outcome, Refused
from pyfixcli.cleanup.size import SizeCounter
from pyfixcli.log.maillog import SHOWN_CONTENT, active_line, milter_line
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.envelope import FLAG_HOLD, Envelope, Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.mail.reply import Reply
from pyfixcli.milter.filter import UNAVAILABLE, MilterFilter, Response, Special
from pyfixcli.milter.session import MilterSession
from pyfixcli.protocol.milter import (
    CHUNK,
    AddRecipient,
    Change,
    Command,
    Quarantine,
    Step,
    texts,
)

if TYPE_CHECKING:
    from pyfixcli.cleanup.pipeline import Cleanup

SERVICE = "cleanup"
SMTP = "smtpd"
END = "END-OF-MESSAGE"
LOCALHOST, LOOPBACK = "localhost", "127.0.0.1"  # who brings mail that came without SMTP
WRITE_ERROR = "queue file write error"
NO_PREPEND = "the milter_header/body_checks prepend action is not implemented"
CANNOT_REJECT = "milter configuration error: can't reject recipient in non-smtpd(8) submission"
_NO_EVENT: dict[str, str] = {}


class Content(Protocol):
    """Content that was written, and may be read as long as it is not discarded."""

    def write(self, data: bytes) -> None:
        """Take octets; OSError when there is no room."""
        ...

    def pieces(self) -> Iterable[bytes]:
        """All of it, from the start."""
        ...

    def discard(self) -> None:
        """Nothing of it stays."""
        ...


C = TypeVar("C", bound=Content)


class Inspection(Generic[C]):
    """One message. ``new_content`` makes the place for a copy.

    After run(), ``content`` is what goes with the outcome; what was given is discarded when it is another one.
    """

    def __init__(
        self,
        cleanup: Cleanup,
        origin: Origin,
        session: MilterSession,
        content: C,
        new_content: Callable[[], C],
    ) -> None:
        self._cleanup = cleanup
        self._origin = origin
        self._session = session
        self._new_content = new_content
        self._effects = Effects()
        self._recipient = ""
        self._expanded: tuple[Recipient, ...] = ()
        self._envelope: Envelope
        self.content = content

    async def run(self, accepted: Accepted) -> Outcome:
        """Show the message to all milters; what becomes of it."""
        self._envelope, self._expanded = accepted.envelope, accepted.expanded
        self._recipient = accepted.recipient
        self._session.values.message["i"] = self._envelope.queue_id
        is_smtp = self._origin.service == SMTP
        outcome = None if is_smtp else await self._simulate(accepted.is_passed)
        for milter in self._session.filters:
            if outcome is None and not accepted.is_passed:
                outcome = await self._show(milter)
        return outcome or Accepted(self._envelope, self._expanded)

    # -- mail that came without SMTP ------------------------------------------------------

    async def _simulate(self, is_passed: bool) -> Outcome | None:
        """A session as a client would have had it (MILTER_README, Non-SMTP Milter applications)."""
        session, envelope = self._session, self._envelope
        self._recipient = ""
        sender = quote_address(envelope.sender)
        steps: list[tuple[str, Callable[[], Awaitable[Response]]]] = [
            ("CONNECT", session.connect),
            ("EHLO", lambda: session.helo(self._origin.helo or LOCALHOST)),
            ("MAIL", lambda: session.mail(sender, ())),
        ]
        for verb, tell in steps:
            outcome = self._judge(verb, await tell())
            if outcome is not None:
                return outcome
        for recipient in envelope.recipients:
            response = await session.rcpt(quote_address(recipient.address), ())
            self._recipient = recipient.address
            if isinstance(response, Reply):
                self._note("reject", "RCPT", f"{response.dsn} {response.text}".strip())
                self._warn(CANNOT_REJECT)
                self._warn("message not accepted, try again later")
                return Refused(EX_TEMPFAIL, UNAVAILABLE.dsn, UNAVAILABLE.text)
            outcome = self._judge("RCPT", response)
            if outcome is not None:
                return outcome
        return None if is_passed else self._judge("DATA", await session.data())

    # -- one milter ------------------------------------------------------------------------

    async def _show(self, milter: MilterFilter) -> Outcome | None:
        """All of the content, then the changes; None when the message goes on."""
        outcome = self._judge(END, await self._tell(milter))
        if outcome is None and milter.changes:
            try:
                outcome = await self._change(milter.changes, milter.has(Step.LEADING_SPACE))
            except NotMapped as failure:
                for warning in failure.about_tables:
                    self._cleanup.log.warning(SERVICE, warning)
                if failure.line:
                    self._warn(failure.line)
                return Refused(EX_TEMPFAIL, failure.dsn, WRITE_ERROR)
        return outcome

    async def _tell(self, milter: MilterFilter) -> Response:
        """The events of the content; the first answer that is one ends them."""
        values = self._session.values
        for command, arguments in self._events(milter):
            response = await milter.ask(command, arguments, values, _NO_EVENT)
            if response is not None:
                return response
        return None

    def _events(self, milter: MilterFilter) -> Iterator[tuple[Command, bytes]]:
        headers, body = split_content(self.content.pieces())
        hidden = own_received(headers, self._origin.add_received)
        keeps_space = milter.has(Step.LEADING_SPACE)
        for index, header in enumerate(headers):
            if index != hidden:
                yield Command.HEADER, texts(*told_header(header, keeps_space))
        yield Command.END_OF_HEADER, b""
        for piece in wire_chunks(body) if milter.hears(Command.BODY) else ():
            yield Command.BODY, piece
            if not milter.hears(Command.BODY):
                break  # a large body takes its time to be read
        yield Command.END_OF_BODY, b""

    async def _change(self, changes: list[Change], keeps_space: bool) -> Outcome | None:
        """All that a milter wants, on a copy."""
        before = self._envelope.recipients
        editor = EnvelopeEditor(self._cleanup, self._envelope, self._origin, self._warn)
        for change in changes:
            await editor.apply(change)
        await self._copy(changes, keeps_space)
        effects, envelope = self._effects, editor.envelope
        self._expanded = (*self._expanded, *editor.expanded)
        if any(isinstance(change, Quarantine) for change in changes):
            self._judge(END, Special.HOLD)
        self._envelope = replace(
            envelope,
            size=self._envelope.size,
            flags=self._envelope.flags | (FLAG_HOLD if effects.hold else 0),
            content_filter=effects.filter or envelope.content_filter,
            redirect=effects.redirect or envelope.redirect,
        )
        for address in effects.copies:
            await self._add_copy(address)
        if effects.discard:
            return Discarded()
        if not self._envelope.recipients:
            self._log_end(len(before))
            return Discarded()
        refusal = effects.refusal
        return None if refusal is None else self._refuse(Reply(550, refusal.dsn, refusal.text))

    def _log_end(self, recipients: int) -> None:
        """All recipients were taken away: to the log it is a message like others that has come to its end."""
        envelope, log = self._envelope, self._cleanup.log
        line = active_line(envelope.sender, envelope.size, recipients)
        log.info("qmgr", f"{envelope.queue_id}: {line}")
        log.info("qmgr", f"{envelope.queue_id}: removed")

    async def _add_copy(self, address: str) -> None:
        editor = EnvelopeEditor(self._cleanup, self._envelope, self._origin, self._warn)
        octets = address.encode("utf-8", "surrogateescape")
        await editor.apply(AddRecipient(octets, b"NOTIFY=NEVER"))
        self._envelope = editor.envelope

    async def _copy(self, changes: list[Change], keeps_space: bool) -> None:
        """The content with the changes, in the place of the old one."""
        headers, old_body = split_content(self.content.pieces())
        hidden = own_received(headers, self._origin.add_received)
        edited = await edit_headers(headers, changes, hidden, keeps_space, self._check)
        body = new_body(changes)
        if edited == headers and body is None:
            return
        size = SizeCounter(self._cleanup.line_length_limit)
        copy = self._new_content()
        try:
            head = b"".join(header + b"\n" for header in edited) + b"\n"
            size.add(head)
            copy.write(head)
            for piece in old_body if body is None else (body,):
                size.add(piece, is_body=True)
                copy.write(piece)
        except OSError:
            copy.discard()
            raise
        old, self.content = self.content, copy
        old.discard()
        self._envelope = replace(self._envelope, size=size.total)

    # -- headers that milters make (milter_header_checks) ----------------------------------

    async def _check(self, header: bytes) -> bytes | None:
        checks = self._cleanup.milter_header_checks
        if not checks or self._effects.ends_checks:
            return header
        value = await checks.find(header)
        if value is None:
            return header
        case = IncomingCase(
            checks.name,
            True,
            header,
            lambda action, detail: self._note_header(action, header, detail),
            lambda warning: self._cleanup.log.warning(SERVICE, warning),
            self._effects,
            is_of_milter=True,
        )
        checked = apply_action(case, value)
        if checked.before:
            self._cleanup.log.warning(SERVICE, NO_PREPEND)
        return checked.text

    def _note_header(self, action: str, header: bytes, detail: str) -> None:
        text = header.decode("utf-8", "surrogateescape")
        details = envelope_details(self._envelope.sender, self._recipient, self._origin)
        what = f"milter-header-{action}: header {text[:SHOWN_CONTENT]} from {self._client}"
        self._cleanup.log.info(SERVICE, f"{self._envelope.queue_id}: {what}; {details}: {detail}")

    # -- verdicts ----------------------------------------------------------------------------

    def _judge(self, verb: str, response: Response) -> Outcome | None:
        """What a milter's answer means for the message; None when it goes on."""
        if response is None:
            return None
        if isinstance(response, Reply):
            self._note("reject", verb, f"{response.dsn} {response.text}".strip())
            return self._refuse(response)
        self._note(response.value, verb, f"milter triggers {response.name} action")
        if response is Special.DISCARD:
            return Discarded()
        self._envelope = replace(self._envelope, flags=self._envelope.flags | FLAG_HOLD)
        return None

    def _refuse(self, reply: Reply) -> Outcome:
        """A client is told; other mail is returned to its sender, or tried again."""
        is_final = reply.code >= 500
        if is_final and self._origin.service != SMTP:
            refusal = f"{reply.dsn or '5.0.0'} {reply.text}"
            return Accepted(replace(self._envelope, refusal=refusal, ret="HDRS"), self._expanded)
        status = EX_UNAVAILABLE if is_final else EX_TEMPFAIL
        return Refused(status, reply.dsn, reply.text, reply.code)

    @property
    def _client(self) -> str:
        """``name[address]``, as milters were told."""
        origin = self._origin
        return f"{origin.client_name or LOCALHOST}[{origin.client_address or LOOPBACK}]"

    def _note(self, action: str, verb: str, text: str) -> None:
        line = milter_line(
            action,
            verb,
            self._client,
            text,
            envelope_details(self._envelope.sender, self._recipient, self._origin),
        )
        self._cleanup.log.info(SERVICE, f"{self._envelope.queue_id}: {line}")

    def _warn(self, text: str) -> None:
        self._cleanup.log.warning(SERVICE, f"{self._envelope.queue_id}: {text}")


def envelope_details(sender: str, recipient: str, origin: Origin) -> str:
    """The end of a log line: ``from=<s> to=<r> proto=ESMTP helo=<h>``, as far as known."""
    parts = [f"from=<{quote_address(sender)}>"]
    if recipient:
        parts.append(f"to=<{quote_address(recipient)}>")
    if origin.protocol:
        parts.append(f"proto={origin.protocol}")
    if origin.helo:
        parts.append(f"helo=<{origin.helo}>")
    return " ".join(parts)


def wire_chunks(body: Iterable[bytes]) -> Iterator[bytes]:
    """A body with CRLF line ends, in pieces that a packet may have."""
    held = b""
    for piece in body:
        held += piece.replace(b"\n", b"\r\n")
        while len(held) >= CHUNK:
            yield held[:CHUNK]
            held = held[CHUNK:]
    if held:
        yield held
