"""An address that an alias or a .forward file gives: to a user of this machine, or on its way in a copy."""

from __future__ import annotations

from pyfixcli.delivery.agent import bounced, deferred
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.maps.address_rewrite import add_extension


async def deliver_address(attempt: Attempt, target: Target, address: str) -> None:
    """Deliver to an address in internal form, after rewriting; an unmatched extension may go on to it."""
    context = attempt.context
    full = context.rewriter.rewrite(address, "local")
    local, at, domain = full.rpartition("@")
    if at and not local and not domain:
        full = ""  # the null address: empty_address_recipient
    elif at and not domain:
        attempt.report(target, bounced("5.1.3", f"bad recipient address syntax: {full}"))
        return
    if target.unmatched and target.kind in context.propagating_kinds and full:
        full = add_extension(full, target.unmatched)
    found = await context.resolver.resolve(target.sender, full)
    if found.failure:
        dsn, _, text = found.failure.partition(" ")
        attempt.report(target.towards(full), deferred(dsn, text))
        return
    member = target.towards(found.recipient)
    if found.transport == attempt.request.service:
        await attempt.deliver(attempt, member)
    else:
        attempt.send_on(member)
