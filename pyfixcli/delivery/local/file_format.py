"""What mailboxes, files and commands of local(8) have in common: the lines before a message, and locks."""

from __future__ import annotations

from pyfixcli.base.locking import LockPolicy, parse_methods
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.mailbox import Prepended


def prepended(attempt: Attempt, target: Target, where: str) -> Prepended:
    """What goes before the content in a file or for a command (prepend_delivered_header)."""
    config = attempt.config
    original = target.original if config.enable_original_recipient else ""
    has_header = where in config.prepend_delivered_header.replace(",", " ").lower().split()
    return Prepended(target.sender, original, target.delivered if has_header else "")


def lock_policy(config: Config) -> LockPolicy:
    """How mailbox files are locked (mailbox_delivery_lock)."""
    methods = parse_methods(config.mailbox_delivery_lock)
    return LockPolicy(
        methods if isinstance(methods, tuple) else ("fcntl",),
        config.deliver_lock_attempts,
        config.deliver_lock_delay,
        config.stale_lock_time,
    )
