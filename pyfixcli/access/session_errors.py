"""What kind of trouble a refusal is (postconf(5) notify_classes), for the transcript of the session.

A refusal of the engine is an error of the protocol, one of the session a matter of policy; the tables have the
others, by the detail of their enhanced status code (RFC 3463), which soft_bounce leaves alone.
"""

from __future__ import annotations

from types import MappingProxyType

from pyfixcli.mail.notify_class import NotifyClass
from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.events import Etrn, Question

UNKNOWN_USER = "User unknown in "  # no such recipient or sender: what would be a bounce otherwise
UNWRITTEN = "Error: queue file write error"
NO_RECIPIENTS = "Error: no valid recipients"

_OF_ENGINE = MappingProxyType(
    {
        ".3.1": NotifyClass.RESOURCE,  # no room for content
        ".3.4": NotifyClass.POLICY,  # SIZE= beyond message_size_limit
        ".5.3": NotifyClass.POLICY,  # too many recipients
    }
)
_OF_SESSION = MappingProxyType(
    {
        ".3.0": NotifyClass.DATA,  # a table cannot be read
        ".3.1": NotifyClass.RESOURCE,  # queue_minfree
        ".3.4": NotifyClass.BOUNCE,  # the content is too big
        ".3.5": NotifyClass.SOFTWARE,  # a mistake in the configuration
        ".4.0": NotifyClass.BOUNCE,  # too many hops
    }
)


def class_of_verdict(reply: Reply, within_content: bool) -> NotifyClass:
    """The class of what the engine said by itself; ``within_content``: about a message's content."""
    if reply.code < 400 or reply.code == 421 or reply.text == NO_RECIPIENTS:
        return NotifyClass.NONE
    if within_content and reply.dsn[1:] == ".3.4":
        return NotifyClass.BOUNCE
    return _OF_ENGINE.get(reply.dsn[1:], NotifyClass.PROTOCOL)


def class_of_refusal(question: Question, reply: Reply) -> NotifyClass:
    """The class of the session's answer to a question of the engine."""
    if reply.is_positive or isinstance(question, Etrn):
        return NotifyClass.NONE
    if UNKNOWN_USER in reply.text:
        return NotifyClass.BOUNCE
    if reply.text == UNWRITTEN:
        return NotifyClass.RESOURCE
    return _OF_SESSION.get(reply.dsn[1:], NotifyClass.POLICY)
