"""What a service requires before it takes anything (postconf(5) smtpd_tls_security_level)."""

from __future__ import annotations

import pytest

from pyfixcli.access.server_settings import requires_tls
from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, False),
        ({"smtpd_tls_security_level": "none"}, False),
        ({"smtpd_tls_security_level": "may"}, False),
        ({"smtpd_tls_security_level": "encrypt"}, True),
        ({"smtpd_tls_security_level": "secure"}, True),
        ({"smtpd_enforce_tls": "yes"}, True),
        ({"smtpd_enforce_tls": "yes", "smtpd_tls_security_level": "may"}, False),
    ],
)
def test_what_requires_tls(settings: dict[str, str], expected: bool) -> None:
    """The level comes before the older parameter."""
    assert requires_tls(Config("/nowhere", settings)) is expected


@pytest.mark.parametrize(
    "settings", [{"smtpd_tls_security_level": "bogus"}, {"smtpd_tls_wrappermode": "yes"}]
)
def test_services_that_cannot_work(settings: dict[str, str]) -> None:
    """An unknown level, and one that has to begin with TLS."""
    with pytest.raises(ConfigError):
        requires_tls(Config("/nowhere", settings))
