"""postconf -e, -# and -X on main.cf; expected texts were tried on Postfix 3.7.11, save where a test says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import PyfixError
from pyfixcli.config.edit import COMMENT, REMOVE, SET, edit_main

TEXT = """\
  leading = x
# c
relayhost = a.test
nonsense line
 cont
= novalue
two words = x
biff = no
 # inner comment
   more
# end
"""


def edited(tmp_path: Path, action: str, *words: str, text: str = TEXT) -> tuple[str, list[str]]:
    """main.cf after an edit, and the warnings."""
    path = tmp_path / "main.cf"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    warnings: list[str] = []
    edit_main(str(tmp_path), action, words, warnings.append)
    return path.read_bytes().decode("utf-8", "surrogateescape"), warnings


def test_a_new_value_replaces_the_continuation_lines_and_keeps_comments(tmp_path: Path) -> None:
    """The comment inside the entry stays where it was."""
    expected = TEXT.replace("biff = no", "biff = yes").replace("   more\n", "")
    assert edited(tmp_path, SET, "biff=yes") == (expected, [])


def test_a_new_name_comes_last(tmp_path: Path) -> None:
    """Several come in the order of the command line (in the reference in none)."""
    text, _ = edited(tmp_path, SET, "new_b = 1", "new_a=2")
    assert text == TEXT + "new_b = 1\nnew_a = 2\n"


def test_an_empty_value_is_written_with_a_blank(tmp_path: Path) -> None:
    """As the reference does."""
    assert edited(tmp_path, SET, "a =  ", text="a = b\n") == ("a = \n", [])


def test_a_comment_as_value_is_a_value(tmp_path: Path) -> None:
    """A # begins a comment only at the start of a line."""
    assert edited(tmp_path, SET, "biff= #x", text="") == ("biff = #x\n", [])


def test_the_last_request_for_a_name_counts(tmp_path: Path) -> None:
    """The other one is named in a warning."""
    text, warnings = edited(tmp_path, SET, "a=1", "a=2", text="")
    assert (text, warnings) == ("a = 2\n", ["ignoring earlier request: 'a = 1'"])


@pytest.mark.parametrize(
    ("action", "word", "expected"),
    [
        (SET, "a=3", "a = 3\na = 3\na = 3\n"),
        (COMMENT, "a", "#a = 1\n#a=2\n#a\n"),
        (REMOVE, "a", ""),
    ],
)
def test_every_entry_of_a_name_is_edited(
    tmp_path: Path, action: str, word: str, expected: str
) -> None:
    """One warning, however many there are."""
    text, warnings = edited(tmp_path, action, word, text="a = 1\na=2\na\n")
    assert text == expected
    assert warnings == [f'{tmp_path}/main.cf: multiple entries for "a"']


def test_commenting_out_marks_the_continuation_lines_too(tmp_path: Path) -> None:
    """But no comments."""
    expected = TEXT.replace("relayhost", "#relayhost").replace("biff", "#biff")
    expected = expected.replace("   more", "#   more")
    assert edited(tmp_path, COMMENT, "biff", "relayhost") == (expected, [])


def test_removing_leaves_comments(tmp_path: Path) -> None:
    """A name given twice is no reason to crash, as the reference does."""
    expected = TEXT.replace("biff = no\n", "").replace("   more\n", "")
    assert edited(tmp_path, REMOVE, "biff", "biff") == (expected, [])


@pytest.mark.parametrize("name", ["leading", "two words", " biff ", "biff relayhost", "unknown"])
def test_what_is_no_name_of_an_entry_changes_nothing(tmp_path: Path, name: str) -> None:
    """Continuation lines before the first entry have no name; names are compared as they are given."""
    assert edited(tmp_path, REMOVE, name) == (TEXT, [])


def test_a_line_that_is_no_assignment_goes_by_its_first_word(tmp_path: Path) -> None:
    """So -X can mend a main.cf that nothing can read."""
    text, _ = edited(tmp_path, REMOVE, "nonsense")
    assert text == TEXT.replace("nonsense line\n cont\n", "")


def test_a_missing_line_end_is_mended(tmp_path: Path) -> None:
    """The reference joins the lines, which we do not copy."""
    assert edited(tmp_path, SET, "b=2", text="a = 1") == ("a = 1\nb = 2\n", [])


def test_bytes_that_are_no_text_stay(tmp_path: Path) -> None:
    """Carriage returns and NUL too."""
    text = "a = \udcff\x00\r\n# \udcfe\r\nb = 1\r\n"
    assert edited(tmp_path, SET, "b=2", text=text)[0] == text.replace("b = 1\r", "b = 2")


@pytest.mark.parametrize(
    ("action", "word", "complaint"),
    [
        (SET, "relayhost", "missing '=' after attribute name: \"relayhost\""),
        (SET, "two words=x", "missing '=' after attribute name: \"two words=x\""),
        (SET, "=value", 'missing attribute name: "=value"'),
        (SET, "", 'missing attribute name: ""'),
        (SET, "a=x\nb=y", "-e, -X, or -# accepts no multi-line input"),
        (SET, " #a=x", "-e, -X, or -# accepts no comment input"),
        (REMOVE, "a\nb", "-e, -X, or -# accepts no multi-line input"),
        (COMMENT, "#a", "-e, -X, or -# accepts no comment input"),
        (REMOVE, "", "-X or -# requires non-blank parameter names"),
        (REMOVE, "=x", "-X or -# requires parameter names without value"),
    ],
)
def test_a_bad_word_is_refused(tmp_path: Path, action: str, word: str, complaint: str) -> None:
    """With the words of the reference, and the file stays, whatever good words there are besides."""
    with pytest.raises(PyfixError) as caught:
        edited(tmp_path, action, "good=1" if action == SET else "good", word)
    assert str(caught.value) == complaint
    assert (tmp_path / "main.cf").read_text() == TEXT
