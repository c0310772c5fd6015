"""discard(8): deliveries that go nowhere."""

from __future__ import annotations

from pyfixcli.delivery.agent import AgentContext, ContentReader, report, sent
from pyfixcli.delivery.error import split_dsn
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult


async def deliver_discard(
    request: DeliveryRequest, content: ContentReader | None, context: AgentContext
) -> list[DeliveryResult]:
    """Every recipient is done; the next hop is the reason that the log shows."""
    started = context.clock.now()
    dsn, text = split_dsn(request.nexthop, "2", "2.0.0", context, "sent")
    return [
        report(context, request, recipient, sent(text, dsn), "none", started)
        for recipient in request.recipients
    ]
