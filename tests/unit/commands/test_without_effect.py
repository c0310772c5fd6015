"""Parameters that postfix check says have no effect; test_postconf_page.py compares them with what is read."""

from __future__ import annotations

import pytest

from pyfixcli.commands._check import set_in_vain
from pyfixcli.config import without_effect as module
from pyfixcli.config.params import PARAMETERS
from pyfixcli.config.snapshot import Config
from pyfixcli.config.without_effect import without_effect


def test_the_names_are_those_of_parameters() -> None:
    """A wrong one would never be found."""
    assert without_effect().keys() <= PARAMETERS.read_all().keys()


def test_each_has_one_reason() -> None:
    """The last one would win."""
    names = [name for text in module._NAMES.values() for name in text.split()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", ["smtpd_sasl_auth_enable", "smtpd_tls_cert_file", "biff"])
def test_what_an_administrator_asks_for_in_vain(name: str) -> None:
    assert name in without_effect()


@pytest.mark.parametrize(
    "name", ["smtpd_tls_security_level", "smtp_sasl_password_maps", "lmtp_sasl_auth_enable"]
)
def test_what_is_read(name: str) -> None:
    """Although its family has no effect."""
    assert name not in without_effect()


def test_what_is_set_in_vain() -> None:
    """All of it, in order; nobody misses what is switched off."""
    settings = {
        "smtpd_tls_cert_file": "/etc/cert",
        "biff": "no",
        "max_use": "100",
        "postscreen_dnsbl_sites": "",
        "myhostname": "x.test",
        "best_mx_transport": "local",
        "smtpd_command_filter": "static:NOOP",
        "unknown_name": "x",
    }
    expected = ["best_mx_transport", "max_use", "smtpd_tls_cert_file"]
    assert set_in_vain(Config("/nowhere", settings)) == expected
