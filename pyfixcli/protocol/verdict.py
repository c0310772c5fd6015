"""What the engine itself replies to a command."""

from __future__ import annotations

import msgspec

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.events import Note


class Verdict(msgspec.Struct, frozen=True):
    """The engine's own reply. ``drops`` ends the mail transaction, ``is_last`` the session."""

    reply: Reply
    drops: bool = False
    is_last: bool = False
    is_error: bool = True  # a negative reply counts as an error of the client
    notes: tuple[Note, ...] = ()
    rejected: str = ""
    sender: str | None = None


def unsupported(word: str) -> Verdict:
    """A parameter that is not known, or not offered."""
    return Verdict(Reply(555, "5.5.4", f"Unsupported option: {word}"))
