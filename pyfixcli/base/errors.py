"""Errors that end a command, each with the exit status that it asks for.

Expected outcomes (a refused recipient, a deferred delivery) are values, never these.
"""

from __future__ import annotations

from pyfixcli.base import sysexits


class PyfixError(Exception):
    """The operator's environment is at fault; the text is what follows ``fatal: ``.

    ``status`` is the exit status; None leaves it to the command, since Postfix's commands
    differ in theirs (sendmail 75, postqueue 69, postsuper 1).
    """

    status: int | None = None
    warnings: tuple[str, ...] = ()  # what a command prints before it
    ending: str = ""  # what it prints after ``fatal: ``, if that is not the text

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        if status is not None:
            self.status = status


class ConfigError(PyfixError):
    """main.cf, master.cf or a table definition cannot be used (postconf(5))."""


class UsageError(PyfixError):
    """The command line is wrong."""


class Unavailable(PyfixError):
    """The service that was asked does not run."""

    status = sysexits.EX_UNAVAILABLE


class TemporaryFailure(PyfixError):
    """Trying again later may help (no room, no answer)."""

    status = sysexits.EX_TEMPFAIL


class SubmissionRefused(TemporaryFailure):
    """A message cannot be taken from this submitter as it is."""
