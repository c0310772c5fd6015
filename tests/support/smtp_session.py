"""A session that drives the SMTP server's engine in tests: no sockets, decisions from a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.events import (
    Answered,
    Closed,
    CommandLine,
    DataChunk,
    DataEnd,
    Dropped,
    Event,
    Logged,
    NeedData,
    Question,
    Rcpt,
)
from pyfixcli.protocol.extensions import offered_keywords
from pyfixcli.protocol.server import SmtpServer
from pyfixcli.protocol.settings import ServerSettings

CLIENT = "localhost[127.0.0.1]"
UNKNOWN_USER = "Recipient address rejected: User unknown in local recipient table"


def make_settings(**changes: object) -> ServerSettings:
    """The settings that the reference has in its comparison runs."""
    given: dict[str, object] = {
        "hostname": "mail.example.test",
        "banner": "mail.example.test ESMTP",
        "offered": offered_keywords(has_vrfy=True, has_smtputf8=True, discarded=()),
        "message_size_limit": 10240000,
        "error_sleep_time": 0.0,
        "is_forbidden": lambda word: (
            word.upper() in ("CONNECT", "GET", "POST") or not word[:1].isalpha()
        ),
    }
    return ServerSettings(**{**given, **changes})  # type: ignore[arg-type]


def accept_all(question: Question) -> Reply:
    """Refuses only recipients that begin with ``no``."""
    if isinstance(question, Rcpt) and question.recipient.startswith("no"):
        return Reply(550, "5.1.1", f"<{question.recipient}>: {UNKNOWN_USER}")
    return question.accept


@dataclass
class Message:
    """What a message would be queued as."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass
class Session:
    """Feeds octets and collects replies, log lines and messages."""

    settings: ServerSettings = field(default_factory=make_settings)
    decide: Callable[[Question], Reply] = accept_all
    output: bytes = b""
    log: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    dropped: int = 0
    is_closed: bool = False

    def __post_init__(self) -> None:
        self.engine = SmtpServer(self.settings, CLIENT)
        self._content: list[bytes] = []
        self.run()

    def feed(self, data: bytes) -> bytes:
        """Send octets; the replies to them."""
        before = len(self.output)
        if not self.is_closed:
            self.engine.receive_data(data)
            self.run()
        return self.output[before:]

    def say(self, *lines: str) -> list[str]:
        """Send command lines one by one; the last line of each reply."""
        replies = []
        for line in lines:
            found = self.feed(line.encode("utf-8", "surrogateescape") + b"\r\n").decode()
            replies.append(found.rstrip("\r\n").rpartition("\r\n")[2])
        return replies

    def run(self) -> None:
        """Take events until there are none."""
        while not self.is_closed:
            event = self.engine.next_event()
            if isinstance(event, NeedData):
                return
            self.events.append(event)
            self._handle(event)

    def _handle(self, event: Event) -> None:
        if isinstance(event, Answered):
            self.log += [note.text for note in event.notes]
            self.output += event.octets
        elif isinstance(event, Logged):
            self.log += [note.text for note in event.notes]
        elif isinstance(event, DataChunk):
            self._content.append(event.content)
        elif isinstance(event, Dropped):
            self.dropped += 1
            self._content = []
        elif isinstance(event, Closed):
            self.is_closed = True
            if event.reason:
                self.log.append(f"{event.reason} from {CLIENT}")
        elif isinstance(event, CommandLine):
            self.engine.execute(event.text)
        elif isinstance(event, DataEnd):
            self._end(event)
        else:
            self.output += self.engine.send(self.decide(event))

    def _end(self, event: DataEnd) -> None:
        reply = self.decide(event)
        if reply is event.accept:
            transaction = self.engine.state.transaction
            assert transaction.mail is not None
            people = tuple(rcpt.recipient for rcpt in transaction.recipients)
            content = b"".join(self._content)
            self.messages.append(Message(transaction.mail.sender, people, content))
            reply = event.queued(f"Q{len(self.messages)}")
        self._content = []
        self.output += self.engine.send(reply)
