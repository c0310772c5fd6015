"""proxy: before the name of a table; expected values are what the reference does."""

from __future__ import annotations

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.maps.registry import open_table
from pyfixcli.maps.table import TableFailure


def config_of(**settings: str) -> Config:
    """A configuration with settings."""
    return Config("/nowhere", {"compatibility_level": "3.7", **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {"virtual_alias_maps": "proxy:static:x"},
        {"virtual_alias_maps": "unionmap:{static:y, proxy:static:x}"},
        {"smtpd_recipient_restrictions": "check_recipient_access proxy:static:x, reject"},
        {"proxy_read_maps": "proxy:static:x"},
        {"address_verify_map": "proxy:static:x"},
    ],
)
def test_a_table_that_is_listed(settings: dict[str, str]) -> None:
    """By default the lists are all parameters that name tables."""
    table = open_table("proxy:static:x", config_of(**settings))
    assert (table.name, table.get("k"), table.immediate) == ("proxy:static:x", "x", True)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"virtual_alias_maps": "static:x"},
        {"virtual_alias_maps": "proxy:static:xy"},
        {"virtual_alias_maps": "proxy:static:x", "proxy_read_maps": "proxy:static:y"},
    ],
)
def test_a_table_that_is_not_listed(settings: dict[str, str]) -> None:
    """It is refused with the reference's words."""
    text = 'proxymap service is not configured for table "static:x"'
    with pytest.raises(ConfigError, match=f"^{text}$"):
        open_table("proxy:static:x", config_of(**settings))


def test_a_failure_has_the_whole_name() -> None:
    """As postmap shows it."""
    table = open_table("proxy:fail:x", config_of(proxy_read_maps="proxy:fail:x"))
    assert table.name == "proxy:fail:x"
    with pytest.raises(TableFailure):
        table.get("k")
