"""Match lists; what they match and warn of is the reference's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.match_list import MatchList
from pyfixcli.maps.table import TableFailure

CONFIG = Config("/nowhere", {"parent_domain_matches_subdomains": ""})


def list_of(patterns: str, told: list[str] | None = None) -> MatchList:
    """A list called ``nets``; what its tables say goes to ``told``."""
    lines = [] if told is None else told
    waiter = BlockingWaiter(lambda text, is_error: lines.append(text))
    return MatchList(CONFIG, patterns, "nets", waiter)


@pytest.mark.parametrize(
    ("patterns", "name", "address", "matches"),
    [
        ("192.0.2.0/28", "", "192.0.2.2", True),
        ("!192.0.2.2 192.0.2.0/28", "", "192.0.2.2", False),
        ("[192.0.2.2]", "", "192.0.2.2", True),
        ("[2001:db8::]/32", "", "2001:db8::7", True),
        ("[2001:db8::]/32", "", "192.0.2.2", False),
        ("be.be 1.2.3.400 [be:be]", "x.test", "192.0.2.2", False),
        ("client.test", "Client.Test", "192.0.2.2", True),
        (".test", "client.test", "192.0.2.2", True),
        ("unknown", "unknown", "192.0.2.2", True),
        ("!!inline:{client.test=x}", "client.test", "192.0.2.2", True),
        ("inline:{192.0.2.2=x}", "client.test", "192.0.2.2", True),
    ],
)
def test_clients(patterns: str, name: str, address: str, matches: bool) -> None:
    """Networks, addresses, names and tables."""
    assert drive(list_of(patterns).matches_client(name, address)) is matches


@pytest.mark.parametrize(
    ("patterns", "address", "lines"),
    [
        ("192.0.2.0/98", "192.0.2.1", 'nets: bad mask length in "192.0.2.0/98"'),
        ("be.be/24", "192.0.2.1", 'nets: bad network value in "be.be/24"'),
        ("[be:be]", "::1", 'nets: bad address pattern: "be:be"'),
        ("fail:1", "192.0.2.1", "nets: fail:1: table lookup problem"),
        (
            "nosuch:x",
            "192.0.2.1",
            "nosuch:x is unavailable. unsupported dictionary type: nosuch\n"
            "nets: nosuch:x: table lookup problem",
        ),
    ],
)
def test_failures(patterns: str, address: str, lines: str) -> None:
    """What cannot be told is no match, and not none either."""
    with pytest.raises(TableFailure) as failed:
        drive(list_of(patterns).matches_client("", address))
    assert str(failed.value) == lines


def test_a_file_that_is_not_there_fails(tmp_path: Path) -> None:
    """With an error when it is read, and a failure at each question."""
    told: list[str] = []
    path = tmp_path / "missing"
    patterns = list_of(str(path), told)
    for _ in range(2):
        with pytest.raises(TableFailure, match="table lookup problem"):
            drive(patterns.matches_client("", "192.0.2.1"))
    assert told == [f"open file {path}: No such file or directory"]


def test_files(tmp_path: Path) -> None:
    """Patterns on several lines, negated as a whole, with tables that go over lines, and a remark that is none."""
    path = tmp_path / "list"
    path.write_text("# remark\nfoo !bar\n inline:{\n  { tab = x }\n }, baz #text here\n")
    told: list[str] = []
    names = ("foo", "bar", "tab", "baz", "#text", "here")
    plain, negated = list_of(str(path), told), list_of(f"!{path}", told)
    assert [drive(plain.matches_name(n)) for n in names] == [True, False, True, True, False, False]
    assert not any(drive(negated.matches_name(n)) for n in ("foo", "tab", "baz"))
    assert drive(negated.matches_name("bar"))
    assert set(told) == {"nets: comment at end of line is not supported: #text here?"}


def test_nothing_matches_no_domain() -> None:
    """Not even a table that fails is asked."""
    assert not drive(list_of("fail:1").matches_domain(""))
