"""One local recipient: the order of attempts, as local(8) has it."""

from __future__ import annotations

import pwd

from pyfixcli.base.locking import LockPolicy, parse_methods
from pyfixcli.base.privilege import Rights, RightsRefused, is_privileged
from pyfixcli.config.snapshot import Config
from pyfixcli.delivery.agent import (
    AgentContext,
    ContentReader,
    Outcome,
    bounced,
    deferred,
    report,
    sent,
)
from pyfixcli.delivery.local.delivered import is_delivered_before
from pyfixcli.delivery.mailbox import Mailbox, Prepended, append_message
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.mail.address import quote_address, split_address, split_extension
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient
from pyfixcli.maps.lookup import MapList
from pyfixcli.maps.table import TableFailure

RELAY = "local"
REQUIRED_ALIASES = ("mailer-daemon", "postmaster")


async def deliver_local(
    request: DeliveryRequest, content: ContentReader, context: AgentContext
) -> list[DeliveryResult]:
    """Deliver to each recipient of a request; every outcome is logged."""
    results = []
    for recipient in request.recipients:
        started = context.clock.now()
        outcome = await _deliver(request, recipient, content, context)
        results.append(report(context, request, recipient, outcome, RELAY, started))
    return results


async def _deliver(
    request: DeliveryRequest,
    recipient: RequestRecipient,
    content: ContentReader,
    context: AgentContext,
) -> Outcome:
    """The attempts in order; the first that applies decides."""
    if is_delivered_before(content, recipient.address):
        text = f"mail forwarding loop for {quote_address(recipient.address)}"
        return bounced("5.4.6", text)
    local = split_address(recipient.address)[0].lower()
    user, _extension = split_extension(local, context.config.recipient_delimiter)
    try:
        found = await _alias(local, user, context)
    except TableFailure as failure:
        context.log.warning(context.service, str(failure))
        return deferred("4.3.0", "alias database unavailable")
    if found is not None:
        return found
    try:
        entry = pwd.getpwnam(user)
    except (KeyError, ValueError, UnicodeEncodeError):
        return _unknown(local, context)
    return _mailbox(request, recipient, content, context, entry)


async def _alias(local: str, user: str, context: AgentContext) -> Outcome | None:
    """What alias_maps say of a name; None when it is no alias."""
    aliases = MapList(context.config, context.config.alias_maps, "alias_maps")
    for name in dict.fromkeys((local, user)):
        value = await aliases.find(name, context.waiter) if aliases else None
        if value is not None:
            return deferred("4.3.5", f"alias {name}: alias expansion is not available")
    if local in REQUIRED_ALIASES:
        context.log.warning(context.service, f"required alias not found: {local}")
        return sent("discarded")
    return None


def _unknown(local: str, context: AgentContext) -> Outcome:
    for name in ("luser_relay", "fallback_transport", "fallback_transport_maps"):
        if context.config.text(name):
            return deferred("4.3.5", f"{name} is not available")
    return bounced("5.1.1", f'unknown user: "{local}"')


def _mailbox(
    request: DeliveryRequest,
    recipient: RequestRecipient,
    content: ContentReader,
    context: AgentContext,
    entry: pwd.struct_passwd,
) -> Outcome:
    """home_mailbox, else the user's file or Maildir in mail_spool_directory."""
    config = context.config
    for name in (
        "mailbox_transport",
        "mailbox_transport_maps",
        "mailbox_command",
        "mailbox_command_maps",
    ):
        if config.text(name):
            return deferred("4.3.5", f"{name} is not available")
    original = (recipient.original or recipient.address) if config.enable_original_recipient else ""
    prepended = Prepended(request.sender, original, recipient.address)
    rights = Rights(entry.pw_uid, entry.pw_gid)
    home = config.home_mailbox
    spool = config.mail_spool_directory.rstrip("/") + "/" + entry.pw_name
    path = f"{entry.pw_dir}/{home}" if home else spool
    as_root = entry.pw_uid == 0 and is_privileged()
    try:
        if home.endswith("/") or (not home and config.mail_spool_directory.endswith("/")):
            return deliver_maildir(
                path.rstrip("/") + "/",
                rights,
                prepended,
                content,
                config.myhostname,
                lambda text: context.log.warning(context.service, text),
                as_root,
            )
        mailbox = _file(config, path, entry, rights, in_spool=not home, as_root=as_root)
        return append_message(mailbox, prepended, content, context.clock.now())
    except RightsRefused as refused:
        return deferred("4.2.0", f"cannot deliver to user {entry.pw_name}: {refused}")


def _file(
    config: Config,
    path: str,
    entry: pwd.struct_passwd,
    rights: Rights,
    in_spool: bool,
    as_root: bool,
) -> Mailbox:
    methods = parse_methods(config.mailbox_delivery_lock)
    policy = LockPolicy(
        methods if isinstance(methods, tuple) else ("fcntl",),
        config.deliver_lock_attempts,
        config.deliver_lock_delay,
        config.stale_lock_time,
    )
    return Mailbox(
        path,
        entry.pw_name,
        rights,
        in_spool,
        config.mailbox_size_limit,
        policy,
        config.strict_mailbox_ownership,
        as_root,
    )
