"""Replies of an SMTP server, as a client reads them (RFC 5321 section 4.2, RFC 2034). Sans-IO."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE = 12288
MAX_LINES = 1000
_LINE = re.compile(rb"^([2-5]\d\d)(?:([- ])(.*))?$", re.DOTALL)
_DSN = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class BadReply(Exception):
    """The server does not speak SMTP, or says too much."""


@dataclass(frozen=True, slots=True)
class ServerReply:
    """``lines`` are as they came, without line ends; ``dsn`` is the enhanced status code or empty."""

    code: int
    lines: tuple[str, ...]
    dsn: str

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(self.lines)

    @property
    def is_positive(self) -> bool:
        """2xx or 3xx."""
        return self.code < 400

    @property
    def is_permanent(self) -> bool:
        """5xx."""
        return self.code >= 500


class ReplyParser:
    """Cuts replies out of octets that come in any pieces."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[str] = []

    def receive(self, data: bytes) -> list[ServerReply]:
        """Whole replies of these octets; BadReply for what is none."""
        self._buffer += data
        replies = []
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[:end].rstrip(b"\r"), self._buffer[end + 1 :]
            reply = self._take_line(line)
            if reply is not None:
                replies.append(reply)
        if len(self._buffer) > MAX_LINE:
            raise BadReply("reply line is too long")
        return replies

    def _take_line(self, line: bytes) -> ServerReply | None:
        found = _LINE.match(line[:MAX_LINE])
        if found is None or len(self._lines) >= MAX_LINES:
            raise BadReply(f"bad reply: {line[:100]!r}")
        self._lines.append(line[:MAX_LINE].decode("utf-8", "surrogateescape"))
        if found[2] == b"-":
            return None
        lines, self._lines = tuple(self._lines), []
        code = int(found[1])
        status = _DSN.match(lines[-1][4:])
        dsn = status[1] if status is not None and status[1][0] == str(code)[0] else ""
        return ServerReply(code, lines, dsn)
