"""mailq(1): the queue as a list; sendmail(1) under another name."""

from __future__ import annotations

import sys

from pyfixcli.base.sysexits import EX_TEMPFAIL
from pyfixcli.commands._run import end, run
from pyfixcli.commands.sendmail import main

__all__ = ["entry", "main"]


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, EX_TEMPFAIL))
