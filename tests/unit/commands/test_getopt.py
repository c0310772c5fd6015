"""The option loop of the commands."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pyfixcli.base.errors import PyfixError
from pyfixcli.commands._run import BARE, getopt, parse_options
from tests.support.instance import ROOT

OPTIONS = (("a", None, ""), ("f", "value", ""), ("q", "value", ""))


@pytest.mark.parametrize(
    ("words", "found", "operands"),
    [
        (["-af", "x", "y"], [("a", ""), ("f", "x")], ["y"]),
        (["-ffoo", "-a"], [("f", "foo"), ("a", "")], []),
        (["-f", "-a", "-"], [("f", "-a")], ["-"]),
        (["x", "-a"], [], ["x", "-a"]),
        (["--", "-a"], [], ["-a"]),
        (["-f", "", "-a"], [("f", ""), ("a", "")], []),
    ],
)
def test_words_are_split_as_getopt_does(
    words: list[str], found: list[tuple[str, str]], operands: list[str]
) -> None:
    """Up to the first operand."""
    assert getopt(words, OPTIONS) == (found, operands)


def test_an_option_may_go_without_its_value() -> None:
    """Where the command says so; a value in the same word is always taken."""
    bare = getopt(["-q", "x"], OPTIONS, lambda letter, _: letter == "q")
    attached = getopt(["-qx"], OPTIONS, lambda letter, _: letter == "q")
    assert bare == ([("q", BARE)], ["x"])
    assert attached == ([("q", "x")], [])


def test_a_bad_option_is_told_before_the_usage(capfd: pytest.CaptureFixture[str]) -> None:
    """In getopt's words, under the name of the call."""
    with pytest.raises(PyfixError, match="^usage$"):
        parse_options(["/bin/name", "-Z"], OPTIONS, "usage")
    assert capfd.readouterr().err == "name: invalid option -- 'Z'\n"


def test_no_file_takes_the_place_of_a_closed_stream() -> None:
    """A command whose standard error is closed must not write its complaints into what it opens next."""
    code = (
        "import os, sys; sys.path[:0] = [sys.argv[1]]; os.close(0); os.close(1); os.close(2)\n"
        "from pyfixcli.commands._run import open_standard_streams\n"
        "open_standard_streams(); sys.exit(os.open('/', os.O_RDONLY))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(ROOT)])
    assert done.returncode > 2
    assert os.WEXITSTATUS(done.returncode << 8) == done.returncode
