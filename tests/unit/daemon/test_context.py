"""The view of the configuration that a line of master.cf has."""

from __future__ import annotations

from pyfixcli.config.master_cf import parse_service
from pyfixcli.config.snapshot import Config
from pyfixcli.daemon.context import service_config

RELAY = "relay unix - - n - - smtp -o syslog_name=postfix/$service_name"
SMTP = "smtp unix - - n - - smtp"


def test_overrides_may_name_the_service() -> None:
    """$service_name is the name in master.cf (postconf(5), master(5))."""
    services = [parse_service("master.cf", 1, line) for line in (SMTP, RELAY)]
    config = Config("/etc/pyfix", {"syslog_name": "postfix"})
    assert service_config(config, services, "relay").syslog_name == "postfix/relay"
    assert service_config(config, services, "smtp").syslog_name == "postfix"
    assert service_config(config, services, "nosuch") is config
