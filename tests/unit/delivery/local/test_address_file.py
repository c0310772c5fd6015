"""Files of users that name addresses: judged when they are open, and read in pieces."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from pyfixcli.base.privilege import Rights
from pyfixcli.delivery.local.address_file import (
    LARGEST,
    UnusableFile,
    open_addresses,
    read_lines,
)

RIGHTS = Rights(os.getuid() or 65534, os.getgid() or 65534)


@pytest.fixture
def file(place: Path) -> Path:
    """One that another user can read."""
    place.chmod(0o755)
    path = place / "list"
    path.write_text("a\nb\n")
    return path


def test_what_is_open_is_judged(file: Path) -> None:
    """Not what lay at the path before."""
    with pytest.raises(UnusableFile, match="^bad owner$"):
        open_addresses(str(file), RIGHTS, lambda opened: "bad owner")


def test_a_link_is_not_followed_when_it_must_not_be(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    with pytest.raises(UnusableFile, match="cannot open file"):
        open_addresses(str(link), RIGHTS, lambda opened: "", os.O_NOFOLLOW)


def test_a_file_without_an_end_is_not_read(file: Path) -> None:
    """A sparse file costs its owner nothing."""
    os.truncate(file, LARGEST + 1)
    with pytest.raises(UnusableFile, match="is larger than"):
        open_addresses(str(file), RIGHTS, lambda opened: "")


def test_long_lines_come_in_pieces() -> None:
    """As long as line_length_limit."""
    assert list(read_lines(io.StringIO("abcde\nf\n"), 3)) == ["abc", "de\n", "f\n"]
