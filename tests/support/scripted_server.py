"""An SMTP or LMTP server on loopback that answers as a test says, in threads of its own.

Rules are ``(event, pattern, action)``; the first that fits a command answers it, each as often as it fits. Events
are the verbs, ``connect``, ``body`` (after 354) and ``end`` (of the content; in LMTP once for each recipient, with its
RCPT command). Actions are the text of a reply (lines joined by ``\\n``), DROP, HANG, or DRIP: a reply that takes
two seconds, a few octets at a time.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

DROP = "(drop)"
HANG = "(hang)"
DRIP = "(drip)"
EXTENSIONS = ("PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN")

Rule = tuple[str, str, str]


@dataclass
class Session:
    """One connection: its commands, and the messages that were taken, as lines joined by LF."""

    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)


class ScriptedServer:
    """Listens until it is closed. ``port`` 0 with a ``path`` is a socket in the file system."""

    def __init__(
        self,
        *rules: Rule,
        extensions: tuple[str, ...] = EXTENSIONS,
        banner: str = "220 peer.test ESMTP",
        is_lmtp: bool = False,
        path: Path | None = None,
    ) -> None:
        self.rules = rules
        self.extensions = extensions
        self.banner = banner
        self.is_lmtp = is_lmtp
        self.sessions: list[Session] = []
        self._open: list[socket.socket] = []
        self._closing = threading.Event()
        if path is not None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(str(path))
        else:
            self._socket = socket.socket()
            self._socket.bind(("127.0.0.1", 0))
        self.port = 0 if path is not None else int(self._socket.getsockname()[1])
        self._socket.listen(50)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up everywhere and wait for the threads."""
        self._closing.set()
        for each in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)

    @property
    def messages(self) -> list[bytes]:
        """All messages that were taken."""
        return [message for session in self.sessions for message in session.messages]

    @property
    def commands(self) -> list[str]:
        """The commands of all sessions."""
        return [command for session in self.sessions for command in session.commands]

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(client)
            session = Session()
            self.sessions.append(session)
            thread = threading.Thread(target=_Dialogue(self, client, session).run, daemon=True)
            self._threads.append(thread)
            thread.start()

    def is_closed_within(self, seconds: float) -> bool:
        """Wait so long, or until the server is closed."""
        return self._closing.wait(seconds)

    def wait_for_close(self) -> None:
        """Until the server is closed."""
        self._closing.wait()


class _Hangup(Exception):
    """The connection ends here."""


class _Dialogue:
    def __init__(self, server: ScriptedServer, client: socket.socket, session: Session) -> None:
        self._server = server
        self._client = client
        self._session = session
        self._accepted: list[str] = []
        self._has_mail = False

    def run(self) -> None:
        with (
            contextlib.suppress(OSError, _Hangup),
            self._client,
            self._client.makefile("rb") as reader,
        ):
            self._say("connect", "", self._server.banner)
            while line := reader.readline():
                command = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
                self._session.commands.append(command)
                self._answer(command, reader)

    def _answer(self, command: str, reader: object) -> None:
        verb = command.split(" ")[0].upper()
        reply = self._say(verb, command, self._default(verb))
        if verb in ("EHLO", "HELO", "LHLO", "RSET", "MAIL"):
            self._accepted = []
            self._has_mail = verb == "MAIL" and reply.startswith("2")
        if verb == "RCPT" and reply.rpartition("\n")[2].startswith("2"):
            self._accepted.append(command)
        if verb == "DATA" and reply.startswith("354"):
            self._say("body", "", "")
            self._take_content(reader)
        if verb == "QUIT":
            raise _Hangup

    def _drip(self) -> str:
        for octet in b"250 2.0.0 Ok\r\n":
            self._client.sendall(bytes((octet,)))
            self._server.is_closed_within(0.15)
        return "250 2.0.0 Ok"

    def _default(self, verb: str) -> str:
        if verb in ("EHLO", "LHLO"):
            lines = ["peer.test", *self._server.extensions]
            marks = ["-"] * (len(lines) - 1) + [" "]
            return "\n".join(f"250{mark}{line}" for mark, line in zip(marks, lines, strict=True))
        if verb == "DATA":
            return "354 go on" if self._accepted else "503 5.5.1 no valid recipients"
        if verb == "RCPT" and not self._has_mail:
            return "503 5.5.1 need MAIL command"
        return {"QUIT": "221 2.0.0 bye", "HELO": "250 peer.test"}.get(verb, "250 2.0.0 Ok")

    def _take_content(self, reader: object) -> None:
        lines = []
        while (line := reader.readline()) != b".\r\n":  # type: ignore[attr-defined]
            if not line:
                raise _Hangup
            assert line.endswith(b"\r\n")
            lines.append(line.removeprefix(b".")[:-2] + b"\n")
        self._session.messages.append(b"".join(lines))
        for command in self._accepted if self._server.is_lmtp else [" ".join(self._accepted)]:
            self._say("end", command, "250 2.0.0 Ok: taken")

    def _say(self, event: str, command: str, default: str) -> str:
        """Answer as the rules say; what was answered."""
        reply = default
        for wanted, pattern, action in self._server.rules:
            if wanted == event and re.search(pattern, command):
                reply = action
                break
        if reply == DROP:
            raise _Hangup
        if reply == HANG:
            self._server.wait_for_close()
            raise _Hangup
        if reply == DRIP:
            return self._drip()
        if reply:
            octets = reply.replace("\n", "\r\n").encode("utf-8", "surrogateescape")
            self._client.sendall(octets + b"\r\n")
        return reply
