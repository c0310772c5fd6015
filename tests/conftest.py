"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
