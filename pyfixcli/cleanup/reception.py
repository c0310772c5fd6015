"""What the service that receives mail says of its treatment: content_filter and receive_override_options (postconf(5)).

These are parameters of smtpd(8), pickup(8) and qmqpd(8), not of cleanup(8): mail that the system makes itself is not
concerned.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config

OPTIONS = (
    "no_unknown_recipient_checks",
    "no_address_mappings",
    "no_header_body_checks",
    "no_milters",
)
MAPPINGS = (
    "canonical_maps",
    "sender_canonical_maps",
    "recipient_canonical_maps",
    "masquerade_domains",
    "virtual_alias_maps",
    "always_bcc",
    "sender_bcc_maps",
    "recipient_bcc_maps",
)
SERVICES = ("smtpd", "pickup", "qmqpd")


@dataclass(frozen=True, slots=True)
class Reception:
    """``content_filter`` is transport:destination or empty."""

    content_filter: str = ""
    checks_recipients: bool = True
    maps_addresses: bool = True
    checks_content: bool = True
    asks_milters: bool = True

    @classmethod
    def of(cls, config: Config) -> Reception:
        """From the view of a service; ConfigError for an option that is none."""
        text = config.receive_override_options
        options = text.replace(",", " ").split()
        for option in options:
            if option.lower() not in OPTIONS:
                raise ConfigError(f'unknown receive_override_options value "{option}" in "{text}"')
        names = {option.lower() for option in options}
        return cls(
            config.content_filter,
            "no_unknown_recipient_checks" not in names,
            "no_address_mappings" not in names,
            "no_header_body_checks" not in names,
            "no_milters" not in names,
        )


def without_mappings(config: Config) -> Config:
    """The view of cleanup for mail whose addresses are not mapped; which domains are virtual stays."""
    kept = (("virtual_alias_domains", config.text("virtual_alias_domains")),)
    return config.with_overrides((*kept, *((name, "") for name in MAPPINGS)))


def access_view(config: Config) -> Config:
    """The view of a service's restrictions: unknown recipients are refused unless it is told otherwise."""
    if Reception.of(config).checks_recipients:
        return config
    return config.with_overrides((("smtpd_reject_unlisted_recipient", "no"),))
