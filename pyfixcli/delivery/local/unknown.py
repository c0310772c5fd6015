"""Recipients that are neither an alias nor a user: fallback_transport, luser_relay, or back to the sender (local(8))."""

from __future__ import annotations

from dataclasses import replace

from pyfixcli.config.expand import ExpansionError
from pyfixcli.delivery.agent import bounced, deferred, sent
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.expansion import attributes, expand_parameter
from pyfixcli.delivery.local.resolve import deliver_address
from pyfixcli.delivery.local.transport import pass_to_transport
from pyfixcli.mail.tok822 import parse_addresses

REQUIRED = ("mailer-daemon", "postmaster")


async def deliver_unknown(attempt: Attempt, target: Target) -> None:
    """The last of the attempts: it has an outcome, but for an address that had one before."""
    if attempt.seen.is_repeated(f"unknown {target.address}"):
        return
    config = attempt.config
    if await pass_to_transport(attempt, target, "fallback_transport"):
        return
    if config.raw("luser_relay"):
        await _relay(attempt, target)
        return
    if target.local in REQUIRED:
        attempt.warn(f"required alias not found: {target.local}")
        attempt.report(target, sent("discarded"))
        return
    user, _ = target.names(config)
    attempt.report(target, bounced("5.1.1", f'unknown user: "{user}"'))


async def _relay(attempt: Attempt, target: Target) -> None:
    """To luser_relay; users that it names are not looked for there again."""
    config = attempt.config
    try:
        address = expand_parameter(
            config.raw("luser_relay") or "",
            attributes(attempt, target),
            config.forward_expansion_filter,
        )
    except ExpansionError as error:
        attempt.warn(f"luser_relay: {error}")
        attempt.report(target, deferred("4.3.5", "mail system configuration error"))
        return
    if len(parse_addresses(address)) != 1:
        attempt.report(target, bounced("5.1.3", f"bad recipient address syntax: {address}"))
        return
    await deliver_address(attempt, replace(target, kind="alias"), address)
