"""postconf(5) is what the generator makes of the parameter table, and has each parameter once."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from pyfixcli.config.params import OWN, PARAMETERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "man" / "man5" / "postconf.5").read_text()
TOOL = runpy.run_path(str(ROOT / "tests" / "tools" / "make_postconf_page"))


def entries() -> dict[str, str]:
    """name -> lines of its entry."""
    text = PAGE.split(".Sh PARAMETERS", 1)[1].split(".Sh FILES", 1)[0]
    found = re.split(r"^\.It Va (\w+)\n", text, flags=re.MULTILINE)
    assert len(found[1::2]) == len(set(found[1::2]))
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_the_page_is_up_to_date() -> None:
    """After a change of the table or the texts: tests/tools/make_postconf_page."""
    assert TOOL["page"]() == PAGE


def test_the_page_has_the_parameters_and_no_others() -> None:
    """In the order of the table."""
    assert list(entries()) == list(PARAMETERS)


def test_the_defaults_are_those_of_the_table() -> None:
    """An empty one is called nothing, or is found out."""
    shown = {}
    for name, text in entries().items():
        found = re.search(r"^\.Dl (.*)$", text, re.MULTILINE)
        shown[name] = found[1].replace("\\&", "") if found else ""
    escaped = {
        name: " ".join(row[1].split()).replace("\\", "\\e").replace("'", "\\(aq")
        for name, row in PARAMETERS.items()
    }
    assert shown == {name: text.replace('"', "\\(dq") for name, text in escaped.items()}


@pytest.mark.parametrize("name", sorted(OWN))
def test_own_parameters_are_marked(name: str) -> None:
    """Those that Postfix does not have."""
    assert "only here" in entries()[name]


def test_no_entry_is_without_text() -> None:
    """The line after the default says something."""
    assert [name for name, text in entries().items() if len(text.strip().splitlines()) < 2] == []
