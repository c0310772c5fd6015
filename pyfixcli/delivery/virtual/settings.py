"""The parameters of virtual(8), checked as the reference checks them when it starts."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.base.errors import ConfigError
from pyfixcli.base.locking import LockPolicy, parse_methods
from pyfixcli.config.snapshot import Config


@dataclass(frozen=True, slots=True)
class VirtualSettings:
    """``size_limit`` in octets, 0 for none; ``minimum_uid`` is the smallest uid that a table may give."""

    base: str
    minimum_uid: int
    size_limit: int
    locks: LockPolicy
    strict_owner: bool
    has_original: bool
    hostname: str


def read_settings(config: Config) -> VirtualSettings:
    """The settings of a service. ConfigError with the words of the reference's fatal error."""
    if not config.virtual_mailbox_base:
        raise ConfigError("bad string length 0 < 1: virtual_mailbox_base = ")
    if config.virtual_minimum_uid < 1:
        value = config.virtual_minimum_uid
        raise ConfigError(f"invalid virtual_minimum_uid parameter value {value} < 1")
    _check_limits(config.virtual_mailbox_limit, config.message_size_limit)
    return VirtualSettings(
        base=config.virtual_mailbox_base,
        minimum_uid=config.virtual_minimum_uid,
        size_limit=config.virtual_mailbox_limit,
        locks=_lock_policy(config),
        strict_owner=config.strict_mailbox_ownership,
        has_original=config.enable_original_recipient,
        hostname=config.myhostname,
    )


def _check_limits(mailbox: int, message: int) -> None:
    """What was accepted must fit into an empty mailbox."""
    if not mailbox:
        return
    if not message:
        text = "virtual_mailbox_limit is limited but message_size_limit is unlimited"
        raise ConfigError(f"configuration error: {text}")
    if mailbox < message:
        text = "virtual_mailbox_limit is smaller than message_size_limit"
        raise ConfigError(f"configuration error: {text}")


def _lock_policy(config: Config) -> LockPolicy:
    methods = parse_methods(config.virtual_mailbox_lock)
    if isinstance(methods, str):
        text = f'unknown mailbox_delivery_lock value "{methods}"'
        raise ConfigError(f'{text} in "{config.virtual_mailbox_lock}"')
    return LockPolicy(
        methods, config.deliver_lock_attempts, config.deliver_lock_delay, config.stale_lock_time
    )
