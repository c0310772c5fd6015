"""The replies to a message that cleanup or the store did not take."""

from __future__ import annotations

from types import MappingProxyType

from pyfixcli.access.session_needs import Outcome
from pyfixcli.mail.reply import Reply

NO_ROOM = Reply(452, "4.3.1", "Insufficient system storage")
WRITE_ERROR = Reply(451, "4.3.0", "Error: queue file write error")
TOO_BIG = Reply(552, "5.3.4", "Error: message file too big")
# What cleanup and the store say of a message, by enhanced code.
FAILURES = MappingProxyType(
    {
        "4.3.0": WRITE_ERROR,
        "4.3.1": NO_ROOM,
        "5.3.4": TOO_BIG,
        "5.4.0": Reply(554, "5.4.0", "Error: too many hops"),
    }
)


def failure_reply(outcome: Outcome) -> Reply:
    """The reply for a message that was not taken."""
    if outcome.code:
        return Reply(outcome.code, outcome.dsn, outcome.text)
    known = FAILURES.get(outcome.dsn)
    if known is not None:
        return known
    return Reply(550 if outcome.dsn.startswith("5") else 451, outcome.dsn, outcome.text)
