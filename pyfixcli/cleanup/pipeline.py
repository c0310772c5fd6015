"""The cleanup pipeline: from what came in to what is stored (cleanup(8)).

Stages, in order: header editing (rewriting, dropping), header completion, recipients from the
header, envelope rewriting, duplicate filter, limits. Content streams through; besides one header
nothing of it is held.

Diagnostics: where the message came from and its Message-Id, once it is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyfixcli.base.clock import Clock
from pyfixcli.base.sysexits import EX_DATAERR, EX_USAGE
from pyfixcli.cleanup.envelope import RecipientList
from pyfixcli.cleanup.headers import HeaderEditor, HeaderRules
from pyfixcli.cleanup.size import SizeCounter
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog, pickup_line
from pyfixcli.mail.envelope import Envelope, Origin
from pyfixcli.mail.header import split_header
from pyfixcli.mail.recipient import Recipient
from pyfixcli.maps.lookup import Waiter
from pyfixcli.rewrite.rewrite import Rewriter


class ContentSink(Protocol):
    """Where the content goes."""

    def write(self, data: bytes) -> None:
        """Take octets; OSError when there is no room."""
        ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message may be stored with this envelope."""

    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Refused:
    """The message is refused: exit status for sendmail, enhanced status code, text."""

    status: int
    dsn: str
    text: str


class Cleanup:
    """The pipeline of one view of the configuration."""

    def __init__(
        self, config: Config, rewriter: Rewriter, log: MailLog, clock: Clock, waiter: Waiter
    ) -> None:
        self.config = config
        self.rewriter = rewriter
        self.log = log
        self.clock = clock
        self.waiter = waiter
        self.rules = HeaderRules.of(config)
        self.header_size_limit = config.header_size_limit
        self.line_length_limit = config.line_length_limit
        self.message_size_limit = config.message_size_limit
        self.replaces_stray_cr = config.cleanup_replace_stray_cr_lf
        self.delay_warning_time = config.delay_warning_time

    def begin(self, origin: Origin, queue_id: str, sink: ContentSink) -> Message:
        """A message that comes in."""
        return Message(self, origin, queue_id, sink)


class Message:
    """One message on its way through the pipeline."""

    def __init__(self, cleanup: Cleanup, origin: Origin, queue_id: str, sink: ContentSink) -> None:
        self._cleanup = cleanup
        self._origin = origin
        self._queue_id = queue_id
        self._sink = sink
        self._editor = HeaderEditor(cleanup.rules, cleanup.rewriter, origin, queue_id)
        self._size = SizeCounter(cleanup.line_length_limit)
        self._partial = b""
        self._header = b""
        self._overflow = False
        self._in_header = True
        self._input = 0
        self._ends_with_newline = True
        if origin.add_received:
            self._write(self._editor.received())

    async def feed(self, data: bytes) -> None:
        """Content with ``\\n`` line ends, in pieces of any size."""
        self._input += len(data)
        if self._cleanup.replaces_stray_cr and b"\r" in data:
            data = data.replace(b"\r", b" ")
        if self._is_too_big:
            return
        if self._in_header:
            data = self._feed_header(self._partial + data)
        if data:
            self._ends_with_newline = data.endswith(b"\n")
            self._write(data)

    @property
    def _is_too_big(self) -> bool:
        limit = self._cleanup.message_size_limit
        return bool(limit) and self._input > limit

    def _write(self, data: bytes) -> None:
        self._size.add(data)
        self._sink.write(data)

    # -- header ----------------------------------------------------------------------

    def _feed_header(self, data: bytes) -> bytes:
        """Take header lines; returns what belongs to the body."""
        start = 0
        self._partial = b""
        while True:
            end = data.find(b"\n", start)
            if end < 0:
                self._hold(data[start:])
                return b""
            line = data[start:end]
            if not line:
                self._end_header()
                return data[end:]
            if line[0] in b" \t" and self._header:
                self._continue_header(line)
            elif split_header(line) is not None:
                self._emit_header()
                self._header = line[: self._cleanup.header_size_limit]
            else:
                self._end_header()
                return b"\n" + data[start:]
            start = end + 1

    def _hold(self, rest: bytes) -> None:
        """An unfinished line; of one that never ends, only what the limit lets in."""
        self._partial = rest[: self._cleanup.header_size_limit + 1000]

    def _continue_header(self, line: bytes) -> None:
        if self._overflow or len(self._header) + len(line) >= self._cleanup.header_size_limit:
            self._overflow = True
            return
        self._header += b"\n" + line

    def _emit_header(self) -> None:
        self._overflow = False
        if self._header:
            edited = self._editor.edit(self._header)
            self._header = b""
            if edited:
                self._write(edited)

    def _end_header(self) -> None:
        self._emit_header()
        self._in_header = False
        self._write(self._editor.missing())

    # -- end -------------------------------------------------------------------------

    async def finish(self) -> Accepted | Refused:
        """End of content: the envelope, or why the message is refused."""
        if self._is_too_big:
            return Refused(EX_DATAERR, "5.3.4", "message file too big")
        if self._in_header:
            await self.feed(b"\n" if self._partial else b"")
        if self._in_header:
            self._end_header()
        elif not self._ends_with_newline:
            self._write(b"\n")
            self._size.total += 2  # an unfinished last line is a record of its own kind
        recipients = self._recipients()
        if not recipients:
            return Refused(EX_USAGE, "5.1.0", "No recipient addresses found in message header")
        self._log_arrival()
        return Accepted(self._envelope(recipients))

    def _log_arrival(self) -> None:
        """Where the message came from, and its Message-Id."""
        log, origin = self._cleanup.log, self._origin
        if origin.service == "pickup":
            line = pickup_line(origin.received_uid, origin.sender)
            suffix = f" orig_id={origin.original_id}" if origin.original_id else ""
            log.info("pickup", f"{self._queue_id}: {line}{suffix}")
        for line in self._editor.state.lines:
            log.info("cleanup", f"{self._queue_id}: {line}")

    def _recipients(self) -> list[Recipient]:
        origin, state = self._origin, self._editor.state
        collected = RecipientList(self._cleanup.config, self._cleanup.rewriter, origin)
        for recipient in origin.recipients:
            collected.add(recipient)
        if origin.extract_recipients:
            found = state.resent_recipients if state.resent else state.recipients
            for address in found:
                collected.add(Recipient(address, "", origin.notify))
        return collected.recipients

    def _envelope(self, recipients: list[Recipient]) -> Envelope:
        origin = self._origin
        warn = self._cleanup.delay_warning_time
        return Envelope(
            queue_id=self._queue_id,
            sender=self._cleanup.rewriter.rewrite(origin.sender, origin.rewrite_context),
            recipients=tuple(recipients),
            arrival_time=origin.arrival_time,
            size=self._size.total,
            flags=origin.flags,
            full_name=origin.full_name,
            uid=origin.received_uid,
            client_name=origin.client_name,
            client_address=origin.client_address,
            client_port=origin.client_port,
            helo=origin.helo,
            protocol=origin.protocol,
            rewrite_context=origin.rewrite_context,
            encoding=origin.encoding,
            ret=origin.ret,
            envid=origin.envid,
            verp_delimiters=origin.verp_delimiters,
            warn_time=origin.arrival_time + warn if warn and origin.sender else 0.0,
            message_id=self._editor.state.message_id,
        )
