"""Filters that administrators put between a server and the client, and on outcomes (postconf(5)).

smtp_reply_filter replaces lines of replies; smtp_delivery_status_filter replaces the enhanced status code and the
text of an outcome.
"""

from __future__ import annotations

import re

from pyfixcli.delivery.agent import AgentContext, Outcome
from pyfixcli.delivery.smtp.peer import Endpoint
from pyfixcli.mail.delivery import Status
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure
from pyfixcli.protocol.server_reply import ReplyParser, ServerReply

_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}$")
CLASSES = {"2": Status.SENT, "4": Status.DEFERRED, "5": Status.BOUNCED}


async def filter_reply(
    context: AgentContext, maps: MapList, endpoint: Endpoint, reply: ServerReply
) -> ServerReply:
    """The reply with its lines replaced; as it is when what comes out is none."""
    lines = []
    for line in reply.lines:
        found = await maps.find(line, context.waiter)
        if found is not None:
            text = f'{endpoint.relay}: replacing server reply "{line}" with "{found}"'
            context.log.info(context.service, text)
        lines.append(line if found is None else found)
    if lines == list(reply.lines):
        return reply
    octets = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
    replies = ReplyParser().receive(octets)
    return replies[0] if replies else reply


async def filter_status(context: AgentContext, maps: MapList, outcome: Outcome) -> Outcome:
    """The outcome with another status of class 4 or 5, or with another text."""
    key = f"{outcome.dsn} {outcome.text}"
    try:
        found = await maps.find(key, context.waiter)
    except TableFailure as error:
        context.log.warning(context.service, str(error))
        return outcome
    if found is None:
        return outcome
    dsn, _, text = found.partition(" ")
    if not _STATUS.match(dsn):
        context.log.warning(context.service, f"{maps.title}: bad status code: {found}")
        return outcome
    was_sent = outcome.status is Status.SENT
    if was_sent is not (dsn[0] == "2"):
        text = f'{maps.title}: can\'t change status code "{outcome.dsn}" into "{dsn}"'
        context.log.warning(context.service, text)
        return outcome
    return Outcome(CLASSES[dsn[0]], dsn, text.strip(), outcome.action)
