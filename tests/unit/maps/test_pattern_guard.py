"""Guards of pattern tables: with them every table says what it says without."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.pattern_table import PatternTable
from pyfixcli.maps.pcre import PcreTable
from pyfixcli.maps.regexp import RegexpTable

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})

WORDS = ("a", "b", "ab", "ba", ".", "x", "é", "A")
COMMON = (
    "a",
    "b",
    "ab",
    ".",
    "^",
    "$",
    "a*",
    "b+",
    "(a)",
    "(a|b)",
    "|",
    "[ab]",
    "^a",
    "b$",
    "é",
    "()",
)
PERL = (
    *COMMON,
    r"\1",
    r"(?i)",
    r"(?-i:a)",
    r"(?=b)",
    r"\d",
    r"(?P<n>a)",
    r"(?|(a)|(b))",
    r"\Q.\E",
    "a#",
)
POSIX = (*COMMON, r"\1", r"\<", r"\b", "{", ")", "*a", "[[:alpha:]]", "a{2}", "^*")
SUBJECTS = st.lists(st.sampled_from((*WORDS, "1", "\n", "#", "")), max_size=6).map("".join)


def _rules(pieces: tuple[str, ...], flags: str) -> st.SearchStrategy[list[str]]:
    pattern = st.lists(st.sampled_from(pieces), min_size=1, max_size=4).map("".join)
    shown = st.tuples(st.sampled_from(("", "", "", "!")), pattern, st.sampled_from(("", *flags)))
    return st.lists(
        st.one_of(
            shown.map(lambda rule: "{}/{}/{} RESULT".format(*rule)),
            shown.map(lambda rule: "if {}/{}/{}".format(*rule)),
            st.just("endif"),
        ),
        min_size=3,
        max_size=14,
    )


def _table(kind: type[PatternTable], rules: list[str], is_guarded: bool) -> PatternTable:
    numbered = [rule.replace("RESULT", str(n)) for n, rule in enumerate(rules)]
    text = ", ".join(f"{{ {rule} }}" for rule in numbered if rule.count("{") == rule.count("}"))
    table = kind("t", f"{{ {text or '{/a/ b}'} }}", CONFIG, True)
    table._until_guarded = 1 if is_guarded else 0
    return table


def _assert_agreement(kind: type[PatternTable], rules: list[str], subjects: list[str]) -> None:
    plain, guarded = (_table(kind, rules, is_guarded) for is_guarded in (False, True))
    for subject in subjects:
        assert guarded.get(subject) == plain.get(subject)
        assert guarded.take_warnings() == plain.take_warnings()


@settings(max_examples=400, deadline=None)
@given(_rules(PERL, "imsxAEU"), st.lists(SUBJECTS, min_size=4, max_size=8))
def test_perl_tables(rules: list[str], subjects: list[str]) -> None:
    """Patterns of libpcre2."""
    _assert_agreement(PcreTable, rules, subjects)


@settings(max_examples=400, deadline=None)
@given(_rules(POSIX, "imx"), st.lists(SUBJECTS, min_size=4, max_size=8))
def test_posix_tables(rules: list[str], subjects: list[str]) -> None:
    """Patterns of the C library."""
    _assert_agreement(RegexpTable, rules, subjects)


def test_many_rules_are_passed_over_at_once() -> None:
    """The one that cannot be a part of others, and what is around it."""
    rules = [f"/word{n}x/ {n}" for n in range(20)]
    rules[10] = r"/(wo)\1x/ ten"
    table = _table(PcreTable, rules, True)
    assert table.get("nothing") is None
    assert {place: guard.end for place, guard in table._guards.items()} == {0: 10, 11: 20}
    assert [table.get(key) for key in ("word3x", "wowox", "word19x")] == ["3", "ten", "19"]


def test_limits_count_as_without_a_guard() -> None:
    """A rule that goes beyond does not match, with its warning."""
    rules = ["/^(a+)+$/ slow", "/nosuch/ x", "/neither/ y", "/b$/ next"]
    _assert_agreement(PcreTable, rules, ["a" * 40 + "b", "a" * 40 + "c"])
