"""The environment as locate reads it: the same texts as os.environ has."""

from __future__ import annotations

import subprocess
import sys

from tests.support.instance import ROOT

CODE = """
import sys
sys.path[:0] = sys.argv[1:]
from pyfixcli.config.locate import environment
found = environment()
import os
print(found == dict(os.environ), ascii(found["NAME"]))
"""


def test_the_environment_is_that_of_os() -> None:
    """Octets that are no text are kept."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CODE, str(ROOT)],
        env={b"NAME": b"J\xc3\xb6rg \xff", b"\xe9": b"", b"EMPTY": b""},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "True 'J\\xf6rg \\udcff'\n", done.stderr
