"""The client that a session has after XCLIENT."""

from __future__ import annotations

from msgspec.structs import replace

from pyfixcli.access.facts import UNKNOWN, Client, NameStatus
from pyfixcli.protocol.client_attribute import TEMPUNAVAIL, UNAVAILABLE
from pyfixcli.protocol.xclient import Claimed

_NAMELESS = {UNAVAILABLE: NameStatus.PERMANENT, TEMPUNAVAIL: NameStatus.TEMPORARY}


def claimed_client(client: Client, claimed: Claimed) -> Client:
    """The client with what was said of it; the rest stays."""
    if claimed.name is not None:
        name, status = _name(claimed.name)
        client = replace(client, name=name, status=status)
    if claimed.reverse_name is not None:
        name, status = _name(claimed.reverse_name)
        client = replace(client, reverse_name=name, reverse_status=status)
    if claimed.address is not None:
        client = replace(client, address=_known(claimed.address))
    if claimed.port is not None:
        client = replace(client, port=_known(claimed.port))
    return client


def _name(said: str) -> tuple[str, NameStatus]:
    status = _NAMELESS.get(said)
    return (said, NameStatus.OK) if status is None else (UNKNOWN, status)


def _known(said: str) -> str:
    return UNKNOWN if said == UNAVAILABLE else said
