"""S9: an argument of a pipe(8) command that is empty stays an argument, so the others keep their places."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyfixcli.mail.delivery import Status
from tests.support.agent_run import OTHER, Piped

EMPTY = ("$user", "$extension", "$mailbox", "$client_helo", "$sasl_username", "$client_address")


@pytest.fixture
def recorder(place: Path) -> tuple[Path, Path]:
    """A program that records its arguments, and the record."""
    place.chmod(0o755)
    program, record = place / "program", place / "record"
    program.write_text(f'#!/bin/sh\nprintf \'%s\\0\' "$#" "$@" > {record}\n')
    program.chmod(0o755)
    record.write_text("")
    os.chown(record, OTHER.pw_uid, OTHER.pw_gid)
    return program, record


def arguments(recorder: tuple[Path, Path], *words: str, to: str, **changes: object) -> list[str]:
    """What the child sees: how many arguments, and which."""
    program, record = recorder
    (result,) = Piped(f"argv={program}", *words).deliver(to, **changes)
    assert result.status is Status.SENT, result.text
    return record.read_text().split("\0")[:-1]


@pytest.mark.parametrize("macro", EMPTY)
@pytest.mark.parametrize("recipient", ["@else.test", ""])
def test_s9_an_empty_macro_is_an_empty_argument(
    recorder: tuple[Path, Path], macro: str, recipient: str
) -> None:
    """A recipient without a user, a client without a name."""
    found = arguments(recorder, "first", macro, "last", to=recipient)
    assert found == ["3", "first", "", "last"]


def test_s9_what_stands_beside_an_empty_macro_stays(recorder: tuple[Path, Path]) -> None:
    """The argument is more than its macros."""
    words = ("$user|$extension|$mailbox|$domain", "--to=$user", "$recipient")
    found = arguments(recorder, *words, to="@else.test")
    assert found == ["3", "|||else.test", "--to=", "@else.test"]


def test_s9_an_empty_null_sender(recorder: tuple[Path, Path]) -> None:
    """null_sender= with nothing: ``-f`` keeps its own argument."""
    words = ("argv={}", "-f", "$sender", "--", "$recipient")
    program, record = recorder
    service = Piped("null_sender=", words[0].format(program), *words[1:])
    service.deliver("a@else.test", sender="")
    assert record.read_text().split("\0")[:-1] == ["4", "-f", "", "--", "a@else.test"]


def test_s9_empty_arguments_of_some_recipients(recorder: tuple[Path, Path]) -> None:
    """Each recipient has its argument, in the order of the recipients."""
    program, record = recorder
    service = Piped(f"argv={program}", "$user", "$extension")
    service.deliver("a+1@m.test", "@m.test", "c@m.test")
    expected = ["6", "a", "", "c", "1", "", ""]
    assert record.read_text().split("\0")[:-1] == expected
