"""S11 and S42: what no file of the product may contain, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import ROOT

FILES = sorted((ROOT / "pyfixcli").rglob("*.py"))
MODULES = frozenset(("pickle", "cPickle", "marshal", "shelve", "dill", "yaml", "jsonpickle"))
NAMES = frozenset(("eval", "exec", "compile", "execfile"))
SHELLS = frozenset(("system", "popen", "getoutput", "getstatusoutput"))

# Where str.split() without an argument, isspace() and so on would be no matter: text of the operator.
UNICODE_BREAKS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every file."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            yield path, node


def where(found: list[tuple[Path, ast.AST]]) -> list[str]:
    """File and line of what was found."""
    return [f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}" for path, node in found]


def test_s11_nothing_splits_at_unicode_line_breaks() -> None:
    """str.splitlines is not even mentioned, however it would be called."""
    found = [
        (path, node)
        for path, node in nodes()
        if (isinstance(node, ast.Attribute) and node.attr == "splitlines")
        or (isinstance(node, ast.Constant) and node.value == "splitlines")
    ]
    assert where(found) == []


def test_s11_files_are_read_with_one_kind_of_line_end() -> None:
    """Text of a peer or a table is never opened with universal newlines turned on by hand."""
    found = [
        (path, node)
        for path, node in nodes()
        if isinstance(node, ast.keyword)
        and node.arg == "newline"
        and isinstance(node.value, ast.Constant)
        and node.value.value not in ("\n", "")
    ]
    assert where(found) == []


@pytest.mark.parametrize("character", UNICODE_BREAKS)
def test_s11_protocol_text_is_cut_at_line_feeds_only(character: str) -> None:
    """The envelope of a submission and a table source keep such characters inside a line."""
    from pyfixcli.mail import submission
    from pyfixcli.maps.source import read_pairs

    items = [("full_name", f"a{character}recipient=x")]
    assert submission.unpack_envelope(submission.pack_envelope(items)) == items
    warnings: list[str] = []
    pairs = list(read_pairs([f"key a{character}b c\n"], "t", warnings))
    assert len(pairs) == 1 and pairs[0][0] == "key"


def test_s42_nothing_deserialises_code() -> None:
    """No module that can run what it reads."""
    found = []
    for path, node in nodes():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        if any(name.partition(".")[0] in MODULES for name in names):
            found.append((path, node))
    assert where(found) == []


def test_s42_nothing_evaluates_text() -> None:
    """Nor asks for one of these by another name."""
    found = [(p, n) for p, n in nodes() if isinstance(n, ast.Name) and n.id in NAMES]
    assert where(found) == []


def test_s7_nothing_starts_a_shell_by_itself() -> None:
    """No os.system and the like, no shell=True."""
    found = []
    for path, node in nodes():
        if isinstance(node, ast.Attribute) and node.attr in SHELLS:
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            found += [(path, node)] if owner in ("os", "subprocess", "posix") else []
        if isinstance(node, ast.keyword) and node.arg == "shell":
            found.append((path, node))
    assert where(found) == []
