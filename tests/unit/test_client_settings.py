"""The parameters of the mail client, of each protocol (delivery/smtp/settings.py)."""

from __future__ import annotations

import dataclasses

import pytest

from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.smtp.settings import ClientSettings, read_settings

KINDS = {"bool": bool, "int": int, "float": (int, float), "str": str}


@pytest.mark.parametrize("is_lmtp", [False, True])
def test_every_setting_has_its_type(is_lmtp: bool) -> None:
    """A text where a yes or no is meant would always be a yes."""
    settings = read_settings(Config("/nonexistent", {}), is_lmtp)
    for field in dataclasses.fields(ClientSettings):
        value = getattr(settings, field.name)
        assert isinstance(value, KINDS[str(field.type)]), field.name
        assert field.type == "bool" or not isinstance(value, bool), field.name


def test_defaults_of_the_two_protocols() -> None:
    """As `postconf -d` of the reference shows them."""
    config = Config("/nonexistent", {"myhostname": "m.test"})
    smtp, lmtp = read_settings(config, False), read_settings(config, True)
    assert (smtp.tcp_port, lmtp.tcp_port) == ("smtp", "24")
    assert (smtp.connect_timeout, lmtp.connect_timeout) == (30, 0)
    assert (smtp.skip_quit_response, lmtp.skip_quit_response) == (True, False)
    assert (smtp.helo_name, lmtp.helo_name) == ("m.test", "m.test")


def test_each_protocol_has_parameters_of_its_own() -> None:
    """LMTP calls some of them by its own verb."""
    given = {"smtp_helo_timeout": "1s", "lmtp_lhlo_timeout": "2s", "lmtp_mail_timeout": "3s"}
    config = Config("/nonexistent", given)
    smtp, lmtp = read_settings(config, False), read_settings(config, True)
    assert (smtp.helo_timeout, lmtp.helo_timeout) == (1, 2)
    assert (smtp.mail_timeout, lmtp.mail_timeout) == (300, 3)
    assert lmtp.parameter("helo_timeout") == "lmtp_lhlo_timeout"


def test_dns_can_be_off() -> None:
    """disable_dns_lookups, unless smtp_dns_support_level says more."""
    off = Config("/nonexistent", {"disable_dns_lookups": "yes"})
    assert read_settings(off, False).dns_support_level == "disabled"
    assert read_settings(Config("/nonexistent", {}), False).dns_support_level == "enabled"
