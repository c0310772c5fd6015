"""Deliveries that are left to another service: mailbox_transport and fallback_transport, and their tables."""

from __future__ import annotations

from pyfixcli.delivery.agent import deferred
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.maps.table import TableFailure


async def pass_to_transport(attempt: Attempt, target: Target, parameter: str) -> bool:
    """Leave the delivery to what ``parameter`` or ``parameter_maps`` names; False when neither names anything."""
    config, agent = attempt.config, attempt.context.agent
    maps = attempt.context.user_maps
    name, _ = target.names(config)
    try:
        found = await maps.find(f"{parameter}_maps", name, agent.waiter, attempt.warn)
    except TableFailure as failure:
        attempt.warn(str(failure))
        attempt.report(target, deferred("4.3.0", f"{parameter}_maps: temporary lookup failure"))
        return True
    spec = found or config.text(parameter)
    if not spec:
        return False
    service, _, nexthop = spec.partition(":")
    if service == attempt.request.service:
        attempt.warn(f"{parameter}: {spec}: mail for {name} would come back here")
        attempt.report(target, deferred("4.3.5", "mail system configuration error"))
        return True
    attempt.pass_on(target, service, nexthop)
    return True
