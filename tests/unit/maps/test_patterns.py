"""regexp: and pcre: tables; values and warnings are the reference's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.maps.pattern_table import PatternTable
from pyfixcli.maps.pcre import PcreTable
from pyfixcli.maps.regexp import RegexpTable

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})
KINDS = {"regexp": RegexpTable, "pcre": PcreTable}


def table_of(kind: str, path: Path, text: str) -> PatternTable:
    """The table of a file with these rules."""
    (path / "t").write_text(text)
    return KINDS[kind](kind, str(path / "t"), CONFIG, True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("rule", "key", "value"),
    [
        ("/one-(.*)-(.*)$/  1=$1 2=$2", "ONE-a-b", "1=a 2=b"),
        ("/brace-(.*)$/  ${1}x$(1)y", "brace-q", "qxqy"),
        ("/dollar-(.*)$/  $$1 costs $$$1", "dollar-5", "$1 costs $5"),
        ("/^alt-(x)|alt-(y)$/  <$1><$2>", "alt-y", "<><y>"),
        ("/^abc$/i  sensitive", "ABC", None),
        ("/^axb$/ii  twice", "aXb", "twice"),
        (r"/a\/b/  slash", "a/b", "slash"),
        ("!/^[^!]*$/  has exclamation", "a!b", "has exclamation"),
        ("! !/a/  twice negated", "a", "twice negated"),
        ("=a/b=  other delimiter", "a/b", "other delimiter"),
        ("/x/  é $$", "x", "é $"),
    ],
)
def test_rules(tmp_path: Path, kind: str, rule: str, key: str, value: str | None) -> None:
    """Both types agree on these."""
    table = table_of(kind, tmp_path, rule + "\n")
    assert (table.get(key), table.warnings) == (value, [])


@pytest.mark.parametrize("kind", KINDS)
def test_if_and_endif(tmp_path: Path, kind: str) -> None:
    """They nest, and can be negated."""
    text = "if /^a/\nif !/z$/\n/b/  inner\nendif\n/c/  outer\nendif\n/d/  last\n"
    table = table_of(kind, tmp_path, text)
    keys = ("ab", "abz", "acz", "c", "xd", "adz")
    assert [table.get(key) for key in keys] == ["inner", None, "outer", None, "last", "last"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_inner_if_takes_the_endif(tmp_path: Path, kind: str) -> None:
    """The outer one is the one that is left open."""
    table = table_of(kind, tmp_path, "if /a/\nif /b/\n/ab/  x\nendif\n/a/ y\n")
    assert table.warnings == [f"{kind} map {tmp_path}/t, line 1: IF has no matching ENDIF"]
    assert [table.get(key) for key in ("ab", "a", "b")] == ["x", "y", None]


@pytest.mark.parametrize(
    ("kind", "rule", "warnings"),
    [
        ("regexp", "/a", ['no closing regexp delimiter "/": skipping this rule']),
        ("pcre", "/a", ['no closing regexp delimiter "/": ignoring this rule']),
        ("regexp", "/a(/ x", [r"Unmatched ( or \("]),
        ("pcre", "/a(/ x", ["error in regex at offset 2: missing closing parenthesis"]),
        ("pcre", "/a/z x", ['unknown regexp option "z": skipping this rule']),
        ("pcre", "/a/ $1", ['out of range replacement index "1": skipping this rule']),
        ("regexp", "/a(b)/ $3", ['out of range replacement index "3": skipping this rule']),
        (
            "pcre",
            "!/(a)/ $1",
            ["$number found in negative match replacement text: skipping this rule"],
        ),
        ("regexp", "word x", ["ignoring unrecognized request"]),
        ("regexp", "if", ["no regexp: skipping this rule"]),
        ("pcre", "endif", ["ignoring ENDIF without matching IF"]),
        (
            "regexp",
            "/a/ $0",
            ['out-of-range replacement index "0"', "bad replacement syntax: skipping this rule"],
        ),
        (
            "pcre",
            "/a/ ${b}",
            ['non-numeric replacement index "b"', "bad replacement syntax: skipping this rule"],
        ),
    ],
)
def test_bad_rules_are_skipped(tmp_path: Path, kind: str, rule: str, warnings: list[str]) -> None:
    """With a warning that names the line; the others count."""
    table = table_of(kind, tmp_path, f"# c\n{rule}\n/good/  yes\n")
    place = f"{kind} map {tmp_path}/t, line 2: "
    assert table.warnings == [place + text for text in warnings]
    assert table.get("good") == "yes"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("result", "text"),
    [("${1", 'truncated macro reference: "${1"'), ("a $ b", 'empty macro name: "a $ b"')],
)
def test_broken_references(tmp_path: Path, kind: str, result: str, text: str) -> None:
    """As the reference says it."""
    table = table_of(kind, tmp_path, f"/a/  {result}\n")
    where = f"{kind} map {tmp_path}/t, line 1: "
    assert table.warnings == [text, where + "bad replacement syntax: skipping this rule"]
    assert table.get("a") is None


@pytest.mark.parametrize("kind", KINDS)
def test_substitution_can_be_refused(tmp_path: Path, kind: str) -> None:
    """Rules without it stay."""
    table = table_of(kind, tmp_path, "if /a/\n/(a)/  $1\n/a/  $$1\nendif\n")
    table.refuse_substitution()
    text = "regular expression substitution is not allowed: skipping this rule"
    assert table.warnings == [f"{kind} map {tmp_path}/t, line 2: {text}"]
    assert table.get("a") == "$1"


def test_patterns_that_only_perl_has(tmp_path: Path) -> None:
    """Lookahead, recursion, names."""
    text = "/^(?=look).*ahead$/  1\n/^(\\((?:[^()]|(?1))*\\))$/  2 $1\n/^(?P<name>nm.)$/  3 $1\n"
    table = table_of("pcre", tmp_path, text)
    assert [table.get(k) for k in ("lookxahead", "(a(b)c)", "(a(b", "nmx")] == [
        "1",
        "2 (a(b)c)",
        None,
        "3 nmx",
    ]


def test_a_dot_matches_a_newline_in_pcre(tmp_path: Path) -> None:
    """Unless /s switches it off."""
    table = table_of("pcre", tmp_path, "/one.two/s no\n/one.two/ yes\n")
    assert table.get("one\ntwo") == "yes"


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_are_about_octets(tmp_path: Path, kind: str) -> None:
    """Whatever the locale and smtputf8_enable."""
    table = table_of(kind, tmp_path, "/(é+)/  <$1>\n/^b.$/  one\n/^b..$/  two\n")
    assert (table.get("aéé"), table.get("bü")) == ("<é>", "two")


@pytest.mark.parametrize("kind", KINDS)
def test_a_directory_is_a_table_without_rules(tmp_path: Path, kind: str) -> None:
    """The reference reads nothing there, and says nothing."""
    table = KINDS[kind](kind, str(tmp_path), CONFIG, True)
    assert (table.get("a"), table.warnings) == (None, [])


@pytest.mark.parametrize(
    ("rule", "key", "value"),
    [
        ("/(a)/!/b/ <$1>", "ac", "<a>"),
        ("/(a)/!/b/ <$1>", "ab", None),
        ("!/a/!/b/ x", "c", "x"),
        ("!/a/!/b/ x", "b", None),
        ("/a/!!/b/ both", "ab", "both"),
        ("/a/!!/b/ both", "a", None),
        ("/a/i!/b/i x", "aB", "x"),
        ("/a/ !/b/ x", "ab", "!/b/ x"),
    ],
)
def test_exceptions_of_regexp_rules(tmp_path: Path, rule: str, key: str, value: str | None) -> None:
    """A second pattern after an exclamation mark says what a rule is not for."""
    table = table_of("regexp", tmp_path, rule + "\n")
    for _ in range(5):  # with guards, too
        assert (table.get(key), table.warnings) == (value, [])


@pytest.mark.parametrize(
    ("rule", "warning"),
    [
        ("/a/!", "no regexp: skipping this rule"),
        ("/a/!/b", 'no closing regexp delimiter "/": skipping this rule'),
        ("/a/!/b/z x", 'unknown regexp option "z": skipping this rule'),
        ("/a/!/(b/ x", r"Unmatched ( or \("),
        ("/a/!/(b)/ $1", 'out of range replacement index "1": skipping this rule'),
    ],
)
def test_bad_exceptions(tmp_path: Path, rule: str, warning: str) -> None:
    """The whole rule is skipped; references are to the first pattern."""
    table = table_of("regexp", tmp_path, rule + "\n")
    assert table.warnings == [f"regexp map {tmp_path}/t, line 1: {warning}"]
    assert table.get("a") is None


@pytest.mark.parametrize("kind", KINDS)
def test_results_that_name_files(tmp_path: Path, kind: str) -> None:
    """Their content in base64, which no reference is looked for in; a rule without files is skipped."""
    (tmp_path / "f").write_text("one\n")
    text = f"/a/ {tmp_path}/f\n/b/ $1\n/c/\n/d/ {tmp_path}\n"
    (tmp_path / "t").write_text(text)
    table = KINDS[kind](kind, str(tmp_path / "t"), CONFIG, True, files=True)
    place = f"{kind} map {tmp_path}/t, line"
    assert table.warnings == [
        f"{place} 2: open $1: No such file or directory: skipping this rule",
        f"{place} 3: no replacement text: using empty string",
        f"{place} 3: empty pathname list: >><<': skipping this rule",
        f"{place} 4: read {tmp_path}: Is a directory: skipping this rule",
    ]
    assert [table.get(key) for key in "abcd"] == ["b25lCg==", None, None, None]
