"""Odd characters in main.cf, and in what edits it; the values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.edit import SET, edit_main
from pyfixcli.config.load import read_settings
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.registry import open_table

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})


def test_a_line_ends_at_a_null(tmp_path: Path) -> None:
    """The next one is read."""
    (tmp_path / "main.cf").write_text("always_bcc = a\0b\n\0c = d\nrelayhost = x\n")
    settings = read_settings(str(tmp_path / "main.cf"))
    assert settings == {"always_bcc": "a", "relayhost": "x"}


@pytest.mark.parametrize("name", ["\x85", "\xa0", "a\x1cb", "é\u2028"])
def test_only_ascii_blanks_end_a_name(tmp_path: Path, name: str) -> None:
    """Whatever else Unicode has."""
    (tmp_path / "main.cf").write_text(f"{name} = 1\nother = 2\n")
    edit_main(str(tmp_path), SET, [f"{name} = 3"], lambda text: None)
    assert read_settings(str(tmp_path / "main.cf")) == {name: "3", "other": "2"}


@pytest.mark.parametrize("kind", ["lmdb", "hash", "texthash", "regexp", "cidr", "sqlite"])
def test_no_table_has_a_null_in_its_name(kind: str) -> None:
    """It cannot be opened."""
    with pytest.raises(ConfigError):
        open_table(f"{kind}:/a\0b", CONFIG)


def test_a_pattern_ends_at_a_null(tmp_path: Path) -> None:
    """As a line does."""
    (tmp_path / "l").write_text("a\0b\n")
    patterns = MatchList(CONFIG, f"{tmp_path}/l", "mynetworks", BlockingWaiter(lambda *_: None))
    assert drive(patterns.matches_domain("a")) is True
