"""postalias(1): making and querying alias tables."""

from __future__ import annotations

import sys

from pyfixcli.base.errors import PyfixError
from pyfixcli.commands._run import end, run
from pyfixcli.commands._tables import SHARED_OPTIONS, Invocation, execute

__all__ = ["OPTIONS", "entry", "main"]

OPTIONS = SHARED_OPTIONS
USAGE = "usage: postalias [-Nfinoprsuvw] [-c config_dir] [-d key] [-q key] [map_type:]file..."


def main(argv: list[str]) -> int:
    """Run postalias."""
    call = Invocation(argv, OPTIONS, USAGE, aliases=True)
    if not call.operands and "s" not in call.letters:
        raise PyfixError(USAGE)
    return execute(call)


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, 1))
