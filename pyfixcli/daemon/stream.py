"""Frames over asyncio: what is sent in one turn of the loop goes out in one write.

Pending log lines are written first, so that no other process logs about a message before we
did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from pyfixcli.log.maillog import MailLog
from pyfixcli.protocol.frame import BadFrame, FrameBuffer, frame


class FrameConnection(asyncio.Protocol):
    """One end of a connection that carries frames.

    ``on_frame`` gets each payload, ``on_close`` is called once when the connection is gone.
    An exception in ``on_frame`` closes the connection, not the process.
    """

    def __init__(
        self,
        log: MailLog,
        on_frame: Callable[[FrameConnection, bytes], None],
        on_close: Callable[[FrameConnection], None],
    ) -> None:
        self._log = log
        self._on_frame = on_frame
        self._on_close = on_close
        self._buffer = FrameBuffer()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Whether frames can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, payload: bytes) -> None:
        """Send a frame at the end of this turn of the loop; lost when the connection is gone."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(frame(payload))

    def close(self) -> None:
        """Hang up after what was sent."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        self._log.flush()
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._out:
            self._flush()

    def data_received(self, data: bytes) -> None:
        try:
            for payload in self._buffer.receive(data):
                self._on_frame(self, payload)
        except BadFrame as error:
            self._log.warning("master", f"closing a connection: {error}")
            self.close()
        except Exception as error:
            self._log.panic("master", f"closing a connection: {type(error).__name__}: {error}")
            self.close()
            raise

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._on_close(self)
