"""One message on its way through cleanup (cleanup(8)).

Data flow: envelope addresses -> Received: -> each header: checks, editing -> missing headers -> body, and the headers of its
parts: checks -> recipients from the header, copies -> what has become of it. Content streams through; besides one header nothing of it is held.

Diagnostics: what checks and tables say, where the message came from, and its Message-Id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pyfixcli.base.sysexits import EX_DATAERR, EX_TEMPFAIL, EX_UNAVAILABLE, EX_USAGE
from pyfixcli.cleanup.characters import find_rejected
from pyfixcli.cleanup.checks import ContentChecks, Effects, IncomingCase, Refusal, apply_action
from pyfixcli.cleanup.envelope import RecipientList
from pyfixcli.cleanup.headers import HeaderEditor
from pyfixcli.cleanup.mapping import AddressKind, NotMapped
from pyfixcli.cleanup.missing_headers import missing_headers
from pyfixcli.cleanup.octets import OctetNeeds
from pyfixcli.cleanup.outcome import Accepted, ContentSink, Discarded, Outcome, Refused
from pyfixcli.cleanup.received import format_received
from pyfixcli.cleanup.reception import Reception
from pyfixcli.cleanup.size import SizeCounter
from pyfixcli.log.maillog import content_line, pickup_line
from pyfixcli.mail.body_lines import BodyLine, BodyLines
from pyfixcli.mail.content_action import Checked
from pyfixcli.mail.envelope import FLAG_HOLD, FLAG_SMTPUTF8, Asked, Envelope, Origin
from pyfixcli.mail.header import cut_header
from pyfixcli.mail.mime import Body, Event, Field, HeaderEnd, MimeParser, Place, Trouble
from pyfixcli.mail.recipient import Recipient

if TYPE_CHECKING:
    from pyfixcli.cleanup.pipeline import Cleanup

SERVICE = "cleanup"
SMTP = "smtpd"  # the service whose peer is told of a refusal at once
LOCAL = "local"  # the service whose copies were promised to the sender already
DISALLOWED = Refusal("5.7.1", "disallowed character")
TOO_MANY_HOPS = Refusal("5.4.0", "too many hops", is_whole=True)
TOO_BIG = Refusal("5.3.4", "message file too big")
EXPANSION_FAILED = "Alias expansion error"


class Message:
    """Feed it the content in pieces, then call finish()."""

    def __init__(
        self,
        cleanup: Cleanup,
        origin: Origin,
        queue_id: str,
        sink: ContentSink,
        reception: Reception,
    ) -> None:
        self._cleanup = cleanup
        self._origin = origin
        self._queue_id = queue_id
        self._sink = sink
        self._reception = reception
        self._is_checked = origin.checked and reception.checks_content
        self._sender = ""
        self._needs = OctetNeeds(cleanup.utf8_classes, origin.service, cleanup.detects_8bit)
        self._needs.has_utf8 = bool(origin.flags & FLAG_SMTPUTF8)
        self._recipients = RecipientList(cleanup.envelope_rules, self._warn, origin, self._needs)
        self._editor = HeaderEditor(
            cleanup.rules,
            cleanup.rewriter,
            cleanup.addresses,
            origin,
            cleanup.known,
            self._warn,
        )
        rules = cleanup.mime_rules if origin.checked else cleanup.unchecked_mime_rules
        self._parser = MimeParser(rules)
        self._lines: BodyLines | None = None
        if self._is_checked and cleanup.body_checks:
            self._lines = BodyLines(cleanup.line_length_limit, cleanup.body_checks_size_limit)
        self._size = SizeCounter(cleanup.line_length_limit)
        self._effects = Effects()
        self._asked = Asked()
        self._trouble: Refused | None = None
        self._has_begun = False
        self._begun_recipients = 0
        self._is_announced = False
        self._has_too_many_hops = False
        self._input = 0
        self._ends_with_newline = True

    # -- content in ----------------------------------------------------------------------

    async def feed(self, data: bytes) -> None:
        """Content with ``\\n`` line ends, in pieces of any size."""
        if not self._has_begun:
            await self._begin()
        self._input += len(data)
        if self._trouble is not None or self._effects.discard or self._is_too_big:
            return
        data = self._filter(data)
        if data:
            self._ends_with_newline = data.endswith(b"\n")
            await self._take_events(self._parser.feed(data))

    def _filter(self, data: bytes) -> bytes:
        """Without the characters that are taken out; those that may not be there are noted."""
        cleanup = self._cleanup
        if cleanup.replaces_stray_cr and b"\r" in data:
            data = data.replace(b"\r", b" ")
        if cleanup.stripped:
            data = data.translate(None, cleanup.stripped)
        if cleanup.rejected is not None and not self._effects.is_final:
            line = find_rejected(cleanup.rejected, data)
            if line is not None:
                self._note("reject", "content", line, f"{DISALLOWED.dsn} {DISALLOWED.text}")
                self._effects.refusal = DISALLOWED
        return data

    def ask(self, asked: Asked) -> None:
        """What access tables want done with it; before finish()."""
        self._asked = asked

    @property
    def _is_too_big(self) -> bool:
        limit = self._cleanup.message_size_limit
        return bool(limit) and self._input > limit

    @property
    def _is_ended(self) -> bool:
        """Whether nobody will see the rest; mail that is returned is taken whole."""
        refusal = self._effects.refusal
        if self._effects.discard or refusal is None:
            return self._effects.discard
        return self._origin.service == SMTP or refusal.dsn.startswith("4")

    @property
    def _is_copy(self) -> bool:
        """Whether nobody waits for an answer: what is refused is returned to the sender."""
        return self._origin.service == LOCAL

    def _write(self, data: bytes, is_body: bool = False) -> None:
        self._size.add(data, is_body)
        self._sink.write(data)

    def _write_body(self, data: bytes) -> None:
        """The body; of a message whose content was refused only the header is returned."""
        if not self._effects.drops_body:
            self._write(data, is_body=True)

    async def begin(self, most: int) -> bool:
        """Take up to ``most`` recipients of the envelope as it was given; false once all are taken.

        feed() takes those that are left: who has very many of them lets others go on in between.
        """
        if self._has_begun:
            return False
        origin, addresses, start = self._origin, self._cleanup.addresses, self._begun_recipients
        self._begun_recipients += most
        try:
            if not start:
                self._cleanup.known.begin(addresses.state())
                self._sender = await addresses.map(
                    addresses.complete(origin.sender), AddressKind.ENVELOPE_SENDER, self._warn
                )
                self._needs.note_address(self._sender)
            for recipient in origin.recipients[start : start + most]:
                await self._recipients.add(recipient)
        except NotMapped as failure:
            self._fail(failure)
            self._has_begun = True
            return False
        return self._begun_recipients < len(origin.recipients)

    async def _begin(self) -> None:
        """The envelope as it was given, and the header that this system adds."""
        await self.begin(len(self._origin.recipients) or 1)
        if self._has_begun:
            return
        self._has_begun = True
        origin = self._origin
        try:
            for header in origin.prepended:
                field = header.encode("utf-8", "surrogateescape")
                await self._take_field(field, self._cleanup.header_checks)
            if origin.add_received:
                rules = self._cleanup.rules
                field = format_received(origin, self._queue_id, rules.myhostname, rules.mail_name)
                await self._take_field(field, self._cleanup.header_checks)
        except NotMapped as failure:
            self._fail(failure)

    # -- content, piece by piece -----------------------------------------------------------

    async def _take_events(self, events: list[Event]) -> None:
        """Headers, body text and what is wrong with them, as they come."""
        try:
            for event in events:
                if isinstance(event, Body):
                    await self._take_body(event)
                elif isinstance(event, HeaderEnd):
                    self._end_header()
                elif isinstance(event, Trouble):
                    self._take_trouble(event)
                elif event.place is Place.MAIN:
                    await self._take_field(event.text, self._checks_of(event))
                else:
                    await self._take_part_field(event)
        except NotMapped as failure:
            self._fail(failure)

    def _checks_of(self, field: Field) -> ContentChecks:
        cleanup = self._cleanup
        if field.is_mime:
            return cleanup.mime_header_checks
        return (
            cleanup.nested_header_checks if field.place is Place.NESTED else cleanup.header_checks
        )

    async def _take_field(self, field: bytes, checks: ContentChecks) -> None:
        """A header of the message: what the tables say of it, then editing."""
        kept = await self._judge("header", checks, field)
        if kept is None:
            return
        hops = self._editor.state.hops
        edited = await self._editor.edit(kept)
        if edited:
            self._needs.note(edited)
            self._write_header(edited)
        if hops != self._editor.state.hops:
            self._count_hops()
        self._log_header()

    def _count_hops(self) -> None:
        """One more Received: header; an SMTP client is told of too many at once, others when all are there."""
        if self._editor.state.hops < self._cleanup.rules.hopcount_limit:
            return
        if not self._has_too_many_hops or self._origin.service != SMTP:
            self._warn("message rejected: hopcount exceeded")
        self._has_too_many_hops = True

    def _log_header(self) -> None:
        """What headers have shown that is logged, unless the message is refused, or has no recipient so far."""
        lines = self._editor.state.lines
        if not lines or self._is_ended or not self._recipients.recipients:
            return
        self._announce()
        for line in lines:
            self._cleanup.log.info(SERVICE, f"{self._queue_id}: {line}")
        lines.clear()

    async def _take_part_field(self, field: Field) -> None:
        """A header inside of the body: it is not edited."""
        kept = await self._judge("header", self._checks_of(field), field.text)
        if kept is not None and not self._effects.drops_body:
            self._needs.note(kept)
            self._write_header(kept + b"\n")

    def _write_header(self, lines: bytes) -> None:
        limit = self._cleanup.header_size_limit
        self._write(lines if len(lines) <= limit else cut_header(lines[:-1], limit) + b"\n")

    async def _take_body(self, body: Body) -> None:
        if self._lines is None or self._effects.is_final:
            self._write_body(body.octets)
            return
        for line in self._lines.feed(body.octets, body.starts):
            await self._take_line(line)

    async def _take_line(self, line: BodyLine) -> None:
        text: bytes | None = line.text
        if line.is_checked:
            text = await self._judge("body", self._cleanup.body_checks, line.text)
        if text is not None:
            self._write_body(text + line.end)

    def _take_trouble(self, trouble: Trouble) -> None:
        """Something is wrong with the structure: the message is refused."""
        origin = msgspec.structs.replace(self._origin, protocol="", helo="")
        what = f"mime-error {trouble.fault.value}:"
        self._note("reject", what, trouble.text, "", origin)
        effects = self._effects
        effects.fault = effects.fault or Refusal("5.6.0", trouble.fault.value)

    # -- checks --------------------------------------------------------------------------

    async def _judge(self, what: str, checks: ContentChecks, text: bytes) -> bytes | None:
        """Do what the tables say of a header or a line; what is left of it."""
        if not checks or not self._is_checked or self._effects.ends_checks:
            return text
        value = await checks.find(text)
        if value is None:
            return text
        check = self._apply(what, checks, text, value)
        if check.before:
            self._write(f"{check.before}\n".encode("utf-8", "surrogateescape"))
        return check.text

    def _apply(self, what: str, checks: ContentChecks, text: bytes, value: str) -> Checked:
        log = self._cleanup.log
        case = IncomingCase(
            checks.name,
            what == "header",
            text,
            lambda action, detail: self._note(action, what, text, detail),
            lambda warning: log.warning(SERVICE, warning),
            self._effects,
        )
        return apply_action(case, value)

    def _note(
        self, action: str, what: str, text: bytes, detail: str, origin: Origin | None = None
    ) -> None:
        """Log what was done to content."""
        self._announce()
        line = content_line(
            action,
            what,
            text.decode("utf-8", "surrogateescape"),
            origin or self._origin,
            self._sender,
            self._recipients.latest,
            detail,
        )
        self._cleanup.log.info(SERVICE, f"{self._queue_id}: {line}")

    def _end_header(self) -> None:
        cleanup, editor = self._cleanup, self._editor
        completes = editor.rewrites or cleanup.rules.always_add_missing
        self._write(
            missing_headers(
                cleanup.rules,
                editor.state,
                self._origin,
                self._sender,
                self._queue_id,
                completes,
            )
        )
        self._log_header()
        if self._has_too_many_hops and self._effects.refusal is None:
            self._effects.refusal = TOO_MANY_HOPS

    # -- trouble -------------------------------------------------------------------------

    def _warn(self, text: str) -> None:
        self._announce()
        self._cleanup.log.warning(SERVICE, f"{self._queue_id}: {text}")

    def _fail(self, failure: NotMapped) -> None:
        """The message cannot be accepted now."""
        for warning in failure.about_tables:
            self._cleanup.log.warning(SERVICE, warning)
        if failure.problem:
            self._cleanup.log.fatal(SERVICE, failure.problem)
        if failure.line:
            self._warn(failure.line)
        text = "queue file write error" if failure.dsn == "4.3.0" else EXPANSION_FAILED
        self._trouble = Refused(EX_TEMPFAIL, failure.dsn, text)

    # -- end -----------------------------------------------------------------------------

    async def finish(self) -> Outcome:
        """End of content: the envelope, or why the message is refused or thrown away."""
        if not self._has_begun:
            await self._begin()
        if self._is_too_big and not self._is_copy:
            return Refused(EX_DATAERR, TOO_BIG.dsn, TOO_BIG.text)
        if self._is_too_big:
            self._effects.refusal = self._effects.refusal or TOO_BIG
        if self._trouble is None and not self._effects.discard:
            await self._finish_content()
        if self._trouble is None and not self._effects.discard:
            await self._finish_recipients()
        if self._trouble is not None:
            return self._trouble
        if self._effects.discard:
            return Discarded()
        return self._verdict()

    async def _finish_content(self) -> None:
        is_body = not self._parser.is_in_header
        await self._take_events(self._parser.finish())
        if self._lines is not None:
            for line in self._lines.finish():
                await self._take_line(line)
        if is_body and not self._ends_with_newline:
            self._write_body(b"\n")
            self._size.total += 2  # an unfinished last line is a record of its own kind

    async def _finish_recipients(self) -> None:
        origin, state, recipients = self._origin, self._editor.state, self._recipients
        try:
            if origin.extract_recipients:
                found = state.recipients_to_extract
                for address in found:
                    await recipients.add(Recipient(address, "", origin.notify))
            if not recipients.recipients:
                return
            await recipients.add_copies_for(self._sender)
            for address in (*self._asked.blind_copies, *self._effects.copies):
                await recipients.add_blind_copy(address)
        except NotMapped as failure:
            self._fail(failure)
            return
        if self._redirect:
            recipients.keep_one()

    def _verdict(self) -> Outcome:
        if not self._recipients.recipients:
            return Refused(EX_USAGE, "5.1.0", "No recipient addresses found in message header")
        refusal = self._effects.verdict
        if refusal is not None and (self._origin.service == SMTP or refusal.dsn.startswith("4")):
            status = EX_TEMPFAIL if refusal.dsn.startswith("4") else EX_UNAVAILABLE
            return Refused(status, refusal.dsn, refusal.text)
        self._announce()
        self._log_header()
        expanded = tuple(self._recipients.expanded)
        is_passed = self._effects.ends_checks
        return Accepted(self._envelope(), expanded, self._recipients.latest, is_passed)

    def _announce(self) -> None:
        """Where the message came from: once, before anything else is said of it."""
        if self._is_announced:
            return
        self._is_announced = True
        origin = self._origin
        if origin.service == "pickup":
            line = pickup_line(origin.received_uid, origin.sender)
            suffix = f" orig_id={origin.original_id}" if origin.original_id else ""
            self._cleanup.log.info("pickup", f"{self._queue_id}: {line}{suffix}")

    @property
    def _is_held(self) -> bool:
        """Whether it goes to the hold queue; what is refused is returned at once."""
        wants_hold = self._effects.hold or self._asked.hold
        return wants_hold and self._effects.verdict is None

    @property
    def _redirect(self) -> str:
        """The one address that all of it goes to."""
        return self._effects.redirect or self._asked.redirect

    @property
    def _content_filter(self) -> str:
        """Where all of it goes before it is delivered; REDIRECT stands over FILTER, and that over content_filter."""
        if self._redirect:
            return ""
        asked = self._effects.filter or self._asked.content_filter
        return asked or self._reception.content_filter

    def _envelope(self) -> Envelope:
        origin, effects = self._origin, self._effects
        warn = self._cleanup.delay_warning_time
        refusal = effects.verdict
        return Envelope(
            queue_id=self._queue_id,
            sender=self._sender,
            recipients=tuple(self._recipients.recipients),
            arrival_time=origin.arrival_time,
            size=self._size.total,
            flags=origin.flags | (FLAG_HOLD if self._is_held else 0) | self._needs.flags,
            full_name=origin.full_name,
            uid=origin.received_uid,
            client_name=origin.client_name,
            client_address=origin.client_address,
            client_port=origin.client_port,
            helo=origin.helo,
            protocol=origin.protocol,
            rewrite_context=origin.rewrite_context,
            encoding="8bit" if self._needs.has_eight_bits else origin.encoding,
            ret="HDRS" if self._effects.drops_body else origin.ret,
            envid=origin.envid,
            verp_delimiters=origin.verp_delimiters,
            warn_time=origin.arrival_time + warn if warn and origin.sender else 0.0,
            message_id=self._editor.state.message_id,
            content_filter=self._content_filter,
            redirect=self._redirect,
            refusal=f"{refusal.dsn} {refusal.text}" if refusal is not None else "",
        )
