"""smtpd_milters and its like: milters, and the settings of each (MILTER_README)."""

from __future__ import annotations

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.milter.settings import MilterSettings, read_milters


def read(text: str, **settings: str) -> tuple[MilterSettings, ...]:
    return read_milters(Config("/nowhere", settings), text)


def test_the_defaults_of_all_milters() -> None:
    """In their order, with the times of postconf(5)."""
    names = [(m.name, m.host, m.port) for m in read("inet:[::1]:8891, unix:/run/m local:public/m")]
    assert names == [
        ("inet:[::1]:8891", "::1", 8891),
        ("unix:/run/m", "/run/m", 0),
        ("local:public/m", "public/m", 0),
    ]
    (milter,) = read("inet:host:1", milter_protocol="4", milter_default_action="accept")
    assert (milter.connect_timeout, milter.command_timeout, milter.content_timeout) == (30, 30, 300)
    assert (milter.version, milter.default_action) == (4, "accept")


def test_a_milter_with_settings_of_its_own() -> None:
    """Braces hold what belongs to it."""
    first, second = read(
        "{ inet:host:1, connect_timeout=10s, { default_action = accept } protocol=2 }, inet:host:2"
    )
    assert (first.name, first.connect_timeout) == ("inet:host:1", 10)
    assert (first.default_action, first.version) == ("accept", 2)
    assert (second.name, second.default_action) == ("inet:host:2", "tempfail")


@pytest.mark.parametrize(
    "text",
    [
        "host:1",
        "inet:host",
        "inet:host:99999",
        "unix:",
        "{ inet:host:1, default_act=accept }",
        "{ inet:host:1, command_timeout=later }",
        "{ inet:host:1, protocol=5 }",
        "{ inet:host:1",
    ],
)
def test_what_makes_no_sense(text: str) -> None:
    """Rather no service than one without its filter."""
    with pytest.raises(ConfigError):
        read(text)
