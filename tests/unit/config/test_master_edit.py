"""postconf -M, -F and -P with -e, -# and -X; expected texts were tried on Postfix 3.7.11, save where a test says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import PyfixError
from pyfixcli.config.edit import COMMENT, REMOVE, SET
from pyfixcli.config.master_edit import FIELD, PARAMETER, SERVICES, edit_master
from pyfixcli.config.master_entry import parse_entry

TEXT = """\
# head
smtp inet n - n - - smtpd
  # inner
   -o { a = b c }
   -o x=y -v -o q={z w}
   arg1 {arg two}

pipe unix - n n - - pipe
  flags=F user=bob argv=/bin/x {a b} -o c=d
"""
PIPE = TEXT[TEXT.index("pipe") :]
MULTI = "a inet n - n - - s\nb inet n - n - - s\n# c\nb unix - - n - - s\n"


def edited(
    tmp_path: Path, kind: str, action: str, *words: str, text: str = TEXT
) -> tuple[str, list[str]]:
    """master.cf after an edit, and the warnings."""
    path = tmp_path / "master.cf"
    path.write_text(text)
    warnings: list[str] = []
    edit_master(str(tmp_path), kind, action, words, warnings.append)
    return path.read_text(), warnings


# -- whole entries ---------------------------------------------------------------------------


def test_a_service_is_replaced_in_its_place(tmp_path: Path) -> None:
    """The last request for it counts; comments inside stay."""
    text, _ = edited(
        tmp_path,
        SERVICES,
        SET,
        "smtp/inet=smtp inet n - n - - smtpd -o a=b",
        "smtp/inet = smtp  inet n - n - 10 smtpd -o { c = d e }",
    )
    assert text == (
        "# head\n"
        "smtp       inet  n       -       n       -       10      smtpd\n"
        "    -o {c=d e}\n"
        "  # inner\n\n" + PIPE
    )


def test_a_new_service_comes_last(tmp_path: Path) -> None:
    """Long words push the columns on."""
    text, _ = edited(
        tmp_path, SERVICES, SET, "x/unix=abcdefghijklmnop unix - - n 1000000? 123456789 s"
    )
    assert text == TEXT + ("abcdefghijklmnop unix -  -       n       1000000? 123456789 s\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["*/inet=z inet n - n - - s"], ["z inet n", "b unix -"]),
        (["*/inet=z inet n - n - - s", "b/inet=y inet n - n - - s"], ["z inet n", "y inet n", "b unix -"]),
        (["b/inet=y inet n - n - - s", "*/inet=z inet n - n - - s"], ["z inet n", "y inet n", "b unix -"]),
        (["b/*=y inet n - n - - s", "b/unix=u unix n - n - - s"], ["a inet n", "y inet n", "u unix n"]),
    ],
)  # fmt: skip
def test_each_request_writes_one_entry(
    tmp_path: Path, words: list[str], expected: list[str]
) -> None:
    """Further entries that fit are doubles, and go."""
    text, _ = edited(tmp_path, SERVICES, SET, *words, text=MULTI)
    entries = [" ".join(line.split()[:3]) for line in text.splitlines() if line[0] != "#"]
    assert entries == expected


def test_services_are_commented_out(tmp_path: Path) -> None:
    """With their continuation lines, without their comments."""
    text, _ = edited(tmp_path, SERVICES, COMMENT, "smtp/inet", "nosuch/unix")
    assert text == (
        "# head\n#smtp inet n - n - - smtpd\n  # inner\n#   -o { a = b c }\n"
        "#   -o x=y -v -o q={z w}\n#   arg1 {arg two}\n\n" + PIPE
    )


def test_services_are_removed(tmp_path: Path) -> None:
    """Also such as nobody could read."""
    assert edited(tmp_path, SERVICES, REMOVE, " smtp/*", "pipe/unix") == (
        "# head\n  # inner\n\n",
        [],
    )
    assert edited(tmp_path, SERVICES, REMOVE, "bad/line", text="bad line\n") == ("", [])


# -- fields ----------------------------------------------------------------------------------


def test_a_changed_entry_is_written_anew_behind_its_comments(tmp_path: Path) -> None:
    """What others there are stays as it was."""
    text, _ = edited(tmp_path, FIELD, SET, "smtp/inet/private=y", "smtp/*/wakeup=10?")
    assert text == (
        "# head\n  # inner\n\n"
        "smtp       inet  y       -       n       10?     -       smtpd\n"
        "    -o {a=b c}\n    -o x=y\n    -v\n    -o {q={z w}}\n    arg1 {arg two}\n" + PIPE
    )


def test_a_command_comes_with_its_arguments(tmp_path: Path) -> None:
    """All that was behind the old one goes."""
    text, _ = edited(
        tmp_path, FIELD, SET, "pipe/unix/command=x -o {x = y z} -v foo {bar baz}", text=PIPE
    )
    assert text == (
        "pipe       unix  -       n       n       -       -       x\n"
        "    -o {x=y z}\n    -v foo {bar baz}\n"
    )


def test_an_entry_that_is_not_found_is_named(tmp_path: Path) -> None:
    """The others are edited."""
    text, warnings = edited(
        tmp_path, FIELD, SET, "b/*/private=y", "no/*/private=y", text="b unix - - n - - s\n"
    )
    assert text == "b          unix  y       -       n       -       -       s\n"
    assert warnings == ['unmatched service_name/type: "no/*/private=y"']


def test_a_bad_entry_stops_only_an_edit_of_itself(tmp_path: Path) -> None:
    """The file stays as it is."""
    text = "bad line\nx inet n - q - - s\ny inet n - n - - s\n"
    for word, complaint in (
        ("bad/line/private=y", f"file {tmp_path}/master.cf: line 1: bad field count"),
        ("x/inet/private=y", 'invalid chroot field "q" in "x inet n - q - - s "'),
    ):
        with pytest.raises(PyfixError) as caught:
            edited(tmp_path, FIELD, SET, word, text=text)
        assert str(caught.value) == complaint
        assert (tmp_path / "master.cf").read_text() == text
    after, _ = edited(tmp_path, FIELD, SET, "y/inet/private=y", text=text)
    assert after.startswith("bad line\nx inet n - q - - s\ny          inet  y ")


# -- parameters --------------------------------------------------------------------------------


def test_a_new_parameter_comes_behind_the_options(tmp_path: Path) -> None:
    """Before the first word that is none."""
    text, _ = edited(tmp_path, PARAMETER, SET, "*/*/new=1")
    assert "    -o {q={z w}}\n    -o new=1\n    arg1 {arg two}\n" in text
    assert "pipe\n    -o new=1\n    flags=F user=bob argv=/bin/x {a b} -o c=d\n" in text


def test_every_double_of_a_parameter_changes(tmp_path: Path) -> None:
    """And is removed."""
    text = "s inet n - n - - s -o a=1 -oa=2 {-o} { a = 3 }\n"
    head = "s          inet  n       -       n       -       -       s\n"
    assert edited(tmp_path, PARAMETER, SET, "s/inet/a = 9", text=text) == (
        head + "    -o a=9\n" * 3,
        [],
    )
    assert edited(tmp_path, PARAMETER, REMOVE, "s/inet/a", "s/inet/b", text=text) == (head, [])


def test_a_parameter_behind_the_options_is_none(tmp_path: Path) -> None:
    """It is an argument of the command that pipe(8) runs."""
    text, _ = edited(tmp_path, PARAMETER, REMOVE, "pipe/unix/c", text=PIPE)
    assert text.endswith("{a b} -o c=d\n")


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "action", "word", "complaint"),
    [
        (SERVICES, SET, "smtp/inet=smtp inet n", 'bad field count: "smtp/inet=smtp inet n"'),
        (SERVICES, SET, "smtp/inet=", 'bad field count: "smtp/inet="'),
        (SERVICES, SET, "smtp/inet", "missing '=' after attribute name: \"smtp/inet\""),
        (SERVICES, SET, "", 'missing attribute name: ""'),
        (SERVICES, SET, "smtp=x", "-Me, -MX or -M# requires service_name/type"),
        (SERVICES, REMOVE, "/unix", "-Me, -MX or -M# requires service_name/type"),
        (SERVICES, REMOVE, " ", "-Me, -MX or -M# requires service_name/type"),
        (SERVICES, COMMENT, "b/inet=x", "-X or -# requires names without value"),
        (SERVICES, COMMENT, "#b/inet", "-Me, -Fe, -Pe, -X, or -# accept no comment input"),
        (SERVICES, REMOVE, "a/inet\ny", "-Me, -Fe, -Pe, -X, or -# accept no multi-line input"),
        (SERVICES, SET, "x/b=x b n - n - - s", 'invalid type field "b" in "x b n - n - - s"'),
        (SERVICES, SET, "x/inet=x inet q - n - - s", 'invalid private field "q" in "x inet q - n - - s"'),
        (FIELD, SET, "a/inet=1", "-Fe or -FX requires service_name/type/field_name"),
        (FIELD, SET, "a/*/*=n", "-Fe does not accept wild-card field name"),
        (FIELD, SET, "a/inet/nosuch=n", 'invalid service attribute name: "nosuch"'),
        (FIELD, SET, "a/inet/private=a b", "-Fe does not accept whitespace in non-command field"),
        (FIELD, SET, "a/inet/private=x", 'invalid private field "x" in "x"'),
        (FIELD, SET, "a/inet/wakeup=60?x", 'invalid wakeup field "60?x" in "60?x"'),
        (FIELD, SET, "a/inet/process_limit=-1", 'invalid process_limit field "-1" in "-1"'),
        (FIELD, SET, "a/inet/type=bogus", 'invalid type field "bogus" in "bogus"'),
        (PARAMETER, SET, "a/inet=1", "-Pe or -PX requires service_name/type/parameter"),
        (PARAMETER, SET, "a/inet/=1", "-Pe or -PX requires service_name/type/parameter"),
        (PARAMETER, SET, "a/inet/a/b=1", "-Pe or -PX requires service_name/type/parameter"),
        (PARAMETER, SET, "a/inet/*=v", "-Pe does not accept wild-card parameter name"),
        (PARAMETER, REMOVE, "a/inet/*", "-Pe does not accept wild-card parameter name"),
        (PARAMETER, SET, "a/inet/x=a\tb", "-Pe does not accept whitespace in parameter value"),
    ],
)  # fmt: skip
def test_a_bad_word_is_refused(
    tmp_path: Path, kind: str, action: str, word: str, complaint: str
) -> None:
    """With the words of the reference."""
    with pytest.raises(PyfixError) as caught:
        edited(tmp_path, kind, action, word, text=MULTI)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("a/inet/command=", 'invalid command field "" in ""'),
        ("a/inet/private=", 'invalid private field "" in ""'),
        ("a/inet/service=#x", 'invalid service field "#x" in "#x"'),
        ("a/inet/wakeup=?", 'invalid wakeup field "?" in "?"'),
    ],
)
def test_what_would_spoil_the_file_is_refused(tmp_path: Path, word: str, complaint: str) -> None:
    """The reference crashes for the first, and writes an entry that it cannot read for the others."""
    with pytest.raises(PyfixError) as caught:
        edited(tmp_path, FIELD, SET, word, text=MULTI)
    assert str(caught.value) == complaint


# -- how an entry is written ---------------------------------------------------------------------


def test_long_entries_are_folded() -> None:
    """Below 80 columns, if the words allow it."""
    entry = parse_entry(
        "opt6 unix - - n - - abcdefghijk lmnopqrstuv " + "a" * 76 + " bb " + "c" * 25 + " "
        "ddddddddddddddddddddd eeeeeeeeeeee ff gggggggggggg hhhhhhhh"
    )
    assert entry is not None
    assert entry.format() == [
        "opt6       unix  -       -       n       -       -       abcdefghijk",
        "    lmnopqrstuv",
        "    " + "a" * 76,
        "    bb ccccccccccccccccccccccccc ddddddddddddddddddddd eeeeeeeeeeee ff",
        "    gggggggggggg hhhhhhhh",
    ]


@pytest.mark.parametrize(
    "arguments",
    ["{x y} -o {a = b c} -o", "-v {-v x} {}", "{{a b}} {c d", "-o {{x}=v} {{a}}", "{a} { b }"],
)
def test_braces_keep_their_meaning(arguments: str) -> None:
    """The reference loses some of them: what was one word would be two."""
    entry = parse_entry(f"s inet n - n - - s {arguments}")
    assert entry is not None
    written = entry.format()
    again = parse_entry(" ".join(written))
    assert again is not None
    assert again.format() == written
    assert meanings(entry.words) == meanings(again.words)


def meanings(words: list[str]) -> list[str]:
    """Words without the braces around them."""
    return [word[1:-1].strip() if word.startswith("{") else word for word in words]


@pytest.mark.parametrize("pattern", ["b/fifo", "zzz/unix", "a/inet"])
def test_a_new_entry_takes_the_place_of_one_of_its_name(tmp_path: Path, pattern: str) -> None:
    """Whatever name the request goes by; other entries that fit the request go."""
    made = "b unix - - n - - new"
    text, _ = edited(tmp_path, SERVICES, SET, f"{pattern}={made}", text=MULTI)
    assert text.count("b          unix  -       -       n       -       -       new\n") == 1
    assert ("a inet" in text) == (pattern != "a/inet")
    assert "b inet n - n - - s\n" in text
    assert "b unix - - n - - s" not in text


def test_letters_before_an_o_are_options_of_their_own() -> None:
    entry = parse_entry("s unix - - n - - x -voa=b -vo { c = d } -stuffoe=f rest")
    assert entry is not None
    assert entry.settings() == {"a": "b", "c": "d", "e": "f"}
    assert entry.format()[1:] == [
        "    -o a=b", "    -v", "    -o c=d", "    -stuff", "    -o e=f", "    rest",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("-o {a b}", ["a b"]),
        ("-vo {a b}", ["a b"]),
        ("-vo u3=x -o {a b}", ["a b"]),
        ("-vo {a b} -o{c d} rest -o {e f}", ["a b", "c d"]),
        ("-v {a b} -o {c d}", []),
        ("-o x -o {a = b}", []),
    ],
)
def test_overrides_in_braces_that_set_nothing(options: str, names: list[str]) -> None:
    """The reference names those before the first word that is no option, also where -o follows other letters."""
    warnings: list[str] = []
    parse_entry(f"foo fifo - - n - - smtp {options}", warnings)
    assert warnings == [
        f"master.cf: missing '=' after attribute name: \"{name}\"" for name in names
    ]


@pytest.mark.parametrize(
    ("kind", "action", "word"),
    [
        (SERVICES, SET, "new/unix=new unix - - n - - x"),
        (SERVICES, REMOVE, "a/inet"),
        (FIELD, SET, "a/inet/chroot=y"),
        (PARAMETER, REMOVE, "no/unix/x"),
    ],
)
def test_a_line_without_a_type(tmp_path: Path, kind: str, action: str, word: str) -> None:
    """Nothing is edited where a name could be read in two ways; the reference sometimes counts lines wrongly."""
    text = f"{MULTI}\n# c\nlone\n  unix - - n - - s\n"
    with pytest.raises(PyfixError) as caught:
        edited(tmp_path, kind, action, word, text=text)
    problem = "line 7: specify service name and type on the same line"
    assert str(caught.value) == f"file {tmp_path}/master.cf: {problem}"
    assert (tmp_path / "master.cf").read_text() == text
