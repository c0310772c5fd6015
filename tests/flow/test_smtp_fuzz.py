"""A short run of the SMTP fuzzer; ``tests/tools/fuzz_smtp --minutes 20`` is the long one."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.instance import ROOT

MINUTES = os.environ.get("PYFIX_FUZZ_MINUTES", "0.1")


def test_random_sessions_break_nothing() -> None:
    """No hang, no growth, no panic, and what was answered with 250 arrives exactly once."""
    tool = [sys.executable, str(ROOT / "tests/tools/fuzz_smtp"), "--minutes", MINUTES]
    done = subprocess.run(tool, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
