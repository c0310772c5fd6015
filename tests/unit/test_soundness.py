"""Looking at an environment before it is mapped: what cannot be read is a reason, not a bug."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import PyfixError
from pyfixcli.queue.soundness import DAMAGED, look, refuse_damaged


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The file and the system's reason are named."""
    path = tmp_path / "data.mdb"
    path.mkdir()  # which not even root can read
    with pytest.raises(PyfixError) as caught:
        look(str(tmp_path))
    assert str(caught.value) == f"open queue file {path}: Is a directory"
    assert not (tmp_path / DAMAGED).exists()


def test_note_that_cannot_be_read(tmp_path: Path) -> None:
    """Somebody found damage: the environment stays closed."""
    (tmp_path / DAMAGED).mkdir()
    with pytest.raises(PyfixError, match="is damaged, and damaged is unreadable: Is a directory"):
        refuse_damaged(str(tmp_path))


def test_nothing_there(tmp_path: Path) -> None:
    """A queue that is still to be made is sound."""
    look(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
