"""Next hops of the client: ``domain``, ``[host]``, with ``:port``; LMTP's ``unix:`` and ``inet:`` (smtp(8))."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.delivery.smtp.host_port import parse_host_port

SMTP_PORT = 25  # of other mail systems; smtp_tcp_port does not matter
PORTS = {"smtp": SMTP_PORT, "submission": 587, "smtps": 465, "submissions": 465, "lmtp": 24}


@dataclass(frozen=True, slots=True)
class Nexthop:
    """``is_host``: MX records are not asked for. A local socket is a ``host`` that is a path, with port 0."""

    host: str
    port: int
    is_host: bool

    @property
    def is_local(self) -> bool:
        """Whether it is a socket in the file system."""
        return not self.port


def split_nexthops(text: str) -> list[str]:
    """The next hops of a route that names several, to be tried in turn."""
    return text.replace(",", " ").split()


def parse_nexthop(text: str, default_port: str, is_lmtp: bool = False) -> Nexthop | str:
    """The next hop, or a text that says what is wrong with it: mail for it has to wait until somebody mends that."""
    if is_lmtp:
        if text.startswith("unix:"):
            return Nexthop(text[5:], 0, True)
        text = text.removeprefix("inet:")
    parsed = parse_host_port(text, default_port)
    if isinstance(parsed, str):
        return f"{parsed} in server description: {text}"
    host, port_text = parsed
    port = int(port_text) if port_text.isdecimal() else PORTS.get(port_text, 0)
    if not 0 < port < 65536:
        if port_text.isdecimal():
            return f"bad network port: {port_text} for destination: {text}"
        return f"unknown service: {port_text}/tcp"
    return Nexthop(host, port, is_lmtp or text.startswith("["))


def cache_name(nexthop: str, is_lmtp: bool) -> str:
    """The name by which smtp_connection_cache_destinations knows a next hop: no ``[]``, port or ``unix:``."""
    parsed = parse_nexthop(nexthop, "smtp", is_lmtp)
    return nexthop if isinstance(parsed, str) else parsed.host
