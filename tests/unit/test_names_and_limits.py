"""Host names and mailbox limits that nothing can work with; what the reference accepts was tried on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.load import check_shared_values
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.local.context import check_size_limits
from tests.support.instance import Instance, wait_for

BAD = [
    "a..b",
    ".a",
    "a.",
    "a-",
    "-a",
    "a.-b",
    "a-.b",
    "123",
    "1.2.3",
    "1a.2",
    "a.1",
    "a:b",
    "ä.test",
    "a..",
    "::1",
    "a/b",
    "bad!x",
]
GOOD = ["a_b", "_a", "xn--4ca.test", "mail.example.test", "1a.b"]


@pytest.mark.parametrize("name", BAD)
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    """Every command stops: mail with such an address would come back."""
    with pytest.raises(ConfigError, match="bad parameter value"):
        check_shared_values(Config(str(tmp_path), {"myhostname": name}))


@pytest.mark.parametrize("name", GOOD)
def test_names_that_are_some(tmp_path: Path, name: str) -> None:
    """Nothing is said."""
    check_shared_values(Config(str(tmp_path), {"myhostname": name}))


@pytest.mark.parametrize(
    ("mailbox", "message", "words"),
    [
        ("100", "1000", "mailbox_size_limit is smaller than message_size_limit"),
        ("1000", "0", "mailbox_size_limit is limited but message_size_limit is unlimited"),
        ("1000", "1000", ""),
        ("0", "0", ""),
    ],
)
def test_limits_that_contradict(tmp_path: Path, mailbox: str, message: str, words: str) -> None:
    """What was accepted has to fit into an empty mailbox."""
    settings = {"mailbox_size_limit": mailbox, "message_size_limit": message}
    config = Config(str(tmp_path), settings)
    if not words:
        check_size_limits(config)
        return
    with pytest.raises(ConfigError, match=words):
        check_size_limits(config)


def test_mail_waits_for_a_limit_that_makes_sense(make_instance: Callable[..., Instance]) -> None:
    """It was returned to its sender before."""
    instance = make_instance("mailbox_size_limit = 100\n")
    instance.start()
    assert instance.submit(instance.user) == 0
    wait_for(lambda: "status=deferred" in instance.log_text())
    assert "mailbox_size_limit is smaller" in instance.log_text()
    assert "bounced" not in instance.log_text()
