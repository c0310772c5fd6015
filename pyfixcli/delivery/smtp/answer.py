"""What a server's replies, and its silence, mean for recipients (smtp(8), RFC 3463)."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.delivery.agent import Outcome, bounced, deferred, sent
from pyfixcli.delivery.smtp.peer import Endpoint
from pyfixcli.mail.delivery import PASSED_ON
from pyfixcli.protocol.server_reply import ServerReply


@dataclass(frozen=True, slots=True)
class Answered:
    """The outcome for a recipient, and the reply that decided it, if one did."""

    outcome: Outcome
    reply: str = ""


class SessionFailure(Exception):
    """The session cannot go on; recipients without an answer of their own get this one."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.outcome.text)
        self.answered = answered


class StaleSession(Exception):
    """A kept session is of no use any more; nothing was lost."""


def refused(endpoint: Endpoint, reply: ServerReply, command: str) -> Answered:
    """A reply to a command that is not the wished one; what is neither 4xx nor 5xx is not to be repeated."""
    text = f"host {endpoint} said: {reply.text} (in reply to {command} command)"
    if reply.kind == 4:
        return Answered(deferred(reply.status, text), reply.text)
    dsn = reply.status if reply.kind == 5 else "5.5.0"
    return Answered(bounced(dsn, text), reply.text)


def confused(endpoint: Endpoint, reply: ServerReply, command: str) -> Answered:
    """A positive reply where none can be."""
    answered = refused(endpoint, reply, command)
    outcome = answered.outcome
    return Answered(Outcome(outcome.status, "5.5.0", f"Protocol error: {outcome.text}"), reply.text)


def unwelcome(endpoint: Endpoint, reply: ServerReply, may_defer: bool) -> Answered:
    """A greeting or EHLO reply that refuses; ``may_defer`` makes a 5xx temporary."""
    text = f"host {endpoint} refused to talk to me: {reply.text}"
    if reply.kind == 4 or may_defer:
        return Answered(deferred("4" + reply.status[1:], text), reply.text)
    return Answered(bounced("5" + reply.status[1:], text), reply.text)


def accepted(reply: ServerReply, has_dsn: bool, is_final: bool) -> Answered:
    """The reply to the end of the content that takes the message; ``is_final``: no other hop follows."""
    outcome = sent(reply.text, reply.status)
    action = PASSED_ON if has_dsn else "" if is_final else "relayed"
    return Answered(Outcome(outcome.status, outcome.dsn, outcome.text, action), reply.text)


def timed_out(endpoint: Endpoint, stage: str) -> Answered:
    """The server did not answer in time."""
    return Answered(deferred("4.4.2", f"conversation with {endpoint} timed out while {stage}"))


def lost(endpoint: Endpoint, stage: str) -> Answered:
    """The server hung up."""
    return Answered(deferred("4.4.2", f"lost connection with {endpoint} while {stage}"))
