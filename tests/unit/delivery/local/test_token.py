"""What a text names: aliases(5). Expected values come from the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.delivery.local.token import split_tokens
from tests.support.local_run import Local, copies


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("alice, bob", ["alice", "bob"]),
        ("alice bob", ["alice", "bob"]),
        ("", []),
        (" , ,", []),
        ('"|cmd with words"', ["|cmd with words"]),
        ('|"cmd with words"', ["|cmd with words"]),
        ('|"cmd \\"quoted\\" word", alice', ['|cmd "quoted" word', "alice"]),
        ("|cmd", ["|cmd"]),
        ("/some/file, ~/other", ["/some/file", "~/other"]),
        (":include:/some/file", [":include:/some/file"]),
        (':include:"/some/file name"', [":include:/some/file name"]),
        ('":include:/some/file"', [":include:/some/file"]),
        (":INCLUDE:/some/file, alice", [":INCLUDE:/some/file", "alice"]),
        ("alice (a comment), bob", ["alice", "bob"]),
        ("Alice <alice@else.test>", ["alice@else.test"]),
        ("friends: alice, bob;", ["alice", "bob"]),
        ('"a b"@else.test', ["a b@else.test"]),
        ("\\alice", ["alice"]),
        ("\\\\alice", ["\\alice"]),
    ],
)
def test_split(text: str, tokens: list[str]) -> None:
    assert split_tokens(text) == tokens


def test_lines_that_begin_with_a_hash_are_comments(place: Path) -> None:
    """Only at the very beginning."""
    place.chmod(0o711)
    (place / "list").write_text("# a@else.test\nb@else.test\n\n #c@else.test\n")
    local = Local(place, {"list": f":include:{place}/list"})
    ((_, recipients),) = copies(local.deliver("list"))
    assert recipients == ["b@else.test", "#c@else.test"]


def test_a_home_directory_that_nobody_has(place: Path) -> None:
    """~/ in a system-wide alias."""
    local = Local(place, {"home": "~/file"})
    assert local.said("home") == ["home: mail system configuration error"]
    assert local.warnings == ["unknown home directory for: ~/file"]
