"""A delivery that an agent is at."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.qmgr.entry import Entry
from pyfixcli.qmgr.message import Message


@dataclass(slots=True)
class Run:
    """``has_landed``: it counts against no limit any more, and only its results are still to come."""

    message: Message
    entry: Entry
    has_landed: bool = False
