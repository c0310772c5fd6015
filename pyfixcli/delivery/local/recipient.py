"""The order of attempts for a local recipient (local(8): DELIVERY METHOD CONTROLS)."""

from __future__ import annotations

from dataclasses import replace

from pyfixcli.delivery.agent import ContentReader, bounced
from pyfixcli.delivery.local.alias import deliver_alias
from pyfixcli.delivery.local.attempt import Attempt, Seen, Target, replace_address
from pyfixcli.delivery.local.context import LocalContext
from pyfixcli.delivery.local.dotforward import deliver_dotforward
from pyfixcli.delivery.local.home import waits_for_home
from pyfixcli.delivery.local.mailbox import deliver_mailbox
from pyfixcli.delivery.local.unknown import deliver_unknown
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult

MAX_LEVEL = 100  # the level where expansions inside expansions end


async def deliver_local(
    request: DeliveryRequest, content: ContentReader, context: LocalContext
) -> list[DeliveryResult]:
    """Deliver to each recipient of a request; every outcome is logged."""
    results = []
    for recipient in request.recipients:
        seen = Seen(context.agent.config.duplicate_filter_limit)
        attempt = Attempt(request, recipient, content, context, seen, deliver_recipient)
        await deliver_recipient(attempt, attempt.first_target)
        results.append(attempt.result())
    return results


async def deliver_recipient(attempt: Attempt, target: Target) -> None:
    """The first method that applies has the delivery; each address is tried once on a level, so that circles of aliases end."""
    if attempt.seen.is_repeated(f"{target.level} {target.address}"):
        return
    if target.level >= MAX_LEVEL:
        text = f"alias database loop for {target.local}"
        attempt.warn(text)
        attempt.report(target, bounced("5.4.6", text))
        return
    if attempt.is_delivered_before(target.address):
        text = f"mail forwarding loop for {quote_address(target.address)}"
        attempt.report(target, bounced("5.4.6", text))
        return
    if target.local.startswith("\\"):
        await _deliver_directly(attempt, target)
        return
    if await deliver_alias(attempt, target):
        return
    if is_for_others(attempt, target):
        attempt.send_on(target)
        return
    if waits_for_home(attempt, target):
        return
    if await deliver_dotforward(attempt, target) or await deliver_mailbox(attempt, target):
        return
    await deliver_unknown(attempt, target)


def is_for_others(attempt: Attempt, target: Target) -> bool:
    """Whether a local recipient gets a copy of its own, so that each has its own status in the queue.

    A user in the user's own .forward file is at the end of the expansion, unless an owner- alias came between.
    """
    if target.owned and target.level:
        return True
    user, _ = target.names(attempt.config)
    return target.is_resent and user != target.forwarder


async def _deliver_directly(attempt: Attempt, target: Target) -> None:
    """``\\user``: neither aliases nor .forward files."""
    recipient = target.recipient
    plain = replace_address(recipient, recipient.address[1:], recipient.original)
    target = replace(target, recipient=plain)
    if not await deliver_mailbox(attempt, target):
        await deliver_unknown(attempt, target)
