"""Where a user's own instance lies, and what is said when there is no place for it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.locate import own_directory, own_state_directory
from pyfixcli.config.own_instance import create_own_instance


def test_without_home_the_account_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services run without HOME: not beneath the root directory."""
    home = pwd.getpwuid(os.geteuid()).pw_dir
    assert own_directory({}) == f"{home}/.config/pyfix"
    assert own_state_directory({}) == f"{home}/.local/state/pyfix"
    assert own_directory({"HOME": "/somewhere"}) == "/somewhere/.config/pyfix"
    assert own_directory({"HOME": "/x", "XDG_CONFIG_HOME": "/there"}) == "/there/pyfix"


def test_no_place_is_an_error_of_the_environment(tmp_path: Path) -> None:
    """It says which path and what to do; it was a traceback."""
    (tmp_path / "file").write_text("")
    directory = str(tmp_path / "file" / "pyfix")
    with pytest.raises(ConfigError, match="Not a directory: set HOME"):
        create_own_instance(directory, str(tmp_path / "state"))


def test_a_uid_without_account_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As containers have them."""
    monkeypatch.setattr(os, "geteuid", lambda: 4242424242 % 2**31)
    with pytest.raises(ConfigError, match="uid not found"):
        create_own_instance(str(tmp_path / "etc"), str(tmp_path / "state"))
