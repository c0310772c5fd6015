"""postqueue without a daemon. Texts are the reference's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.instance import BIN


def test_flush_domains_that_cannot_be_read(place: Path) -> None:
    """A site is not flushed when nobody can tell whether it may be."""
    (place / "main.cf").write_text(f"fast_flush_domains = fail:x\nqueue_directory = {place}\n")
    (place / "master.cf").write_text("")
    command = [str(BIN / "postqueue"), "-c", str(place), "-s", "far.test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 69
    assert done.stderr == (
        "postqueue: warning: fast_flush_domains: fail:x: table lookup problem\n"
        "postqueue: fatal: Cannot flush mail queue - mail system is down\n"
    )
