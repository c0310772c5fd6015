"""Extensions that go on through aliases and files (propagate_unmatched_extensions). Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.local_run import Local, copies

ALL = "alias, include, forward"
ALIASES = {
    "one": "two",
    "two": "x@away.test",
    "three+four": "x3@away.test",
    "three": "x4@away.test",
}


def recipients(local: Local, name: str) -> list[str]:
    """Who gets a copy of mail for a name."""
    return [address for _, found in copies(local.deliver(name)) for address in found]


@pytest.mark.parametrize(
    ("name", "propagated", "expected"),
    [
        ("one+A", ALL, ["x+a@away.test"]),
        ("one", ALL, ["x@away.test"]),
        ("one+A", "canonical, virtual", ["x@away.test"]),
        ("one+A", "include", ["x@away.test"]),
        ("three+four", ALL, ["x3@away.test"]),
        ("three+other", ALL, ["x4+other@away.test"]),
    ],
)
def test_through_aliases(place: Path, name: str, propagated: str, expected: list[str]) -> None:
    """An extension that was not part of the name goes on, from alias to alias."""
    local = Local(
        place, ALIASES, recipient_delimiter="+", propagate_unmatched_extensions=propagated
    )
    assert recipients(local, name) == expected


@pytest.mark.parametrize(
    ("propagated", "expected"),
    [("include", ["i+e@away.test"]), ("alias", ["i@away.test"])],
)
def test_through_include_files(place: Path, propagated: str, expected: list[str]) -> None:
    """What an :include: file names has the extension of the alias that names the file."""
    place.chmod(0o711)
    file = place / "members"
    file.write_text("i@away.test\n")
    local = Local(
        place,
        {"team": f":include:{file}"},
        recipient_delimiter="+",
        propagate_unmatched_extensions=propagated,
    )
    assert recipients(local, "team+e") == expected


def test_unknown_users_are_named_without_extension(place: Path) -> None:
    """The text of the notice."""
    local = Local(place, recipient_delimiter="+")
    assert local.said("nosuch+x") == ['nosuch+x: unknown user: "nosuch"']
