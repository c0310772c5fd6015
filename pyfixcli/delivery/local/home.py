"""Home directories that are not there yet, with those of users on a file server in mind (postconf(5) require_home_directory)."""

from __future__ import annotations

import os

from pyfixcli.base.privilege import RightsRefused, acting_as
from pyfixcli.delivery.agent import deferred
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.context import User


def waits_for_home(attempt: Attempt, target: Target) -> bool:
    """Whether mail for a user waits, and was reported so; it matters what is there, not of what kind."""
    if not attempt.config.require_home_directory:
        return False
    name, _ = target.names(attempt.config)
    user = attempt.find_user(name)
    problem = _problem(user) if user is not None else ""
    if not problem:
        return False
    attempt.report(target, deferred("4.3.0", f"cannot access home directory {problem}"))
    return True


def _problem(user: User) -> str:
    """Why the user's home cannot be looked at, as the user; empty when it can."""
    try:
        with acting_as(user.rights, may_be_root=True):
            os.stat(user.home)
    except OSError as error:
        return f"{user.home}: {error.strerror}"
    except RightsRefused:
        return ""  # the delivery itself will say so
    return ""
