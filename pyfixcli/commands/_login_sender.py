"""local_login_sender_maps where no daemon is there to look: sendmail and postdrop ask for their own user."""

from __future__ import annotations

import os

from pyfixcli.base.errors import PyfixError
from pyfixcli.base.sysexits import EX_TEMPFAIL
from pyfixcli.mail import submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


def refuse_own_sender(config: Config, items: list[tuple[str, str]]) -> str:
    """Why this user may not submit an envelope with this sender, or empty; PyfixError when a table cannot tell.

    What this lets pass is looked at again by pickup, which the user cannot change.
    """
    from pyfixcli.access.login_senders import EVERYBODY, refuse_sender

    if config.local_login_sender_maps == EVERYBODY:
        return ""
    from pyfixcli.cleanup.sender import parse_sender
    from pyfixcli.ipc.driver import drive
    from pyfixcli.maps.lookup import BlockingWaiter
    from pyfixcli.maps.table import TableFailure

    sender, _ = parse_sender(dict(items).get("sender", ""))
    try:
        return drive(refuse_sender(config, os.getuid(), sender, BlockingWaiter()))
    except TableFailure as error:
        raise PyfixError(str(error), EX_TEMPFAIL) from error


def sent_items(sent: bytes) -> list[tuple[str, str]]:
    """The envelope at the beginning of a stream of frames."""
    frames = submission.FrameReader()
    frames.receive(sent)
    found = frames.next_frame()
    return submission.unpack_envelope(found[1]) if found is not None else []
