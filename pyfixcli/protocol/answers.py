"""What a session's answer changes: the phase, the transaction, the octets that go out.

``ANSWERS`` has one row for each question.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from msgspec.structs import replace

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol import refusals
from pyfixcli.protocol.content_phase import drain
from pyfixcli.protocol.dialogue import Dialogue
from pyfixcli.protocol.events import (
    Claim,
    Connected,
    DataEnd,
    DataStart,
    Etrn,
    Forward,
    Helo,
    Logged,
    Mail,
    Note,
    Question,
    Rcpt,
    Verify,
)
from pyfixcli.protocol.state import Chunking, Phase, Transaction
from pyfixcli.protocol.verdict import Verdict


def _answer_connected(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    """The greeting; whoever spoke before it is no mail system."""
    dialogue.phase = Phase.COMMAND
    # without an enhanced code, the greeting alone is refused (a milter's doing): each MAIL will be
    dialogue.state.is_refused = not reply.is_positive and bool(reply.dsn)
    if not reply.is_positive or not dialogue.input.has_input:
        return reply.octets()
    dialogue.note_pipelining()
    if not dialogue.settings.forbid_unauth_pipelining:
        return reply.octets()
    dialogue.close()
    return refusals.UNSYNCHRONIZED.octets()


def _answer_helo(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    if reply.is_positive and isinstance(question, Helo):
        dialogue.drop()
        dialogue.state.helo_name = question.name
        if question.verb == "EHLO":
            _note_discarded(dialogue)
            dialogue.state.is_esmtp = True
    return reply.octets()


def _note_discarded(dialogue: Dialogue) -> None:
    if dialogue.settings.discard_notice:
        dialogue.events.append(Logged((Note(dialogue.settings.discard_notice),)))


def _answer_mail(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    if reply.is_positive and isinstance(question, Mail):
        dialogue.state.transaction = Transaction(mail=question)
    return reply.octets()


def _answer_rcpt(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    if reply.is_positive and isinstance(question, Rcpt):
        transaction = dialogue.state.transaction
        recipients = (*transaction.recipients, question)
        dialogue.state.transaction = replace(transaction, recipients=recipients)
    return reply.octets()


def _answer_data(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    if reply.is_positive:
        dialogue.content.begin_data(dialogue.settings.forbid_bare_newline)
        dialogue.phase = Phase.DATA
    return reply.octets()


def answer_first_chunk(dialogue: Dialogue, reply: Reply) -> bytes:
    """There is no 354 for a chunk; a refusal waits until the chunk was read."""
    if reply.is_positive:
        dialogue.content.begin_chunks(dialogue.settings.forbid_bare_newline)
        started = replace(dialogue.state.transaction, chunking=Chunking.STARTED)
        dialogue.state.transaction = started
        dialogue.phase = Phase.CHUNK
    else:
        drain(dialogue, Verdict(reply))
    return b""


def answer_unknown(dialogue: Dialogue, reply: Reply) -> bytes:
    """It is refused, by whomever; the next event says so."""
    dialogue.judge("unknown", Verdict(reply))
    return b""


def _answer_end(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    """A message was taken or refused: either way its transaction is over."""
    dialogue.forget()
    if reply.is_positive:
        dialogue.state.errors = dialogue.state.junk = 0
    return reply.octets()


def _answer_forward(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    if reply.is_positive and isinstance(question, Forward):
        dialogue.state.forwarded = question.forwarded
    return reply.octets()


def _answer_claim(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    """The session is at its beginning, but for what was said with the command itself."""
    state = dialogue.state
    dialogue.drop()
    state.is_refused = not reply.is_positive
    if isinstance(question, Claim):
        state.helo_name = question.claimed.helo
        state.is_esmtp = question.claimed.protocol == "ESMTP"
    return reply.octets()


def _answer_plain(dialogue: Dialogue, question: Question, reply: Reply) -> bytes:
    return reply.octets()


ANSWERS: MappingProxyType[type[Question], Callable[[Dialogue, Question, Reply], bytes]] = (
    MappingProxyType(
        {
            Connected: _answer_connected,
            Helo: _answer_helo,
            Mail: _answer_mail,
            Rcpt: _answer_rcpt,
            DataStart: _answer_data,
            DataEnd: _answer_end,
            Verify: _answer_plain,
            Etrn: _answer_plain,
            Forward: _answer_forward,
            Claim: _answer_claim,
        }
    )
)
