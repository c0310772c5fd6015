"""The listening sockets of an instance. Master opens them; workers inherit them.

A worker's death or a reload closes none of them, so no connection is lost.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterable

from pyfixcli.base import paths
from pyfixcli.base.errors import PyfixError
from pyfixcli.config.master_cf import Service
from pyfixcli.config.snapshot import Config

BACKLOG = 1024
PUBLIC_MODE = 0o666
PRIVATE_MODE = 0o600

# AF_UNIX stream sockets of every instance: path beneath the queue directory, mode
STREAMS = (
    (paths.SUBMIT, PUBLIC_MODE),
    (paths.SHOWQ, PUBLIC_MODE),
    (paths.FLUSH, PUBLIC_MODE),
    (paths.PICKUP, PUBLIC_MODE),
    (paths.QMGR, PUBLIC_MODE),
    (paths.STORE, PRIVATE_MODE),
    (paths.AGENTS, PRIVATE_MODE),
    (paths.PROXYMAP, PRIVATE_MODE),
)


def open_unix(queue_directory: str, name: str, mode: int, kind: int, owner: int) -> socket.socket:
    """A listening (or datagram) socket at ``name`` beneath the queue directory."""
    path = os.path.join(queue_directory, name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, kind)
    old = os.umask(0o177)
    try:
        listener.bind(path)
    except OSError as error:
        raise PyfixError(f"bind {path}: {error.strerror or error}") from error
    finally:
        os.umask(old)
    if os.geteuid() == 0:
        os.chown(path, owner, -1)
    os.chmod(path, mode)
    if kind == socket.SOCK_STREAM:
        listener.listen(BACKLOG)
    return listener


def peer_uid(connection: socket.socket) -> int:
    """The uid of the process at the other end of an AF_UNIX socket."""
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", credentials)[1])


def open_local_sockets(queue_directory: str, owner: int) -> dict[str, socket.socket]:
    """The sockets that commands and processes of the instance meet at."""
    opened = {
        name: open_unix(queue_directory, name, mode, socket.SOCK_STREAM, owner)
        for name, mode in STREAMS
    }
    opened[paths.POSTLOG] = open_unix(
        queue_directory, paths.POSTLOG, PUBLIC_MODE, socket.SOCK_DGRAM, owner
    )
    return opened


def split_endpoint(name: str) -> tuple[str, str]:
    """(host or empty, port) of the name column of an inet service (master(5))."""
    host, colon, port = name.rpartition(":")
    return host.strip("[]"), port


def port_number(port: str) -> int:
    """A port as a number; PyfixError for an unknown service name."""
    if port.isascii() and port.isdigit():
        number = int(port) if len(port) < 6 else 1 << 16
        if number >= 1 << 16:
            raise PyfixError(f"bad port number: {port}")
        return number
    try:
        return socket.getservbyname(port, "tcp")
    except OSError as error:
        raise PyfixError(f"host/service {port}: {error}") from error


def interface_addresses(config: Config) -> list[tuple[int, str]]:
    """(family, address) that inet services listen on (inet_interfaces, inet_protocols)."""
    protocols = config.inet_protocols.replace(",", " ").split()
    use4 = "all" in protocols or "ipv4" in protocols
    use6 = ("all" in protocols or "ipv6" in protocols) and _has_ipv6()
    found: list[tuple[int, str]] = []
    for name in config.inet_interfaces.replace(",", " ").split():
        if name == "all":
            everywhere: list[tuple[int, str]] = [(socket.AF_INET, "0.0.0.0")] if use4 else []
            return everywhere + ([(socket.AF_INET6, "::")] if use6 else [])
        if name == "loopback-only":
            found += [(socket.AF_INET, "127.0.0.1")] if use4 else []
            found += [(socket.AF_INET6, "::1")] if use6 else []
            continue
        found += _addresses_of(name.strip("[]"), use4, use6)
    return list(dict.fromkeys(found))


def _has_ipv6() -> bool:
    return os.path.exists("/proc/net/if_inet6")


def _addresses_of(host: str, use4: bool, use6: bool) -> list[tuple[int, str]]:
    families = ([socket.AF_INET] if use4 else []) + ([socket.AF_INET6] if use6 else [])
    found: list[tuple[int, str]] = []
    for family in families:
        with contextlib.suppress(OSError, UnicodeError):  # UnicodeError: no name that DNS knows
            for info in socket.getaddrinfo(host, None, family, socket.SOCK_STREAM):
                found.append((int(family), str(info[4][0])))
    if not found:
        raise PyfixError(f"config variable inet_interfaces: host not found: {host}")
    return found


Endpoint = tuple[str, int, str, int]


def inet_endpoints(services: Iterable[Service], config: Config) -> list[Endpoint]:
    """(service name, family, address, port) of every inet service that is hosted here."""
    endpoints: list[Endpoint] = []
    for service in services:
        if service.type != "inet" or service.command not in HOSTED_INET:
            continue
        host, port = split_endpoint(service.name)
        number = port_number(port)
        addresses = _addresses_of(host, True, True) if host else interface_addresses(config)
        endpoints += [(service.name, family, address, number) for family, address in addresses]
    return endpoints


HOSTED_INET = frozenset(("smtpd",))


def open_inet(endpoint: Endpoint) -> socket.socket:
    """A listening TCP socket; PyfixError when the address cannot be had."""
    _, family, address, port = endpoint
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise PyfixError(f"bind {address} port {port}: {error.strerror}") from error
    listener.listen(BACKLOG)
    return listener


def endpoint_key(endpoint: Endpoint) -> str:
    """The name under which workers get the socket."""
    name, _, address, port = endpoint
    return f"inet:{name}:{address}:{port}"
