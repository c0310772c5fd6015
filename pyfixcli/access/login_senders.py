"""Which envelope senders a local user may name (postconf(5) local_login_sender_maps).

The user is who the kernel says; a table that fails lets nobody pass.
"""

from __future__ import annotations

import pwd

from pyfixcli.config.extensions import read_extensions
from pyfixcli.mail.address import Extensions, split_address
from pyfixcli.maps.lookup import MapList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config
    from pyfixcli.maps.lookup import Waiter

MAPS = "local_login_sender_maps"
EVERYBODY = "static:*"


async def refuse_sender(config: Config, uid: int, sender: str, waiter: Waiter) -> str:
    """Why this user may not send as ``sender`` (internal form), or empty. TableFailure, ConfigError."""
    maps = config.local_login_sender_maps
    if maps == EVERYBODY:
        return ""
    found = await MapList(config, maps, MAPS).find(login_name(uid), waiter)
    null = config.empty_address_local_login_sender_maps_lookup_key
    patterns = (found or "").replace(",", " ").split()
    if matches_sender(sender, patterns, read_extensions(config), null):
        return ""
    return f"not authorized to use sender='{sender}'"


def login_name(uid: int) -> str:
    """The name that tables have; ``uid:N`` without one."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid:{uid}"


def matches_sender(sender: str, patterns: list[str], extensions: Extensions, null: str) -> bool:
    """Whether a sender is an address, or in a ``@domain``, among ``patterns``; its extension does not count.

    ``null`` is the pattern of the null sender, and of no other.
    """
    if "*" in patterns:
        return True
    if not sender:
        return null in patterns
    local, domain = split_address(sender)
    user, _ = extensions.split(local)
    at_domain = "" if domain is None else f"@{domain}".lower()
    allowed = {pattern.lower() for pattern in patterns if pattern != null}
    return f"{user.lower()}{at_domain}" in allowed or bool(at_domain and at_domain in allowed)
