"""postmap -N and -n: whether keys in a file end with a null; what was asked for last counts, as in the reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.commands import postmap
from pyfixcli.config.load import load_config
from pyfixcli.config.snapshot import Config

ENDS = {"-N": "null", "-n": "bare", "-N -n": "bare", "-n -N": "null"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration and the source of a table."""
    (tmp_path / "main.cf").write_text("compatibility_level = 3.7\n")
    (tmp_path / "t").write_text("a b\n")
    monkeypatch.setattr("pyfixcli.commands._tables.open_config", _open(str(tmp_path)))
    return tmp_path


def _open(directory: str) -> Callable[[object], Config]:
    return lambda _: load_config(directory)


@pytest.mark.parametrize("made", ENDS)
@pytest.mark.parametrize("asked", ENDS)
def test_the_last_one_counts(
    place: Path, made: str, asked: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """When the table is made, and when it is asked."""
    table = f"lmdb:{place}/t"
    assert postmap.main(["postmap", *made.split(), table]) == 0
    found = postmap.main(["postmap", *asked.split(), "-q", "a", table]) == 0
    assert found == (ENDS[made] == ENDS[asked])
    assert capfd.readouterr().out == ("b\n" if found else "")
