"""A host and a port in one text: ``host:port``, ``[host]:port``, ``host`` (transport(5), postconf(5): relayhost)."""

from __future__ import annotations

from typing import NamedTuple

from pyfixcli.mail.hostname import address_problem, ipv6_problem, is_hostname

IPV6 = "ipv6:"
NO_HOST = "valid hostname or network address required"
NO_IPV6 = "malformed IPv6 address"


class HostPort(NamedTuple):
    """A host name or an address without brackets, and a port or the name of a service."""

    host: str
    port: str


def parse_host_port(text: str, default_port: str) -> HostPort | str:
    """Host and port, or what is wrong, in the words of the reference."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            return 'missing "]"'
        if rest and not rest.startswith(":"):
            return 'garbage after "]"'
        port = rest[1:]
    else:
        host, _, port = text.rpartition(":") if ":" in text else (text, "", "")
        if not host:
            return "missing host information"
    if host[: len(IPV6)].lower() == IPV6:
        host = host[len(IPV6) :]
        if ":" not in host or ipv6_problem(host):
            return NO_IPV6
    elif not is_hostname(host) and address_problem(host):
        return NO_HOST
    return HostPort(host, port or default_port)
