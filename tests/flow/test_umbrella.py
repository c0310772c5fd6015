"""pyfix up, down and status by somebody whose mail system it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.instance import Instance
from tests.support.system import USER, SystemInstance


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_of_the_system_as_user(make_system: Callable[..., SystemInstance], command: str) -> None:
    """It is said that they may not, not that nothing runs; and it goes on to run."""
    instance = make_system()
    instance.start()
    done = instance.run("pyfix", command, user=USER)
    assert done.returncode == 1
    assert (
        done.stderr == b"pyfix: fatal: only the superuser, or whose instance it is, may do this\n"
    )
    assert instance.run("pyfix", "status").returncode == 0


def test_of_the_own_instance(tmp_path: Path) -> None:
    """Up, seen, down, and not there any more."""
    instance = Instance(tmp_path)
    statuses = [
        instance.run("pyfix", command).returncode for command in ("up", "status", "down", "status")
    ]
    assert statuses == [0, 0, 0, 1]
