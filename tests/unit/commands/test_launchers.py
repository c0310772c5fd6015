"""bin/NAME: a directory as standard input, with which no interpreter starts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.instance import BIN


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["sendmail", "alice"], 75, "sendmail: fatal: "),
        (["postmap", "-q", "-", "static:x"], 1, ""),
        (["postconf", "-h", "no_such"], 0, "postconf: warning: no_such: unknown parameter\n"),
    ],
)
def test_a_directory_as_input(tmp_path: Path, words: list[str], status: int, text: str) -> None:
    """Is an input that sendmail cannot read, and none for all others."""
    (tmp_path / "main.cf").write_text(
        f"maillog_file = {tmp_path}/maillog\nmaillog_file_prefixes = {tmp_path}\n"
    )
    (tmp_path / "master.cf").touch()
    place = os.open(tmp_path, os.O_RDONLY)
    try:
        done = subprocess.run(
            [BIN / words[0], *words[1:]],
            stdin=place,
            capture_output=True,
            text=True,
            env={"PATH": os.defpath, "MAIL_CONFIG": str(tmp_path)},
        )
    finally:
        os.close(place)
    assert done.returncode == status, done.stderr
    assert text in done.stderr
