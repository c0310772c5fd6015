"""newaliases(1): rebuild what alias_database names; sendmail(1) under another name."""

from __future__ import annotations

import os
import sys

from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL
from pyfixcli.commands._run import end, run
from pyfixcli.commands.sendmail import OPTIONS, main

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config

__all__ = ["OPTIONS", "entry", "main", "rebuild"]


def rebuild(config: Config, names: str | None = None) -> int:
    """Run postalias on alias_database, or on ``names`` (sendmail -oA); the exit status."""
    from pyfixcli.commands import postalias
    from pyfixcli.maps.registry import split_names

    databases = split_names(config.alias_database if names is None else names)
    if not databases:
        return EX_OK
    argv = ["postalias", "-c", os.path.abspath(config.config_directory), "--", *databases]
    if os.path.isdir(config.queue_directory):
        os.chdir(config.queue_directory)  # names without a directory are files there
    return run(postalias.main, argv, 1)


def entry() -> None:
    """The installed command."""
    end(run(main, sys.argv, EX_TEMPFAIL))
