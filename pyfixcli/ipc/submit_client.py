"""Handing a message to the daemon through its submit socket, or leaving it in the maildrop."""

from __future__ import annotations

import _socket

from pyfixcli.base import paths
from pyfixcli.base.errors import TemporaryFailure
from pyfixcli.mail import submission

READ = 65536
TIMEOUT = 3600.0
PATIENCE = 5.0  # seconds that a daemon whose socket is open may take to greet
SMALL = 65536  # as long as no more was sent, the whole message can be sent again another way


class NotReachable(Exception):
    """No daemon took the message; nothing of it was accepted."""


class LoneDot:
    """Passes input on until a line that is a single dot, unless ``ignore`` is set."""

    __slots__ = ("_at_start", "_held", "_ignore", "ended")

    def __init__(self, ignore: bool) -> None:
        self._ignore = ignore
        self._held = b""
        self._at_start = True
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """What belongs to the message of the next octets."""
        if self._ignore:
            return data
        data = self._held + data
        self._held = b""
        start = 0
        while True:
            place = self._find(data, start)
            if place < 0:
                break
            rest = data[place + 1 : place + 3]
            if rest[:1] == b"\n" or rest == b"\r\n":
                self.ended = True
                return data[:place]
            if rest in (b"", b"\r"):
                self._held, self._at_start = data[place:], True
                return data[:place]
            start = place + 1
            self._at_start = False
        if data:
            self._at_start = data.endswith(b"\n")
        return data

    def _find(self, data: bytes, start: int) -> int:
        """The next dot at the start of a line, or -1."""
        if start == 0 and self._at_start and data.startswith(b"."):
            return 0
        place = data.find(b"\n.", start)
        return place + 1 if place >= 0 else -1

    def finish(self) -> bytes:
        """What was held back at the end of the input."""
        held, self._held = self._held, b""
        return b"" if held in (b".", b".\r") else held


class Submission:
    """One message on its way to the daemon.

    The socket outlives the processes that serve it, so the daemon greets; before it did, no more is sent than
    can be sent again another way, and never the end of the message.
    """

    def __init__(self, queue_directory: str) -> None:
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._sent: bytes | None = b""
        self._greeted = False
        self._frames = submission.FrameReader()
        self._answer: bytes | None = None
        try:
            self._socket.connect(f"{queue_directory}/{paths.SUBMIT}")
        except OSError as error:
            self._socket.close()
            raise NotReachable(str(error)) from error
        self._socket.settimeout(TIMEOUT)

    @property
    def replayable(self) -> bytes | None:
        """All that was sent, while that is little; None afterwards."""
        return self._sent

    def send(self, octets: bytes) -> None:
        """Send frames; NotReachable while everything can still be sent another way."""
        if self._sent is not None:
            self._sent += octets
            if len(self._sent) > SMALL:
                self._await_greeting()
                self._sent = None
        view = memoryview(octets)
        try:
            while view:
                view = view[self._socket.send(view) :]
        except OSError as error:
            if self._sent is not None:
                raise NotReachable(str(error)) from error
            raise TemporaryFailure(f"mail system is gone: {error}") from error

    def finish(self) -> tuple[int, str, str]:
        """Send the end of the message, and wait for (exit status, queue id, text).

        NotReachable while nobody greeted. Afterwards silence is a temporary failure: the message
        may have been accepted.
        """
        if self._sent is not None:
            self._await_greeting()
        self.send(submission.pack_frame(submission.END, b""))
        try:
            while self._answer is None:
                self._receive()
        except OSError as error:
            raise TemporaryFailure(f"mail system did not answer: {error}") from error
        return submission.unpack_reply(self._answer)

    def _await_greeting(self) -> None:
        """Wait until a process has taken the connection up; NotReachable when none does."""
        self._socket.settimeout(PATIENCE)
        try:
            while not self._greeted and self._answer is None:
                self._receive()
        except OSError as error:
            self._socket.close()
            raise NotReachable(str(error)) from error
        self._socket.settimeout(TIMEOUT)

    def _receive(self) -> None:
        data = self._socket.recv(READ)
        if not data:
            raise ConnectionResetError("connection closed")
        self._frames.receive(data)
        while (found := self._frames.next_frame()) is not None:
            if found[0] == submission.GREETING:
                self._greeted = True
            else:
                self._answer = found[1]
