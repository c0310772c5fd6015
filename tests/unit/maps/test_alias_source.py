"""Alias files: what postalias stores, and what it warns about.

The expected values are those that Postfix 3.7 stores for the same lines.
"""

from __future__ import annotations

import pytest

from pyfixcli.maps.alias_source import normalise_value, read_aliases


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a b c:d", "a b c:d"),
        ("spaced continuation: first", "spaced continuation:first"),
        ("a,b;c", "a, b;c"),
        ("a\tb,\t c", "a b, c"),
        ("alice,", "alice, "),
        (",,alice,,bob,", ", , alice, , bob, "),
        ('"q q", user@dom.test (c), |cmd arg', '"q q", user@dom.test (c), |cmd arg'),
        ('"|/bin/cat > /dev/null"', '"|/bin/cat > /dev/null"'),
        (r'"|/bin/echo \"a b\" $HOME", alice', r'"|/bin/echo \"a b\" $HOME", alice'),
        (":include:/x/y , /f", ":include:/x/y, /f"),
        ('Full Name <erin@example.test>, "bob"', 'Full Name <erin@example.test>, "bob"'),
        ("friends: alice, bob;", "friends:alice, bob;"),
    ],
)
def test_a_value_keeps_its_tokens(text: str, value: str) -> None:
    """With one blank where there were some, and one after each comma."""
    assert normalise_value(text) == value


def test_lines_that_are_passed_over() -> None:
    """Each with a warning that names the last line of what is wrong."""
    warnings: list[str] = []
    lines = ["  indented: a\n", "nocolon\n", "empty:\n", "u@d.test: a\n", "good: a,\n", " b\n"]
    assert list(read_aliases(lines, "f", warnings)) == [("good", "a, b")]
    assert warnings == [
        'f: logical line must not start with whitespace: "  indented: a"',
        "f, line 2: need name:value pair",
        "f, line 3: need name:value pair",
        "f, line 4: name must be local",
    ]
