"""What pyfix setup needs is in the package that pip installs, not only in a checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyfixcli.commands._setup import WRAPPER_SOURCE

ROOT = Path(__file__).resolve().parents[3]
BUILD = "import setuptools; setuptools.setup(script_args=['-q', 'build_py', '-d', 'built'])"


def test_an_installed_package_has_the_wrapper_for_setup(tmp_path: Path) -> None:
    """Built from a copy of the tree, the package has the file beside the module that compiles it."""
    pytest.importorskip("setuptools")
    shutil.copytree(ROOT / "pyfixcli", tmp_path / "pyfixcli")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    subprocess.run([sys.executable, "-c", BUILD], cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "built" / WRAPPER_SOURCE.relative_to(ROOT)).is_file()
