"""Entries of master.cf with braces that are not as they should be; the texts are the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.config.master_entry import parse_entry

NO_NAME = 'missing attribute name: "{}"'
NO_EQUALS = "missing '=' after attribute name: \"{}\""
NO_END = "missing '}}' in \"{}\""
AFTER_END = "syntax error after '}}' in \"{}\""


@pytest.mark.parametrize(
    ("written", "shown", "settings", "problems"),
    [
        ("-o { u = x { $(a) { }", "-o {u=x { $(a) { }}", {"u": "x { $(a) { }"},
         [NO_END.format("{ u = x { $(a) { }")]),
        ("-o { u = x {", "-o {u=x {}", {"u": "x {"}, [NO_END.format("{ u = x {")]),
        ("-o { { u = x", "-o {{ u = x}", {},
         [NO_END.format("{ { u = x"), NO_EQUALS.format("{ u = x")]),
        ("-o {u=x}y", "-o u=x", {"u": "x"}, [AFTER_END.format("{u=x}y")]),
        ("-o{u=c d", "-o {u=c d}", {"u": "c d"}, [NO_END.format("{u=c d")]),
        ("-vo{u=c}d", "-v -o u=c", {"u": "c"}, [AFTER_END.format("{u=c}d")]),
        ("-o {a b = c}", "-o {a b = c}", {}, [NO_EQUALS.format("a b = c")]),
        ("-o { = c}", "-o {= c}", {}, [NO_NAME.format("= c")]),
        ("-o {}", "-o {}", {}, [NO_NAME.format("")]),
        ("-o =x", "-o =x", {}, []),
        ("{-o} u=x", "-o u=x", {"u": "x"}, []),
        ("{-ou=x y}", "-ou=x y", {}, []),
        ("{-vo u=x} {-v {", "-vo u=x -v {", {}, [NO_END.format("{-v {")]),
        ("x {a b", "x {a b}", {}, [NO_END.format("{a b")]),
    ],
)  # fmt: skip
def test_braces_of_arguments(
    written: str, shown: str, settings: dict[str, str], problems: list[str]
) -> None:
    """How an entry is shown, what it sets, and what is said of it."""
    warnings: list[str] = []
    entry = parse_entry(f"a unix - - n - - smtp {written}", warnings)
    assert entry is not None
    assert entry.settings() == settings
    assert warnings == [f"master.cf: {problem}" for problem in problems]
    entry.show_bare()
    words = [word.strip() for word in entry.format_command()]
    assert " ".join(words) == f"smtp {shown}"


def test_options_in_braces_are_written_as_they_were() -> None:
    """An entry that is edited keeps the braces without which an option would be two words."""
    entry = parse_entry("a unix - - n - - smtp {-v a} {x y}")
    assert entry is not None
    assert entry.format_command() == ["smtp {-v a} {x y}"]
