"""Servers of tcp_table(5) and socketmap_table(5) on loopback, in threads of their own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

Answer = bytes | None  # octets to send; None hangs up
SILENCE = b""


class TableServer:
    """Answers each request as ``answer`` says, which gets it without its frame.

    ``requests`` are those that came, ``connections`` counts. With ``path`` it listens in the file system.
    """

    def __init__(self, answer: Callable[[bytes], Answer], path: Path | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answer = answer
        self._streams: list[socket.socket] = []
        family = socket.AF_INET if path is None else socket.AF_UNIX
        self._socket = socket.socket(family)
        self._socket.bind(("127.0.0.1", 0) if path is None else str(path))
        self._socket.listen(200)
        self.port = 0 if path else int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._close(self._socket)
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection, as a server that is restarted does."""
        while self._streams:
            self._close(self._streams.pop())

    @staticmethod
    def _close(stream: socket.socket) -> None:
        with contextlib.suppress(OSError):
            stream.shutdown(socket.SHUT_RDWR)
        stream.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                stream, _ = self._socket.accept()
                self.connections += 1
                self._streams.append(stream)
                threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), stream.makefile("rb") as reader:
            while (request := self._read(reader.read, reader.readline)) is not None:
                self.requests.append(request)
                answer = self._answer(request)
                if answer is None:
                    self._close(stream)
                    return
                stream.sendall(answer)

    def _read(self, read: Callable[[int], bytes], read_line: Callable[[], bytes]) -> bytes | None:
        line = read_line()
        return line.removesuffix(b"\n") if line else None


class SocketmapServer(TableServer):
    """Requests and answers are netstrings; answers are framed here."""

    def __init__(self, answer: Callable[[bytes], Answer], path: Path | None = None) -> None:
        super().__init__(lambda request: _frame(answer(request)), path)

    def _read(self, read: Callable[[int], bytes], read_line: Callable[[], bytes]) -> bytes | None:
        digits = b""
        while (octet := read(1)) and octet != b":":
            digits += octet
        if not digits:
            return None
        request = read(int(digits))
        assert read(1) == b","
        return request


def _frame(answer: Answer) -> Answer:
    return answer and b"%d:%s," % (len(answer), answer)
