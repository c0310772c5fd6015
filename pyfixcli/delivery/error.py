"""error(8): recipients that are refused (error) or tried later (retry) by configuration."""

from __future__ import annotations

from pyfixcli.delivery.agent import AgentContext, ContentReader, bounced, deferred, report
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult


def split_dsn(
    text: str, wanted: str, default: str, context: AgentContext, step: str
) -> tuple[str, str]:
    """(enhanced status code, text); a code of another class is ignored with a warning that names ``step``."""
    code, _, rest = text.partition(" ")
    parts = code.split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return default, text
    if parts[0] != wanted:
        context.log.warning(context.service, f'{step}: ignoring dsn code "{code}"')
        return default, rest.lstrip()
    return code, rest.lstrip()


async def deliver_error(
    request: DeliveryRequest, content: ContentReader | None, context: AgentContext
) -> list[DeliveryResult]:
    """The service named retry defers, every other one returns to the sender."""
    started = context.clock.now()
    if request.service == "retry":
        dsn, text = split_dsn(request.nexthop, "4", "4.0.0", context, "defer_append")
        outcome = deferred(dsn, text)
    else:
        dsn, text = split_dsn(request.nexthop, "5", "5.0.0", context, "bounce_append")
        outcome = bounced(dsn, text)
    return [
        report(context, request, recipient, outcome, "none", started)
        for recipient in request.recipients
    ]
