"""What becomes of a message in cleanup, and where its content goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyfixcli.mail.envelope import Envelope
from pyfixcli.mail.recipient import Recipient


class ContentSink(Protocol):
    """Where the content goes."""

    def write(self, data: bytes) -> None:
        """Take octets; OSError when there is no room."""
        ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message may be stored with this envelope.

    ``expanded`` are recipients whose sender is to be told that they stand for several; ``recipient`` is
    the last one that was given, for the log. ``is_passed``: milters do not look at the content (PASS, REDIRECT).
    """

    envelope: Envelope
    expanded: tuple[Recipient, ...] = ()
    recipient: str = ""
    is_passed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The message is refused: exit status for sendmail, enhanced status code, text, and the reply code if one was chosen."""

    status: int
    dsn: str
    text: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Discarded:
    """The message is thrown away, and its sender told that all is well (the DISCARD action)."""


Outcome = Accepted | Refused | Discarded
