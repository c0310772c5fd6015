"""SMTP replies: code, enhanced status code, text (RFC 5321 section 4.2, RFC 3463)."""

from __future__ import annotations

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """A reply as one value.

    ``dsn`` is empty where none is used (greetings, 354). A text with line feeds becomes a
    reply of several lines, each with the code and the ``dsn``. Control characters and
    other line breaks in the text become question marks, so one reply stays one reply.
    """

    code: int
    dsn: str
    text: str

    @property
    def is_positive(self) -> bool:
        """Whether it grants the command (2xx, 3xx)."""
        return self.code < 400

    @property
    def ends_session(self) -> bool:
        """421 and 521 are followed by closing the connection."""
        return self.code in (421, 521)

    def __str__(self) -> str:
        """As the log shows it: ``550 5.1.1 text``."""
        return f"{self.code} {self.dsn} {self.text}" if self.dsn else f"{self.code} {self.text}"

    def octets(self) -> bytes:
        """As it goes over the wire, with CRLF."""
        if "\n" not in self.text:
            return f"{_printable(str(self))}\r\n".encode("utf-8", "surrogateescape")
        lines = self.text.split("\n")
        last = len(lines) - 1
        out = []
        for number, line in enumerate(lines):
            head = f"{self.code}{' ' if number == last else '-'}"
            dsn = f"{self.dsn} " if self.dsn else ""
            out.append(f"{head}{dsn}{_printable(line)}\r\n")
        return "".join(out).encode("utf-8", "surrogateescape")


_CONTROL = {**dict.fromkeys(range(32), "?"), **dict.fromkeys(range(127, 160), "?")}
_CONTROL[9] = "\t"


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_CONTROL)
