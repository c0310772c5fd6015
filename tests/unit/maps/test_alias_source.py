"""Alias files: what postalias stores, and what it warns about.

The expected values are those that Postfix 3.7 stores for the same lines.
"""

from __future__ import annotations

import pytest

from pyfixcli.maps.alias_source import read_aliases


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
        (r"b \ ", 'b " "'),
        (r'"a\	b" \u1', '"a b" "u1"'),
        (r'"|cmd \$x"', '"|cmd $x"'),
        ('a |"b" "|c" | d x| "e"', 'a|"b" "|c"|d x|"e"'),
        (r"a (c \) d) e", r"a (c \) d) e"),
        ("a\x7fb", '"a\x7fb"'),
        ("é", "é"),
    ],
)
def test_a_value_keeps_its_tokens(text: str, value: str) -> None:
    """With one blank where there were some, and one after each comma."""
    assert list(read_aliases([f"name: {text}\n"], "f", [])) == [("name", value)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"q1" q2', "q1 q2"),
        ("r4 . r5", "r4.r5"),
        ("(c)r7", "(c) r7"),
        ("r8<r9>", "r8 <r9>"),
        ('t6 "t7"t8', "t6 t7 t8"),
        (r"u5\:u6", "u5:u6"),
        ('"v2@x"', "v2@x"),
        ('""', ""),
    ],
)
def test_a_name_keeps_its_tokens(text: str, name: str) -> None:
    """Without quotes."""
    assert list(read_aliases([f"{text}: a\n"], "f", [])) == [(name, "a")]


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


@pytest.mark.parametrize(("text", "value"), [("b\\", "b"), ("b \\", "b "), ("b\\ ", '"b "')])
def test_a_backslash_at_the_end(text: str, value: str) -> None:
    """It quotes nothing, so nothing has to be put between quotes for it."""
    assert list(read_aliases([f"a: {text}\n"], "t", [])) == [("a", value)]
