"""A blocking client of the store, for commands while the daemon is up."""

from __future__ import annotations

import socket

from pyfixcli.base.errors import TemporaryFailure, Unavailable
from pyfixcli.protocol.frame import FrameBuffer, frame
from pyfixcli.queue import codec
from pyfixcli.queue import requests as rq

TIMEOUT = 60.0


class StoreClient:
    """One connection to the store's socket; raises Unavailable when nobody listens."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise Unavailable(f"connect to {path}: {error.strerror}") from error
        self._buffer = FrameBuffer()
        self._number = 0

    def ask(self, operation: rq.Operation) -> rq.Result:
        """Apply one operation; TemporaryFailure when the store refuses or falls silent."""
        self._number += 1
        request = rq.Request(self._number, (operation,))
        try:
            self._socket.sendall(frame(codec.pack(request)))
            reply = self._receive()
        except OSError as error:
            raise TemporaryFailure(f"queue store does not answer: {error}") from error
        if reply.error:
            raise TemporaryFailure(f"queue store refused: {reply.error}")
        return reply.results[0]

    def _receive(self) -> rq.Reply:
        while True:
            data = self._socket.recv(65536)
            if not data:
                raise OSError("connection closed")
            for payload in self._buffer.receive(data):
                message = codec.unpack(payload, rq.message_decoder)
                if isinstance(message, rq.Reply):
                    return message

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
