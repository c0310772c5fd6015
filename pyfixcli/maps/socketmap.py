"""socketmap: tables: netstrings to a server and back (socketmap_table(5)).

Data flow: key -> netstring of ``NAME KEY`` -> netstring of ``STATUS text`` -> value. When a connection is
lost, the request is repeated once on a new one.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.maps.endpoint import (
    TIMED_OUT,
    Connection,
    Connections,
    Disconnected,
    Endpoint,
    LimitExceeded,
    Unreachable,
    inet_endpoint,
    unix_endpoint,
)
from pyfixcli.maps.server_table import ServerTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

MAX_REPLY = 100_000  # without the netstring around it
MAX_DIGITS = 20
FAILURES = {b"TEMP": "temporary", b"TIMEOUT": "timeout", b"PERM": "permanent"}


class BadFormat(Exception):
    """What came is not a netstring."""


class SocketmapTable(ServerTable):
    """``socketmap:inet:host:port:name`` and ``socketmap:unix:path:name``."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        server, map_name = _split(name)
        super().__init__(f"{kind}:{name}", config, Connections(server))
        self._prefix = map_name.encode("utf-8", "surrogateescape") + b" "

    def _ask(self, key: bytes, deadline: float) -> bytes | None:
        request = self._prefix + key
        try:
            reply = self._connections.exchange(
                b"%d:%s," % (len(request), request), _read_netstring, deadline
            )
        except Unreachable as error:
            connecting = f"connect to {self._connections.endpoint.name}: {error.why}"
            failed = [*error.warnings, connecting, self._complaint(error.why)]
            raise self._failure(failed, error.why) from error
        except LimitExceeded as error:
            raise self._failure([self._complaint("input exceeds size limit")]) from error
        except BadFormat as error:
            raise self._failure([self._complaint("input format error")]) from error
        except TimeoutError as error:
            raise self._failure([self._complaint("time limit exceeded")], TIMED_OUT) from error
        except (Disconnected, OSError) as error:
            raise self._failure([self._complaint("unexpected disconnect")]) from error
        return self._judge(reply)

    def _complaint(self, what: str) -> str:
        return f"table {self.name} lookup error: {what}"

    def _judge(self, reply: bytes) -> bytes | None:
        """The value, or None; TableFailure for any status but OK and NOTFOUND."""
        status, blank, text = reply.partition(b" ")
        if status == b"NOTFOUND" or (status == b"OK" and not blank):
            return None
        if status == b"OK":
            return text
        problem = f"{self.name} socketmap server {FAILURES.get(status, 'unknown')} error"
        if text:
            problem += f": {text.decode('utf-8', 'surrogateescape')}"
        raise self._failure([problem], "" if status == b"PERM" else "Application error")


def _read_netstring(connection: Connection) -> bytes:
    """BadFormat, LimitExceeded, Disconnected, OSError."""
    digits = b""
    while not digits.endswith(b":"):
        digits += connection.read_exactly(1)
        if not digits.removesuffix(b":").isdigit():
            raise BadFormat
        if len(digits) > MAX_DIGITS or int(digits.removesuffix(b":")) > MAX_REPLY:
            raise LimitExceeded
    reply = connection.read_exactly(int(digits[:-1]) + 1)
    if not reply.endswith(b","):
        raise BadFormat
    return reply[:-1]


def _split(name: str) -> tuple[Endpoint, str]:
    """The server and the name of the map there; ConfigError."""
    service, colon, map_name = name.rpartition(":")
    if not colon:
        raise ConfigError("socketmap requires server:socketmap argument")
    transport, _, place = service.partition(":")
    if not place:
        raise ConfigError(f'need service transport:endpoint instead of "{service}"')
    if transport == "inet":
        return inet_endpoint(place), map_name
    if transport == "unix":
        return unix_endpoint(place), map_name
    raise ConfigError(f"invalid transport name: {transport} in service: {service}")
