"""A request to a service that needs no answer (postkick(1)).

Imported by sendmail, so it imports nothing that costs start-up time.
"""

from __future__ import annotations

import _socket

TIMEOUT = 10.0


def send_trigger(queue_directory: str, kind: str, service: str, request: str) -> None:
    """Send ``request`` to a socket of class ``public`` or ``private``; OSError when nobody takes it."""
    if kind not in ("public", "private") or "/" in service:
        raise FileNotFoundError("no such class")
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.settimeout(TIMEOUT)
        connection.connect(f"{queue_directory}/{kind}/{service}")
        connection.sendall(request.encode("utf-8", "surrogateescape"))
    finally:
        connection.close()
