"""local_login_sender_maps: who may name which sender. Outcomes were read off the reference."""

from __future__ import annotations

import os
import pwd

import pytest

from pyfixcli.access.login_senders import login_name, matches_sender, refuse_sender
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.mail.address import Extensions
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.maps.table import TableFailure

OWN = ["alice@example.test", "alice", "@own.test"]
NAME = pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(
    ("sender", "patterns", "expected"),
    [
        ("alice@example.test", OWN, True),
        ("ALICE@Example.Test", OWN, True),
        ("alice+ext@example.test", OWN, True),
        ("alice+ext", OWN, True),
        ("bob@example.test", OWN, False),
        ("alice@[127.0.0.1]", OWN, False),
        ("x+y@OWN.test", OWN, True),
        ("@own.test", OWN, True),
        ("al ice@own.test", OWN, True),
        ("x@sub.own.test", OWN, False),
        ("", OWN, False),
        ("", [*OWN, "<>"], True),
        ("<>", ["<>"], False),
        ("", ["*"], True),
        ("nofoo", ["nofoo*"], False),
        ("a@b.test", ["nofoo", "*"], True),
        ("a@b.test", [], False),
    ],
)
def test_patterns(sender: str, patterns: list[str], expected: bool) -> None:
    """An address without its extension, a whole domain, ``*`` alone, and ``<>`` for the null sender."""
    assert matches_sender(sender, patterns, Extensions("+"), "<>") is expected


def test_another_pattern_for_the_null_sender() -> None:
    """empty_address_local_login_sender_maps_lookup_key: it is that of no other sender, and ``<>`` that of none."""
    assert matches_sender("", ["null"], Extensions("+"), "null")
    assert not matches_sender("null", ["null"], Extensions("+"), "null")
    assert not matches_sender("", ["<>"], Extensions("+"), "null")


def refuse(maps: str, sender: str = "a@b.test", uid: int | None = None) -> str:
    config = Config("/nowhere", {"local_login_sender_maps": maps})
    found = os.getuid() if uid is None else uid
    return drive(refuse_sender(config, found, sender, BlockingWaiter(lambda _a, _b: None)))


@pytest.mark.parametrize(
    ("maps", "is_refused"),
    [
        ("static:*", False),
        ("static:{x@y.test, a@b.test}", False),
        (f"inline:{{{{{NAME}=x}}}}, static:*", True),
        ("inline:{{other=*}}", True),
        ("", True),
    ],
)
def test_the_first_table_with_the_login_name_counts(maps: str, is_refused: bool) -> None:
    """Whoever is in none may send as nobody."""
    assert refuse(maps) == ("not authorized to use sender='a@b.test'" if is_refused else "")


def test_a_user_without_a_name() -> None:
    """Is looked up by number."""
    nobody = 2**31 - 3
    assert login_name(nobody) == f"uid:{nobody}"
    assert refuse(f"inline:{{{{uid:{nobody}=@b.test}}}}", uid=nobody) == ""


def test_a_failing_table_lets_nobody_pass() -> None:
    with pytest.raises(TableFailure):
        refuse("fail:x")
