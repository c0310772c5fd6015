"""Which sessions the postmaster hears of, and when; classes are those of the reference's sessions."""

from __future__ import annotations

import pytest

from pyfixcli.access.session_errors import class_of_refusal, class_of_verdict
from pyfixcli.access.session_recorder import SessionRecorder
from pyfixcli.mail.notify_class import NotifyClass
from pyfixcli.mail.reply import Reply
from pyfixcli.mail.transcript import Transcript
from pyfixcli.protocol.events import DataEnd, Etrn, Helo, Question, Rcpt

OK = Reply(250, "2.0.0", "Ok")
NO = Reply(554, "5.7.1", "<x>: Relay access denied")
RCPT = Rcpt("x@example.test", OK)


class Postmaster:
    """Keeps what it is sent."""

    classes = NotifyClass.POLICY | NotifyClass.PROTOCOL
    threshold = 4

    def __init__(self) -> None:
        self.notices: list[tuple[str, list[str], str]] = []

    def notify(self, client: str, transcript: Transcript, reason: str) -> None:
        """A notice."""
        self.notices.append((client, list(transcript.lines(str)), reason))


def make_recorder() -> tuple[SessionRecorder, Postmaster]:
    postmaster = Postmaster()
    return SessionRecorder(postmaster, "c[192.0.2.1]"), postmaster


def test_a_session_without_errors_is_not_reported() -> None:
    recorder, postmaster = make_recorder()
    recorder.transcript.say(b"220 hi\r\n")
    recorder.note_answer(RCPT, OK)
    recorder.end("")
    assert postmaster.notices == []


def test_the_transcript_is_sent_at_the_end_of_the_session() -> None:
    recorder, postmaster = make_recorder()
    recorder.transcript.hear(b"RCPT TO:<x>")
    recorder.note_answer(RCPT, NO)
    recorder.transcript.say(NO.octets())
    recorder.end("lost connection after RCPT")
    lines = [" In:  RCPT TO:<x>", " Out: 554 5.7.1 <x>: Relay access denied"]
    assert postmaster.notices == [("c[192.0.2.1]", lines, "lost connection")]


def test_a_message_that_was_taken_makes_up_for_errors() -> None:
    recorder, postmaster = make_recorder()
    recorder.note_answer(RCPT, NO)
    recorder.end_message(is_taken=True)
    recorder.end("")
    assert postmaster.notices == []


def test_other_classes_are_not_asked_for() -> None:
    recorder, postmaster = make_recorder()
    recorder.note_answer(RCPT, Reply(452, "4.3.1", "Insufficient system storage"))
    recorder.end("")
    assert postmaster.notices == []


def test_a_long_transcript_is_sent_when_the_client_begins_anew() -> None:
    """smtpd_history_flush_threshold; errors count from there again."""
    recorder, postmaster = make_recorder()
    recorder.note_answer(RCPT, NO)
    for _ in range(5):
        recorder.transcript.say(NO.octets())
    recorder.note_verdict(OK, "RSET")
    assert len(postmaster.notices) == 1
    recorder.end("")
    assert len(postmaster.notices) == 1


def test_a_short_transcript_goes_on_after_ehlo() -> None:
    recorder, postmaster = make_recorder()
    recorder.note_answer(RCPT, NO)
    recorder.note_question(Helo("EHLO", "client.test", OK))
    assert postmaster.notices == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(500, "5.5.2", "Error: command not recognized"), NotifyClass.PROTOCOL),
        (Reply(552, "5.3.4", "Message size exceeds fixed limit"), NotifyClass.POLICY),
        (Reply(452, "4.5.3", "Error: too many recipients"), NotifyClass.POLICY),
        (Reply(554, "5.5.1", "Error: no valid recipients"), NotifyClass.NONE),
        (Reply(421, "4.7.0", "Error: too many errors"), NotifyClass.NONE),
        (Reply(221, "2.7.0", "Goodbye"), NotifyClass.NONE),
    ],
)
def test_classes_of_what_the_engine_says(reply: Reply, expected: NotifyClass) -> None:
    assert class_of_verdict(reply, within_content=False) is expected


def test_content_that_is_too_big_counts_as_a_bounce() -> None:
    reply = Reply(552, "5.3.4", "Error: message file too big")
    assert class_of_verdict(reply, within_content=True) is NotifyClass.BOUNCE


@pytest.mark.parametrize(
    ("question", "reply", "expected"),
    [
        (RCPT, NO, NotifyClass.POLICY),
        (RCPT, Reply(550, "5.1.1", "<x>: User unknown in local recipient table"), "BOUNCE"),
        (RCPT, Reply(451, "4.3.5", "Server configuration error"), "SOFTWARE"),
        (RCPT, Reply(451, "4.3.0", "<x>: Temporary lookup failure"), "DATA"),
        (DataEnd(OK, 1, False), Reply(451, "4.3.0", "Error: queue file write error"), "RESOURCE"),
        (DataEnd(OK, 1, False), Reply(554, "5.4.0", "Error: too many hops"), "BOUNCE"),
        (DataEnd(OK, 1, False), Reply(550, "5.7.1", "refused subject"), "POLICY"),
        (Etrn("x.test", OK), Reply(458, "", "Unable to queue messages"), "NONE"),
    ],
)
def test_classes_of_refusals(question: Question, reply: Reply, expected: NotifyClass | str) -> None:
    wanted = NotifyClass[expected] if isinstance(expected, str) else expected
    assert class_of_refusal(question, reply) is wanted
