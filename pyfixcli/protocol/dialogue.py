"""What the phases of an SMTP server session share: its state, its input, the events to come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from msgspec.structs import replace

from pyfixcli.mail.reply import Reply
from pyfixcli.mail.transcript import Transcript
from pyfixcli.protocol import refusals
from pyfixcli.protocol.buffer import InputBuffer
from pyfixcli.protocol.content import Content
from pyfixcli.protocol.data import BareNewline
from pyfixcli.protocol.events import Answered, Closed, Dropped, Event, Logged, Note
from pyfixcli.protocol.settings import ServerSettings
from pyfixcli.protocol.state import NO_TRANSACTION, Phase, SessionState
from pyfixcli.protocol.verdict import Verdict

Dress = Callable[[Reply], Reply]


def undressed(reply: Reply) -> Reply:
    """The reply itself."""
    return reply


class Dialogue:
    """One session. ``command`` is what was counted and is not yet answered."""

    __slots__ = (
        "command",
        "content",
        "dress",
        "events",
        "input",
        "is_pipelining_known",
        "phase",
        "settings",
        "state",
        "transcript",
    )

    def __init__(
        self,
        settings: ServerSettings,
        client: str,
        dress: Dress = undressed,
        transcript: Transcript | None = None,
    ) -> None:
        self.dress = dress
        self.transcript = transcript
        self.state = SessionState(settings, client)
        self.settings = settings
        self.phase = Phase.GREETING
        self.input = InputBuffer(settings.line_length_limit)
        self.events: deque[Event] = deque()
        self.command = ""
        self.is_pipelining_known = False
        self.content = Content()

    # -- ends ------------------------------------------------------------------------

    def end(self, reply: Reply, reason: str) -> None:
        """End the session from our side, with this reply and reason."""
        self.events.append(Answered(reply, reply.octets(), is_last=True))
        self.close(reason)

    def close(self, reason: str = "") -> None:
        """The session is over, whatever went on."""
        self.drop()
        self.phase = Phase.CLOSED
        self.events.append(Closed(reason))

    def drop(self) -> None:
        """End the mail transaction, whatever it was."""
        if self.state.transaction.is_open:
            self.events.append(Dropped())
        self.forget()

    def forget(self) -> None:
        """Begin with an empty transaction."""
        self.state.transaction = NO_TRANSACTION
        self.state.forwarded = None
        self.content = Content()

    def where(self) -> str:
        """The last command, for the log; with what came of the content."""
        content = self.content
        if self.phase is Phase.DATA:
            return f"DATA ({content.size} bytes)"
        if self.phase is Phase.CHUNK:
            return f"BDAT ({content.size} bytes)"
        return self.state.last

    # -- replies of our own ----------------------------------------------------------

    def log(self, note: Note) -> None:
        """A line for the log."""
        self.events.append(Logged((note,)))

    def count_junk(self) -> None:
        """A command that brings no mail forward (smtpd_junk_command_limit)."""
        self.state.junk += 1
        if self.state.junk > self.settings.junk_command_limit:
            self.state.errors += 1

    def judge(self, counted: str, verdict: Verdict) -> None:
        """Answer by ourselves. ``counted`` is counted now; otherwise the present command was."""
        state, reply = self.state, self.soften(verdict.reply)
        if counted:
            state.last = counted.upper()
            state.counts.begin(counted)
        elif self.command:
            self.finish_command(verdict)
        if not reply.is_positive and verdict.is_error:
            state.errors += 1
        is_last = verdict.is_last or reply.ends_session
        shown = reply if reply.is_positive else self.soften(self.dress(verdict.reply))
        self.events.append(
            Answered(
                reply, shown.octets(), verdict.notes, verdict.rejected, verdict.sender, is_last
            )
        )
        if verdict.drops:
            self.drop()
        if is_last:
            self.close()

    def soften(self, reply: Reply) -> Reply:
        """With soft_bounce, no refusal is for good."""
        if not self.settings.soft_bounce or reply.code < 500:
            return reply
        code = 421 if reply.code == 521 else reply.code - 100
        return Reply(code, f"4{reply.dsn[1:]}" if reply.dsn else "", reply.text)

    def finish_command(self, verdict: Verdict) -> None:
        """The present command has its verdict."""
        if self.command == "rcpt" and verdict.reply.code == 452:
            transaction = self.state.transaction
            self.state.transaction = replace(transaction, refused=transaction.refused + 1)
        if verdict.reply.is_positive or not verdict.is_error:
            self.succeed()
        self.command = ""

    def succeed(self) -> None:
        """The present command was granted."""
        if self.command:
            self.state.counts.succeed(self.command)
        self.command = ""

    # -- line ends and pipelining ----------------------------------------------------

    def note_pipelining(self) -> None:
        """Once for each session."""
        if self.is_pipelining_known:
            return
        self.is_pipelining_known = True
        pending = self.input.peek(refusals.SHOWN_PIPELINED)
        self.log(refusals.note_pipelining(self.state, pending))

    def refuses_bare_newline(self) -> bool:
        """smtpd_forbid_bare_newline = reject."""
        return self.settings.forbid_bare_newline is BareNewline.REJECT
