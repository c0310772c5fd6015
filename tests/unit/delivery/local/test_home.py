"""require_home_directory: mail for a user without a home waits. Texts were read off the reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyfixcli.delivery.local import attempt as attempt_module
from pyfixcli.delivery.local.context import User, find_user
from pyfixcli.mail.delivery import Status
from tests.support.agent_run import OTHER
from tests.support.local_run import Local

ME = OTHER.pw_name


@pytest.fixture
def home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's home should be, and is not."""
    place.chmod(0o711)
    path = place / "home"

    def find_there(name: str) -> User | None:
        user = find_user(name)
        return replace(user, home=str(path)) if user is not None else None

    monkeypatch.setattr(attempt_module, "find_user", find_there)
    return path


def test_mail_waits_for_the_home(place: Path, home: Path) -> None:
    """Whatever would have had it after the aliases."""
    text = f"cannot access home directory {home}: No such file or directory"
    others: list[dict[str, str]] = [{}, {"mailbox_command": "cat"}, {"mailbox_transport": "lmtp:x"}]
    for settings in others:
        local = Local(place, {}, require_home_directory="yes", **settings)
        (result,) = local.deliver(f"{ME}+x")
        assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.0")
        assert [outcome.text for outcome in result.outcomes] == [text]


def test_what_is_there_need_not_be_a_directory(place: Path, home: Path) -> None:
    """Nor one that the user may use."""
    home.touch(0o000)
    assert Local(place, require_home_directory="yes").said(ME) == [f"{ME}: delivered to mailbox"]


def test_who_needs_no_home(place: Path, home: Path) -> None:
    """By default all; else an alias, the user that one means with a backslash, and a name that nobody has."""
    assert Local(place).said(ME) == [f"{ME}: delivered to mailbox"]
    aliases = {"an": "a@else.test", "direct": f"\\\\{ME}"}
    local = Local(place, aliases, require_home_directory="yes")
    assert local.said("gone") == ['gone: unknown user: "gone"']
    assert local.said("direct") == [f"{ME}: delivered to mailbox"]
    assert len(local.deliver("an")[0].forwards) == 1
