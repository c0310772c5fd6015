"""Watches an SMTP session for the postmaster: what was said, and what went wrong (notify_classes).

A notice is made at the end of the session, or sooner when the transcript has grown long and the client begins anew
(smtpd_history_flush_threshold). A message that was taken makes up for the errors before it.
"""

from __future__ import annotations

from typing import Protocol

from pyfixcli.access.session_errors import class_of_refusal, class_of_verdict
from pyfixcli.mail.notify_class import NotifyClass
from pyfixcli.mail.reply import Reply
from pyfixcli.mail.transcript import Transcript
from pyfixcli.protocol.events import Helo, Question
from pyfixcli.protocol.refusals import END_OF_MESSAGE


class Notifier(Protocol):
    """Sends transcripts to the postmaster."""

    @property
    def classes(self) -> NotifyClass:
        """What the postmaster wants to hear of."""
        ...

    @property
    def threshold(self) -> int:
        """Lines of a transcript (smtpd_history_flush_threshold)."""
        ...

    def notify(self, client: str, transcript: Transcript, reason: str) -> None:
        """Send a notice; ``reason`` is why the session was aborted, or empty."""
        ...


class SessionRecorder:
    """The transcript of one session, and where it goes."""

    __slots__ = ("_client", "_notifier", "transcript")

    def __init__(self, notifier: Notifier, client: str) -> None:
        self._notifier = notifier
        self._client = client
        self.transcript = Transcript()

    def note_question(self, question: Question) -> None:
        """The engine asks about a command that came."""
        if isinstance(question, Helo) and question.verb == "EHLO":
            self._flush()

    def note_answer(self, question: Question, reply: Reply) -> None:
        """The session's answer, before it is said."""
        if not reply.is_positive:
            self.transcript.errors |= class_of_refusal(question, reply)

    def note_verdict(self, reply: Reply, last: str) -> None:
        """The engine's own answer to the command ``last``, before it is said."""
        if last == "RSET":
            self._flush()
        if not reply.is_positive:
            self.transcript.errors |= class_of_verdict(reply, last == END_OF_MESSAGE)

    def end_message(self, is_taken: bool) -> None:
        """The content of a message was answered."""
        if is_taken:
            self.transcript.errors = NotifyClass.NONE
        self._flush()

    def end(self, reason: str) -> None:
        """The session is over; ``reason`` as in the log (``lost connection after RCPT``)."""
        self._send(reason.partition(" after ")[0])

    def _flush(self) -> None:
        if self.transcript.count > self._notifier.threshold:
            self._send("")

    def _send(self, reason: str) -> None:
        transcript = self.transcript
        if transcript.errors & self._notifier.classes:
            self._notifier.notify(self._client, transcript, reason)
        transcript.clear()
