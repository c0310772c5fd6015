"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import system
from tests.support.instance import Instance


@pytest.fixture
def place() -> Iterator[Path]:
    """A short-named directory (socket paths are limited to 107 octets)."""
    directory = Path(tempfile.mkdtemp(prefix="pf"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def make_instance(place: Path) -> Iterator[Callable[[str], Instance]]:
    """Makes an instance with more main.cf lines; it is stopped afterwards."""
    made: list[Instance] = []

    def make(settings: str = "") -> Instance:
        instance = Instance(place / f"i{len(made)}", settings)
        made.append(instance)
        return instance

    yield make
    for instance in made:
        instance.stop()


@pytest.fixture(scope="session")
def installed() -> Iterator[Path]:
    """The commands of a system installation; its directory has room for instances."""
    if reason := system.missing():
        pytest.skip(reason)
    directory = system.PLACE / f"pf{os.getpid()}"
    yield system.install(directory)
    shutil.rmtree(directory)


@pytest.fixture
def make_system(installed: Path) -> Iterator[Callable[[str], system.SystemInstance]]:
    """Makes an instance of the system installation with more main.cf lines; it is stopped afterwards."""
    place = Path(tempfile.mkdtemp(prefix="i", dir=installed.parent))
    place.chmod(0o755)
    made: list[system.SystemInstance] = []

    def make(settings: str = "") -> system.SystemInstance:
        made.append(system.SystemInstance(place / str(len(made)), installed, settings))
        return made[-1]

    yield make
    for instance in made:
        instance.stop()
    shutil.rmtree(place)
