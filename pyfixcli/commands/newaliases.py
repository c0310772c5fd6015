"""newaliases(1): rebuild what alias_database names."""

from __future__ import annotations

import sys

from pyfixcli.base.errors import PyfixError, UsageError
from pyfixcli.base.sysexits import EX_OK, EX_TEMPFAIL
from pyfixcli.commands import postalias
from pyfixcli.commands._context import open_config
from pyfixcli.commands._run import getopt, run
from pyfixcli.commands.sendmail import OPTIONS
from pyfixcli.maps.registry import split_names

__all__ = ["OPTIONS", "entry", "main"]


def main(argv: list[str]) -> int:
    """Run newaliases; the options are sendmail's."""
    try:
        found, _ = getopt(argv[1:], OPTIONS)
    except UsageError as error:
        raise PyfixError("usage: newaliases [options]") from error
    config = open_config(dict(found).get("C"))
    names = split_names(config.alias_database)
    if not names:
        return EX_OK
    return run(postalias.main, ["postalias", "-c", config.config_directory, "--", *names], 1)


def entry() -> None:
    """The installed command."""
    sys.exit(run(main, sys.argv, EX_TEMPFAIL))
