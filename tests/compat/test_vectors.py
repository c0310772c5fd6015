"""Conformance vectors, where the directory PYFIX_VECTORS has them (tests/tools/vectors runs any of them)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import addresses_vectors, lists_vectors, macros_vectors, numbers_vectors
from tests.support.bounce_vectors import ADAPTERS
from tests.support.commands_vectors import check_commands
from tests.support.maps_vectors import check_queries
from tests.support.mime_vectors import ADAPTERS as MIME
from tests.support.postconf_vectors import check_case
from tests.support.queuefile_vectors import check_output
from tests.support.rewriting_vectors import ADAPTERS as REWRITING
from tests.support.unicode_vectors import ADAPTERS as UNICODE

VECTORS = Path(os.environ.get("PYFIX_VECTORS", "/nonexistent"))


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("pattern", ADAPTERS)
def test_bounce_vectors(pattern: str) -> None:
    """Notices and templates."""
    files = sorted((VECTORS / "bounce").glob(pattern))
    assert files
    for path in files:
        expected, actual = ADAPTERS[pattern](path)
        assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
def test_command_vectors() -> None:
    """postmap and postalias."""
    expected, actual = check_commands(VECTORS / "commands" / "postmap_postalias.json")
    assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize(
    "name",
    [
        *("cidr", "cidr_file", "miss_endif", "open_and_inline"),
        *("regexp", "regexp_file", "texthash"),
    ],
)
def test_map_vectors(name: str) -> None:
    """Tables through postmap."""
    expected, actual = check_queries(VECTORS / "maps" / f"{name}.json")
    assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
def test_postconf_vectors() -> None:
    """Whole calls of postconf."""
    cases = sorted((VECTORS / "postconf").glob("*/case.json"))
    assert cases
    for path in cases:
        expected, actual = check_case(path)
        assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("name", [*macros_vectors.ADAPTERS, *numbers_vectors.ADAPTERS])
def test_macro_and_number_vectors(name: str) -> None:
    """Expressions of main.cf, and numbers in log lines and queue ids."""
    topic = "macros" if name in macros_vectors.ADAPTERS else "numbers"
    adapters = {**macros_vectors.ADAPTERS, **numbers_vectors.ADAPTERS}
    expected, actual = adapters[name](VECTORS / topic / name)
    assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("name", REWRITING)
def test_rewriting_vectors(name: str) -> None:
    """Forms of addresses, rewriting and tables of addresses."""
    expected, actual = REWRITING[name](VECTORS / "rewriting" / name)
    assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("pattern", MIME)
def test_mime_vectors(pattern: str) -> None:
    """Parts of messages, and tables for headers and body lines."""
    files = sorted((VECTORS / "mime").glob(pattern))
    assert files
    for path in files:
        expected, actual = MIME[pattern](path)
        assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("name", UNICODE)
def test_unicode_vectors(name: str) -> None:
    """Folding of keys, and domains in ASCII."""
    expected, actual = UNICODE[name](VECTORS / "unicode" / name)
    assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("options", ["default", "e", "h", "bh"])
def test_queue_file_vectors(options: str) -> None:
    """What postcat prints."""
    expected, actual = check_output(VECTORS / "queuefile" / "postcat" / f"{options}.expected")
    assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("name", addresses_vectors.ADAPTERS)
def test_address_vectors(name: str) -> None:
    """Names and addresses of hosts."""
    expected, actual = addresses_vectors.ADAPTERS[name](VECTORS / "addresses" / name)
    assert actual == expected


@pytest.mark.skipif(not VECTORS.is_dir(), reason="PYFIX_VECTORS does not name a directory")
@pytest.mark.parametrize("name", lists_vectors.ADAPTERS)
def test_list_vectors(name: str) -> None:
    """Match lists."""
    expected, actual = lists_vectors.ADAPTERS[name](VECTORS / "lists" / name)
    assert actual == expected
