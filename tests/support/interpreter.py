"""The interpreter for the scripts beneath tests/tools and tests/bench: that of .venv, which has the packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parents[2] / ".venv"


def use_environment() -> None:
    """Begin the script again with the interpreter of .venv, if there is one and another one runs it."""
    python = ENVIRONMENT / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        os.execv(python, [str(python), *sys.argv])
