"""The sender of notices to the postmaster (postconf(5) double_bounce_sender)."""

from __future__ import annotations

from pyfixcli.config.snapshot import Config


def double_bounce_address(config: Config) -> str:
    """The envelope sender of notices to the postmaster; what comes back to it is dropped."""
    return f"{config.double_bounce_sender}@{config.myhostname}"


def is_double_bounce(config: Config, address: str) -> bool:
    """Whether this is the double-bounce address."""
    return address.lower() == double_bounce_address(config).lower()
