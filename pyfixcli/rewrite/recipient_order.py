"""The order in which qmgr(8) takes the recipients of a message."""

from __future__ import annotations

from pyfixcli.maps.folding import fold_key


def by_domain(address: str) -> tuple[str, str]:
    """What to sort addresses (internal form) by: the domain in small letters, then all of it, capitals first."""
    return fold_key(address.rpartition("@")[2]), address
