"""Next hops of the SMTP client: ``domain``, ``[host]``, with ``:port`` (smtp(8), transport(5))."""

from __future__ import annotations

from dataclasses import dataclass

PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "submissions": 465, "lmtp": 24}


@dataclass(frozen=True, slots=True)
class Nexthop:
    """``is_host``: in brackets, so that MX records are not asked for."""

    host: str
    port: int
    is_host: bool


def split_nexthops(text: str) -> list[str]:
    """The next hops of a route that names several, to be tried in turn."""
    return text.replace(",", " ").split()


def parse_nexthop(text: str, default_port: str) -> Nexthop | str:
    """The next hop, or a text that says what is wrong with its port."""
    if text.startswith("["):
        inside, closed, rest = text[1:].partition("]")
        port_text = rest[1:] if closed and rest.startswith(":") else ""
        host, is_host = inside, True
    else:
        host, _, port_text = text.partition(":")
        is_host = False
    port_text = port_text or default_port
    port = int(port_text) if port_text.isdecimal() else PORTS.get(port_text, 0)
    if not 0 < port < 65536:
        return f"unknown service: {port_text}/tcp"
    if is_host and host.lower().startswith("ipv6:"):
        host = host[5:]
    return Nexthop(host, port, is_host)
