"""Replies of an SMTP server, as a client reads them (RFC 5321 section 4.2, RFC 2034). Sans-IO.

Lines that are no part of a reply are kept with the reply that follows them, as the log and
the sender's report show all that a server said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE = 2048  # octets; the rest of a line is not kept (postconf(5): line_length_limit)
MAX_LINES = 1000
_LINE = re.compile(r"([0-9]{3})(?:([- ])|$)")
_DSN = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


@dataclass(frozen=True, slots=True)
class ServerReply:
    """``lines`` are as they came, without line ends; ``dsn`` is the enhanced status code or empty.

    ``garbage`` are those of the lines that are no SMTP, ``cut`` those that were too long.
    """

    code: int
    lines: tuple[str, ...]
    dsn: str
    garbage: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(self.lines)

    @property
    def kind(self) -> int:
        """The first digit of the code."""
        return self.code // 100

    @property
    def status(self) -> str:
        """The enhanced status code, or a general one of the same kind (RFC 3463)."""
        return self.dsn or (f"{self.kind}.0.0" if self.kind in (2, 4, 5) else "5.5.0")


class ReplyParser:
    """Cuts replies out of octets that come in any pieces. ``is_broken``: a reply has no end."""

    def __init__(self) -> None:
        self.is_broken = False
        self._buffer = b""
        self._is_cut = False
        self._lines: list[str] = []
        self._garbage: list[str] = []
        self._cut: list[str] = []

    def receive(self, data: bytes) -> list[ServerReply]:
        """Whole replies of these octets."""
        *lines, rest = (self._buffer + data).split(b"\n")
        replies = []
        for line in lines:
            reply = self._take_line(line)
            if reply is not None:
                replies.append(reply)
        if len(rest) > 2 * MAX_LINE:
            rest, self._is_cut = rest[:MAX_LINE], True
        self._buffer = rest
        return replies

    def _take_line(self, octets: bytes) -> ServerReply | None:
        octets = octets.rstrip(b"\r")
        line = octets[:MAX_LINE].decode("utf-8", "surrogateescape")
        if self._is_cut or len(octets) > MAX_LINE:
            self._cut.append(line)
            self._is_cut = False
        if len(self._lines) >= MAX_LINES:
            self.is_broken = True
            return None
        self._lines.append(line)
        found = _LINE.match(line)
        if found is None:
            self._garbage.append(line)
            return None
        if found[2] == "-":
            return None
        reply = make_reply(tuple(self._lines), tuple(self._garbage), tuple(self._cut))
        self._lines, self._garbage, self._cut = [], [], []
        return reply


def make_reply(
    lines: tuple[str, ...], garbage: tuple[str, ...] = (), cut: tuple[str, ...] = ()
) -> ServerReply:
    """A reply of these lines; the last one has the code and the enhanced status code."""
    last = lines[-1]
    status = _DSN.match(last, 4)
    dsn = status[1] if status is not None and status[1][0] == last[0] else ""
    return ServerReply(int(last[:3]), lines, dsn, garbage, cut)
