"""Aliases (aliases(5)), as far as they stand for users of this machine."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.delivery.agent import AgentContext
from pyfixcli.mail.address import split_address
from pyfixcli.mail.tok822 import parse_addresses


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias: its name, and the local users it stands for; None when it has other targets."""

    name: str
    users: tuple[str, ...] | None


async def find_alias(
    names: tuple[str, ...], context: AgentContext, seen: tuple[str, ...]
) -> Alias | None:
    """What alias_maps say of the first of these names that they know; TableFailure possible.

    A name that is being expanded already stands for the user of that name.
    """
    aliases = context.aliases
    for name in dict.fromkeys(names):
        if not aliases or name in seen:
            continue
        value = await aliases.find(name, context.waiter)
        if value is not None:
            return Alias(name, local_users(value, context))
    return None


def local_users(value: str, context: AgentContext) -> tuple[str, ...] | None:
    """The users that an alias value names, or None when it has a command, a file or an address elsewhere."""
    if any(mark in value for mark in ('"', "|", "/", ":include:")):
        return None
    users = []
    for address in parse_addresses(value):
        local, domain = split_address(address)
        if domain is not None and domain.lower() != context.config.myorigin.lower():
            return None
        users.append(local)
    return tuple(users)
