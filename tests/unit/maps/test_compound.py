"""unionmap:, pipemap: and randmap: tables; values and texts are the reference's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.complaints import complaints
from pyfixcli.maps.randmap import RandomTable
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import TableFailure
from tests.support.table_server import TableServer

CONFIG = Config("/nowhere", {"compatibility_level": "3.7"})


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("unionmap:{static:one,static:two,inline:{alice=three}}", "alice", "one,two,three"),
        ("unionmap:{inline:{a=b}, inline:{c=d}}", "c", "d"),
        ("inline:{a={2, 3}}", "a", "{2, 3}"),
        ("inline:{a=x{2, 3}y, b=c}", "a", "x{2, 3}y"),
        ("inline:{a=x{2, 3}y, b=c}", "b", "c"),
        ("unionmap:{inline:{a=b}, inline:{c=d}}", "x", None),
        ("pipemap:{inline:{alice=Bob}, inline:{bob=carol}}", "alice", "carol"),
        ("pipemap:{inline:{alice=bob}, fail:x}", "none", None),
        ("pipemap:{static:alice, pipemap:{inline:{alice=bob}, inline:{bob=c}}}", "x", "c"),
        ("unionmap:{ inline:{ {a=x y} } , static:z }", "a", "x y,z"),
        ("randmap:{smtp:[127.0.0.2]:25}", "x", "smtp:[127.0.0.2]:25"),
        ("randmap:{ {with space} }", "x", "{with space}"),
        ("randmap:{x}", "", "x"),
    ],
)
def test_values(name: str, key: str, value: str | None) -> None:
    """What the members give together."""
    assert open_table(name, CONFIG).get(key) == value


@pytest.mark.parametrize(
    "name",
    ["unionmap:{static:a, fail:x}", "unionmap:{fail:x, static:a}", "pipemap:{fail:x, static:a}"],
)
def test_a_member_that_fails_is_a_failure_of_the_table(name: str) -> None:
    """Its name is that of the whole table."""
    with pytest.raises(TableFailure) as failed:
        open_table(name, CONFIG).get("k")
    assert complaints(str(failed.value), "k") == [f'{name} lookup error for "k"']


def test_what_a_member_says_is_said() -> None:
    """Before the complaint about the whole table."""
    with TableServer(lambda request: b"hello\n") as server:
        name = f"unionmap:{{static:a, tcp:127.0.0.1:{server.port}}}"
        with pytest.raises(TableFailure) as failed:
            open_table(name, CONFIG).get("k")
    warning = f"read TCP map reply from 127.0.0.1:{server.port}: malformed reply: hello"
    assert complaints(str(failed.value), "k") == [warning, f'{name} lookup error for "k"']


@pytest.mark.parametrize("text", ["{}", "{ }", "static:a", "{static:a", "{static}", "{static:a}b"])
@pytest.mark.parametrize("kind", ["unionmap", "pipemap"])
def test_names_that_are_wrong(kind: str, text: str) -> None:
    """Each member is a table."""
    with pytest.raises(ConfigError) as refused:
        open_table(f"{kind}:{text}", CONFIG)
    assert str(refused.value) == f'bad syntax: "{kind}:{text}"; need "{kind}:{{type:name...}}"'


@pytest.mark.parametrize("text", ["{}", "{ , }", "a", "{a", "{a}b", "{a}{b}"])
def test_random_values_that_are_wrong(text: str) -> None:
    """There must be one."""
    with pytest.raises(ConfigError, match="bad syntax: "):
        open_table(f"randmap:{text}", CONFIG)


def test_compounds_wait_if_a_member_does() -> None:
    """And have partial keys if a member has fixed ones."""
    assert open_table("unionmap:{static:a, inline:{b=c}}", CONFIG).immediate
    assert not open_table("unionmap:{static:a, tcp:127.0.0.1:1}", CONFIG).immediate
    assert open_table("unionmap:{static:a, inline:{b=c}}", CONFIG).fixed_keys
    assert not open_table("pipemap:{static:a, regexp:{{/a/ b}}}", CONFIG).fixed_keys


def test_random_values_come_in_turn_with_random_numbers() -> None:
    """Any value may come."""
    numbers = iter([b"\0" * 8, b"\0" * 7 + b"\1", b"\0" * 7 + b"\2"])
    table = RandomTable("randmap", "{a, b}", CONFIG, True, lambda _: next(numbers))
    assert [table.get("x") for _ in range(3)] == ["a", "b", "a"]


@pytest.mark.parametrize("kind", ["unionmap", "pipemap"])
def test_files_of_members(tmp_path: Path, kind: str) -> None:
    """Members read the files that their values name."""
    (tmp_path / "f").write_text("one\n")
    table = open_table(f"{kind}:{{static:{tmp_path}/f}}", CONFIG, files=True)
    assert table.get("key") == "b25lCg=="
