"""tcp: tables: one line to a server, one line back (tcp_table(5)).

Data flow: key -> ``get KEY`` with everything but plain characters as %XX -> ``CODE text`` -> value.
A lost connection is tried again after a pause, with a warning each time.
"""

from __future__ import annotations

import re
import time

from pyfixcli.maps.endpoint import (
    TIMED_OUT,
    Connections,
    Disconnected,
    LimitExceeded,
    Unreachable,
    inet_endpoint,
)
from pyfixcli.maps.server_table import ServerTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

MAX_REPLY = 4096  # with the newline
TRIES = 10
PAUSE = 1.0  # seconds between tries

# 3DIGIT white space text, where % comes only as %XX
REPLY = re.compile(rb"([0-9]+)[ \t]((?:[^%]|%[0-9A-Fa-f]{2})*)")
ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
QUOTED = re.compile(rb"[^!-$&-~]")  # a percent sign, white space, and what does not print


class TcpTable(ServerTable):
    """``tcp:host:port``."""

    def __init__(self, kind: str, name: str, config: Config, fold: bool) -> None:
        super().__init__(f"{kind}:{name}", config, Connections(inet_endpoint(name)))
        self._server = name

    def _ask(self, key: bytes, deadline: float) -> bytes | None:
        request = b"get " + QUOTED.sub(lambda found: b"%%%02X" % found[0][0], key) + b"\n"
        warnings: list[str] = []
        reason = ""
        for attempt in range(TRIES):
            if attempt and time.monotonic() + PAUSE >= deadline:
                break
            if attempt:
                time.sleep(PAUSE)
            try:
                reply = self._exchange(request, deadline)
            except Unreachable as error:
                warnings += [*error.warnings, f"connect to TCP map {self._server}: {error.why}"]
                reason = error.why
            except LimitExceeded:
                warnings.append(self._complaint(f"text longer than {MAX_REPLY}"))
            except (Disconnected, OSError) as error:
                warnings.append(self._complaint(_describe(error)))
            else:
                self._warnings += warnings
                return self._judge(reply)
        raise self._failure(warnings, reason or "Application error")

    def _complaint(self, what: str) -> str:
        return f"read TCP map reply from {self._server}: {what}"

    def _exchange(self, request: bytes, deadline: float) -> bytes:
        """The reply without its line end."""
        connection = self._connections.take(deadline)
        try:
            connection.send(request)
            reply = connection.read_until(b"\n", MAX_REPLY)[:-1]
        except BaseException:
            connection.close()
            raise
        if _is_good(reply):
            self._connections.keep(connection)
        else:
            connection.close()
        return reply

    def _judge(self, reply: bytes) -> bytes | None:
        """The value, or None; TableFailure for any reply but 2xx and 5xx."""
        found = REPLY.fullmatch(reply)
        shown = reply.decode("utf-8", "surrogateescape")
        if found is None:
            raise self._failure([self._complaint(f"malformed reply: {shown}")])
        kind = found[1][:1] if len(found[1]) == 3 else b""
        if kind == b"2":
            return ENCODED.sub(lambda code: bytes((int(code[1], 16),)), found[2])
        if kind == b"5":
            return None
        if kind == b"4":
            raise self._failure([])
        raise self._failure([self._complaint(f"bad status code: {shown}")])


def _describe(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"unexpected EOF ({TIMED_OUT})"
    why = getattr(error, "strerror", None)
    return f"unexpected EOF ({why})" if why else "unexpected EOF"


def _is_good(reply: bytes) -> bool:
    """Whether the server seems to speak the protocol, so that its next reply will be for the next request."""
    return REPLY.fullmatch(reply) is not None
