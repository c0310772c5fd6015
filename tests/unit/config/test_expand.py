"""``$name`` in values; the words of errors were tried on Postfix 3.7.11."""

from __future__ import annotations

import pytest

from pyfixcli.config.expand import ExpansionError, expand, find_names
from pyfixcli.config.load import RAW
from pyfixcli.config.params import PARAMETERS
from pyfixcli.config.snapshot import Config
from pyfixcli.config.usage import LEGACY

VALUES = {"yes": "y", "no": ""}
NO_OPERATOR = '"==" or "!="" or "<"" or "<="" or ">="" or ">" expected at'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x${yes ? { set } : { unset }}y", "x set y"),
        ("${no: { q } }z", " q z"),
        ("${no:q }z", "q z"),
        ("${{ 10 } == {10} ? {trimmed} : {not trimmed}}", "not trimmed"),
        ("${{9999999} > {100000000} ? {gt} : {le}}", "le"),
        ("${{a} == {a}}", "true"),
        ("${{a} == {b}}", ""),
        ("${yes?a:b?c}", "a:b?c"),
        ("$yes{no}", "y{no}"),
        ("${  }", ""),
        ("$$${yes}$$", "$y$"),
    ],
)
def test_values(text: str, value: str) -> None:
    """What forms stand for; white space in braces counts."""
    assert expand(text, VALUES.get) == value


@pytest.mark.parametrize(
    ("text", "problem", "partial"),
    [
        ("a${yes", 'truncated macro reference: "a${yes"', "a"),
        ("a$-b", 'empty macro name: "a$-b"', "a"),
        ("$yes-$no-$", 'empty macro name: "$yes-$no-$"', "y--"),
        ("${yes!x}", 'attribute name syntax error at: "...yes>>>!x"', ""),
        ("${yes?{a}b}", '":" expected at: "...a}>>>b"', "a"),
        ("${yes?{a}:{b}c}", 'unexpected input at: "...b}>>>c"', "a"),
        ("${{a} ? {c}}", f'{NO_OPERATOR}: "...a}}>>>? {{c}}"', ""),
        ("${{a} == b}", '"{expression}" expected at: "...{a} ==>>> b"', ""),
        ("${{a} ==levels {b}}", 'bad operator suffix at: "...==>>>levels"', ""),
        ("${{a} == {b}c}", '"?" or ":" expected at: "...}>>>c"', ""),
        ("$(yes?{b)", 'unbalanced {} in attribute expression: "{b"', ""),
        ("${{x} <level {3}}", 'malformed compatibility level syntax: "x"', ""),
    ],
)
def test_malformed_forms(text: str, problem: str, partial: str) -> None:
    """The warning, and what is left of the text."""
    with pytest.raises(ExpansionError) as caught:
        expand(text, VALUES.get)
    assert caught.value.warnings == (problem,)
    assert caught.value.partial == partial


def test_names_of_all_branches() -> None:
    """As often as they stand there."""
    names, problems = find_names("$a ${b?$c}${d:{$a}} ${{$e} == {f}?{$g}:{$h}} $$i")
    assert (names, problems) == (["a", "b", "c", "d", "a", "e", "g", "h"], [])


def test_a_condition_is_about_the_value_as_it_is_written() -> None:
    """So it may be about the parameter itself, and a reference to nothing counts as something."""
    config = Config("/x", {"relayhost": "${relayhost:x}", "a": "$empty", "always_bcc": "${a?yes}"})
    assert config.relayhost == ""
    assert config.always_bcc == "yes"


def test_references_without_end() -> None:
    """A hundred and one deep is the limit."""
    chain = {f"p{n}": f"$p{n + 1}" for n in range(1, 102)} | {"p102": "x"}
    assert Config("/x", {**chain, "relayhost": "$p2"}).relayhost == "x"
    with pytest.raises(ExpansionError, match='unreasonable macro call nesting: "p102"'):
        _ = Config("/x", {**chain, "relayhost": "$p1"}).relayhost


def test_references_without_end_in_nested_forms() -> None:
    """They are found before the interpreter gives up."""
    value = "${yes?{${yes?{${{$relayhost} == {}?{${yes?{$relayhost}}}}}}}}"
    with pytest.raises(ExpansionError, match="unreasonable macro call nesting"):
        _ = Config("/x", {"yes": "1", "relayhost": value}).relayhost


def test_old_names_are_those_that_defaults_refer_to() -> None:
    found = {
        name
        for parameter, row in PARAMETERS.items()
        if parameter not in RAW
        for name in find_names(row[1])[0]
    }
    assert found - set(PARAMETERS) == LEGACY
