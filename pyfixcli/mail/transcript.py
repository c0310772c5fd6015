"""What both sides said in an SMTP session, for a notice to the postmaster (postconf(5) notify_classes).

Message content is no part of it. Lines are kept as octets until a notice is made: most sessions give none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyfixcli.mail.folding import wrap
from pyfixcli.mail.notify_class import NotifyClass

IN = " In:  "
OUT = " Out: "
INDENT = "     "
MAX_LINES = 5000  # more is not kept: a client can send commands (BDAT) for hours


class Transcript:
    """Collects the lines of one session, and the classes of what went wrong in it."""

    __slots__ = ("_lines", "count", "errors")

    def __init__(self) -> None:
        self._lines: list[tuple[str, bytes]] = []
        self.count = 0
        self.errors = NotifyClass.NONE

    def hear(self, octets: bytes) -> None:
        """The peer said this: a line, or several with their ends."""
        self._note(IN, octets)

    def say(self, octets: bytes) -> None:
        """We said this."""
        self._note(OUT, octets)

    def _note(self, label: str, octets: bytes) -> None:
        if octets and self.count < MAX_LINES:
            self._lines.append((label, octets))
            self.count += octets.count(b"\n", 0, -1) + 1

    def clear(self) -> None:
        """Begin anew."""
        self._lines = []
        self.count = 0
        self.errors = NotifyClass.NONE

    def lines(self, show: Callable[[str], str]) -> Iterator[str]:
        """The lines as a notice shows them; ``show`` makes text printable."""
        for label, octets in self._lines:
            text = octets.decode("utf-8", "surrogateescape")
            for line in text.removesuffix("\n").removesuffix("\r").split("\n"):
                yield wrap(show(line.removesuffix("\r")), INDENT, label)
