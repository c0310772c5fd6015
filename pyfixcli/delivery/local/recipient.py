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
from pyfixcli.delivery.local.alias import Alias, find_alias
from pyfixcli.delivery.local.delivered import is_delivered_before
from pyfixcli.delivery.mailbox import Mailbox, Prepended, append_message
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.mail.address import quote_address, split_address, split_extension
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_PROBE, FLAG_VERIFY_ONLY
from pyfixcli.maps.table import TableFailure

RELAY = "local"
REQUIRED_ALIASES = ("mailer-daemon", "postmaster")
MAX_DEPTH = 50  # aliases inside aliases


async def deliver_local(
    request: DeliveryRequest, content: ContentReader, context: AgentContext
) -> list[DeliveryResult]:
    """Deliver to each recipient of a request; every outcome is logged.

    A recipient that is an alias has the worst outcome of those it stands for.
    """
    results = []
    for recipient in request.recipients:
        started = context.clock.now()
        reported = []
        for target, outcome in await _deliver(request, recipient, content, context, ()):
            reported.append(report(context, request, target, outcome, RELAY, started))
        results.append(max(reported, key=lambda result: _WORSE.index(result.status)))
    return results


_WORSE = (Status.SENT, Status.BOUNCED, Status.DEFERRED)
Outcomes = list[tuple[RequestRecipient, Outcome]]


async def _deliver(
    request: DeliveryRequest,
    recipient: RequestRecipient,
    content: ContentReader,
    context: AgentContext,
    seen: tuple[str, ...],
) -> Outcomes:
    """The attempts in order; the first that applies decides. ``seen`` are the aliases above."""
    if is_delivered_before(content, recipient.address):
        text = f"mail forwarding loop for {quote_address(recipient.address)}"
        return [(recipient, bounced("5.4.6", text))]
    local = split_address(recipient.address)[0].lower()
    user, _extension = split_extension(local, context.config.recipient_delimiter)
    try:
        found = await find_alias((local, user), context, seen)
    except TableFailure as failure:
        context.log.warning(context.service, str(failure))
        return [(recipient, deferred("4.3.0", "alias database unavailable"))]
    if found is not None:
        return await _deliver_alias(request, recipient, content, context, seen, found)
    if local in REQUIRED_ALIASES:
        context.log.warning(context.service, f"required alias not found: {local}")
        return [(recipient, sent("discarded"))]
    try:
        entry = pwd.getpwnam(user)
    except (KeyError, ValueError, UnicodeEncodeError):
        return [(recipient, _unknown(local, context))]
    return [(recipient, _mailbox(request, recipient, content, context, entry))]


async def _deliver_alias(
    request: DeliveryRequest,
    recipient: RequestRecipient,
    content: ContentReader,
    context: AgentContext,
    seen: tuple[str, ...],
    found: Alias,
) -> Outcomes:
    """Every user that the alias stands for, once."""
    if len(seen) >= MAX_DEPTH:
        return [(recipient, bounced("5.4.6", "mail is looping or nested too deeply"))]
    if found.users is None:
        text = f"alias {found.name}: only names of local users can be expanded in this version"
        return [(recipient, deferred("4.3.5", text))]
    outcomes: Outcomes = []
    domain = context.config.myorigin
    for user in dict.fromkeys(found.users):
        target = RequestRecipient(
            recipient.index,
            f"{user}@{domain}",
            recipient.original or recipient.address,
            recipient.notify,
            recipient.orcpt,
        )
        outcomes += await _deliver(request, target, content, context, (*seen, found.name))
    return outcomes


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
    is_maildir = home.endswith("/") or (not home and config.mail_spool_directory.endswith("/"))
    if request.flags & (FLAG_VERIFY_ONLY | FLAG_PROBE):  # nothing is delivered
        return Outcome(
            Status.DELIVERABLE, "2.0.0", f"delivers to {'maildir' if is_maildir else 'mailbox'}"
        )
    try:
        if is_maildir:
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
