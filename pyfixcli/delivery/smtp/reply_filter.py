"""The filter that administrators put between a server and the client (postconf(5) smtp_reply_filter)."""

from __future__ import annotations

from pyfixcli.delivery.agent import AgentContext
from pyfixcli.delivery.smtp.peer import Endpoint
from pyfixcli.maps.lookup import MapList
from pyfixcli.protocol.server_reply import ReplyParser, ServerReply


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
