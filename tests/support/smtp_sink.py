"""An SMTP server that takes mail for a test, and a load that brings it: both over real sockets."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import socketserver
import threading
import time
from typing import Self

from tests.support.instance import Instance
from tests.support.load import SUBJECT, Delivered, Load

QUEUE_ID = re.compile(rb"\bid ([0-9A-Za-z]+)[;\r\n]")
END = b"\r\n.\r\n"


class _Session(socketserver.StreamRequestHandler):
    """One connection; ``self.server`` is the sink."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        sink = self.server
        assert isinstance(sink, SmtpSink)
        if sink.is_silent:
            self.rfile.read(1)
            return
        with contextlib.suppress(ConnectionError):
            self._say(b"220 sink.test ESMTP")
            while line := self.rfile.readline():
                if not self._obey(sink, line.strip().upper()):
                    return

    def _say(self, text: bytes) -> None:
        self.wfile.write(text + b"\r\n")

    def _obey(self, sink: SmtpSink, command: bytes) -> bool:
        if command.startswith(b"EHLO"):
            self._say(b"250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME")
        elif command == b"DATA":
            self._say(b"354 go on")
            self._take(sink)
        elif command == b"QUIT":
            self._say(b"221 bye")
            return False
        else:
            self._say(b"250 ok")
        return True

    def _take(self, sink: SmtpSink) -> None:
        """Content to its end; the copy counts from the moment before the reply."""
        content = b""
        while not content.endswith(END):
            line = self.rfile.readline()
            if not line:
                return
            content += line
        time.sleep(sink.delay)  # a server that is slow to answer
        sink.note(content.replace(b"\r\n", b"\n"))
        self._say(b"250 taken")


class SmtpSink(socketserver.ThreadingTCPServer):
    """Listens on a port of loopback while the block lasts; ``copies`` are what it has taken, oldest first.

    ``delay`` is how long it thinks before it answers the end of a message (seconds). A sink that ``is_silent``
    accepts connections and says nothing.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port: int = 0, delay: float = 0.0, *, is_silent: bool = False) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.port = int(self.server_address[1])
        self.delay = delay
        self.is_silent = is_silent
        self.copies: list[Delivered] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=[0.05], daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def note(self, content: bytes) -> None:
        """A copy arrived."""
        subject, queue_id = SUBJECT.search(content), QUEUE_ID.search(content)
        if subject is not None and queue_id is not None:
            copy = Delivered(subject[1].decode(), queue_id[1].decode(), time.time())
            with self._lock:
                self.copies.append(copy)

    def handle_error(self, request: object, client_address: object) -> None:
        """A peer that was killed in the middle is no event."""


class SmtpLoad(Load):
    """Brings messages over SMTP until the block ends, or ``most`` were taken; 250 means accepted."""

    def __init__(self, instance: Instance, recipient: str, threads: int = 4, most: int = 0) -> None:
        super().__init__(instance, threads)
        self._recipient = recipient
        self._most = most

    def __exit__(self, *error: object) -> None:
        if self._most:
            for thread in self._threads:
                thread.join()
        super().__exit__(*error)

    def _run(self) -> None:
        while not self._stop.is_set() and not self._is_done():
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._talk()

    def _is_done(self) -> bool:
        return bool(self._most) and len(self.accepted) >= self._most

    def _talk(self) -> None:
        """One session, as long as it lasts."""
        with smtplib.SMTP("127.0.0.1", self._instance.port, timeout=20) as client:
            while not self._stop.is_set() and not self._is_done():
                subject = self._next()
                text = f"Subject: {subject}\n\nbody of {subject}\n"
                if not client.sendmail("sender@source.test", [self._recipient], text):
                    with self._lock:
                        self.accepted.add(subject)


def can_connect(port: int) -> bool:
    """Whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
