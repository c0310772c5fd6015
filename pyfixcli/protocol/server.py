"""The SMTP server as an engine without I/O (RFC 5321, 2920, 1870, 3030, 3461, 6531).

Octets go in with ``receive_data``, events come out of ``next_event``, decisions go back with ``send``,
which gives the octets to write. The engine knows the grammar, the order of commands, the
limits on errors, and all that it can answer alone; whether a client, sender or recipient
is welcome is the session's business, and so are time, sockets and the queue.

Usage (``write`` sends octets, ``decide`` is the session's)::

    engine = SmtpServer(settings, client)
    while True:
        event = engine.next_event()
        match event:
            case NeedData.NEED_DATA:
                data = await read()            # b"" at end of file
                engine.receive_data(data)      # after smtpd_timeout: engine.time_out() instead
            case Answered():                   # log event.notes; event.rejected: a reject line
                await sleep(engine.reply_delay)
                write(event.octets)
            case Logged():                     # log event.notes
            case CommandLine():                # only with filters_commands
                engine.execute(event.text)     # or another one
            case Dropped():                    # forget the transaction's queue file
            case DataChunk():                  # give event.content to cleanup; after a failure
                ...                            # engine.refuse_content(reply)
            case DataEnd():
                queue_id = await commit()      # the commit point: only then the 250
                write(engine.send(event.queued(queue_id)))
            case Closed():                     # log event.reason, engine.counts; close
                break
            case _:                            # Connected, Helo, Mail, Rcpt, DataStart, Verify, Etrn
                reply = await decide(event)    # event.accept, or a refusal that it has logged
                await sleep(engine.reply_delay)
                write(engine.send(reply))

``engine.state`` has helo_name, protocol and the transaction (MAIL, accepted RCPTs). A reply 421 or
521 ends the session. Buffered replies may be written together: flush when NEED_DATA comes.

Diagnostics: EngineMisuse when the session breaks this order.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import cast

from pyfixcli.mail.reply import Reply
from pyfixcli.mail.transcript import Transcript
from pyfixcli.protocol.answers import ANSWERS, answer_first_chunk, answer_unknown
from pyfixcli.protocol.command_phase import execute, read_command
from pyfixcli.protocol.content_phase import read_chunk, read_dots, read_drain
from pyfixcli.protocol.dialogue import Dialogue, Dress, undressed
from pyfixcli.protocol.events import (
    NEED_DATA,
    Claim,
    Connected,
    DataEnd,
    DataStart,
    Etrn,
    Event,
    Forward,
    Helo,
    Mail,
    NeedData,
    Question,
    Rcpt,
    Unknown,
    Verify,
)
from pyfixcli.protocol.refusals import END_OF_MESSAGE
from pyfixcli.protocol.settings import ServerSettings
from pyfixcli.protocol.state import (
    CommandCounts,
    Phase,
)
from pyfixcli.protocol.verdict import Verdict

_QUESTIONS = frozenset(
    (Connected, Helo, Mail, Rcpt, DataStart, DataEnd, Verify, Etrn, Forward, Claim, Unknown)
)


class EngineMisuse(Exception):
    """The session asked or answered out of turn: a fault of ours."""


class SmtpServer:
    """One session with ``client``, ``name[address]`` in the log.

    ``dress`` may add text to refusals; they are logged without it. Commands are noted in ``transcript``.
    """

    __slots__ = ("_dialogue", "_question", "state")

    def __init__(
        self,
        settings: ServerSettings,
        client: str,
        dress: Dress = undressed,
        transcript: Transcript | None = None,
    ) -> None:
        self._dialogue = Dialogue(settings, client, dress, transcript)
        self.state = self._dialogue.state
        self._question: Question | None = None

    # -- what the session sees ---------------------------------------------------------

    @property
    def counts(self) -> CommandCounts:
        """For the last log line."""
        return self.state.counts

    @property
    def content_size(self) -> int:
        """Octets of content that came for the present message, line ends counted as two."""
        return self._dialogue.content.size

    @property
    def is_within_request(self) -> bool:
        """Whether a command line, a chunk or a message has begun and is not complete."""
        dialogue = self._dialogue
        return dialogue.phase is not Phase.COMMAND or dialogue.input.has_input

    @property
    def is_pipelined(self) -> bool:
        """Whether the client spoke when it had to wait."""
        return self._dialogue.is_pipelining_known

    @property
    def reply_delay(self) -> float:
        """Seconds to wait before a reply to a client with many errors (smtpd_error_sleep_time)."""
        is_slow = self.state.errors > self._dialogue.settings.soft_error_limit
        return self._dialogue.settings.error_sleep_time if is_slow else 0.0

    def receive_data(self, data: bytes) -> None:
        """More octets of the client; ``b""`` is the end of file."""
        self._dialogue.input.append(data)

    def next_event(self) -> Event | NeedData:
        """What comes next. EngineMisuse while a question is open or after Closed."""
        if self._question is not None:
            raise EngineMisuse(f"{type(self._question).__name__} was not answered")
        events = self._dialogue.events
        if not events:
            self._advance()
            if not events:
                return NEED_DATA
        event = events.popleft()
        if type(event) in _QUESTIONS:
            self._question = cast(Question, event)
        return event

    def send(self, reply: Reply) -> bytes:
        """Answer the open question; the octets to write (none for the first chunk's 354)."""
        reply = self._dialogue.soften(reply)
        question, self._question = self._question, None
        if question is None:
            raise EngineMisuse("there is no question to answer")
        if isinstance(question, DataStart) and question.is_chunked:
            return answer_first_chunk(self._dialogue, reply)
        if isinstance(question, Unknown):
            return answer_unknown(self._dialogue, reply)
        dialogue = self._dialogue
        if not reply.is_positive:
            self.state.errors += 1
            dialogue.command = ""
        elif isinstance(question, Claim):
            dialogue.command = ""  # never counted as granted: the client that said it is gone
        elif not isinstance(question, DataStart):
            dialogue.succeed()
        shown = reply if reply.is_positive else dialogue.dress(reply)
        octets = ANSWERS[type(question)](dialogue, question, shown)
        if reply.ends_session and dialogue.phase is not Phase.CLOSED:
            dialogue.close()
        return octets

    def execute(self, text: str) -> None:
        """Do this after a CommandLine: the command itself, or another one."""
        if self._dialogue.phase is not Phase.FILTER:
            raise EngineMisuse("there is no command to execute")
        self._dialogue.phase = Phase.COMMAND
        execute(self._dialogue, text)

    def introduce(self, settings: ServerSettings, client: str) -> None:
        """The client is another one now, with these settings; before a Claim is answered."""
        self._dialogue.settings = self.state.settings = settings
        self.state.client = client

    def refuse_content(self, reply: Reply) -> None:
        """The content cannot be taken: what remains is read and ignored, then ``reply`` is sent."""
        self._dialogue.content.refusal = Verdict(reply)

    def time_out(self) -> None:
        """The client was silent for too long: the next events say goodbye."""
        text = f"{self._dialogue.settings.hostname} Error: timeout exceeded"
        self.end(Reply(421, "4.4.2", text), f"timeout after {self._dialogue.where()}")

    def end(self, reply: Reply, reason: str) -> None:
        """End the session from our side, with this reply and reason."""
        self._question = None
        self._dialogue.end(reply, reason)

    # -- going on ----------------------------------------------------------------------

    def _advance(self) -> None:
        """Queue the next event, if there is one."""
        dialogue = self._dialogue
        events = dialogue.events
        while not events and _PHASES[dialogue.phase](dialogue):
            pass
        if not events and self._dialogue.input.is_eof:
            where = self._dialogue.where()
            is_quiet = where == END_OF_MESSAGE
            self._dialogue.close("" if is_quiet else f"lost connection after {where}")


def _greet(dialogue: Dialogue) -> bool:
    dialogue.events.append(Connected(Reply(220, "", dialogue.settings.banner)))
    return True


def _await_command(dialogue: Dialogue) -> bool:
    raise EngineMisuse("the command was not given back")


def _stay_closed(dialogue: Dialogue) -> bool:
    raise EngineMisuse("the session is over")


_PHASES: MappingProxyType[Phase, Callable[[Dialogue], bool]] = MappingProxyType(
    {
        Phase.GREETING: _greet,
        Phase.COMMAND: read_command,
        Phase.FILTER: _await_command,
        Phase.DATA: read_dots,
        Phase.CHUNK: read_chunk,
        Phase.DRAIN: read_drain,
        Phase.CLOSED: _stay_closed,
    }
)
