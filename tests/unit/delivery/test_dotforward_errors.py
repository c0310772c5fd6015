"""A .forward file that may be there, though nobody can say so now."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path

import pytest

from pyfixcli.base.privilege import Rights
from pyfixcli.delivery.local import dotforward
from pyfixcli.delivery.local.context import User


def me(home: Path) -> User:
    """This user, at home there."""
    entry = pwd.getpwuid(os.getuid())
    return User(entry.pw_name, Rights(os.getuid() or 65534, os.getgid() or 65534), str(home))


def test_what_is_absent_is_known_to_be(tmp_path: Path) -> None:
    """Neither a missing file nor a name that is too long is a reason to wait."""
    user = me(tmp_path)
    for name in ("absent", "x" * 5000):
        assert dotforward._examine(user, f"{tmp_path}/{name}") is None


def test_a_file_system_that_fails_is_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mail must not go to the mailbox of a user who has it forwarded."""

    def fail(path: str) -> os.stat_result:
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    monkeypatch.setattr(dotforward.os, "lstat", fail)
    with pytest.raises(OSError, match="Input/output error"):
        dotforward._examine(me(tmp_path), str(tmp_path / ".forward"))
