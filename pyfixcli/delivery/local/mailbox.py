"""The mailbox of a user: transport, command, home_mailbox or the spool, in this order (local(8))."""

from __future__ import annotations

from dataclasses import replace

from pyfixcli.base.privilege import RightsRefused, is_privileged
from pyfixcli.delivery.agent import Outcome, deferred
from pyfixcli.delivery.durable import NOW
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.command import run_for
from pyfixcli.delivery.local.context import User
from pyfixcli.delivery.local.file_format import lock_policy, prepended
from pyfixcli.delivery.local.transport import pass_to_transport
from pyfixcli.delivery.mailbox import Mailbox, append_message
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.mail.delivery import Status
from pyfixcli.maps.table import TableFailure


async def deliver_mailbox(attempt: Attempt, target: Target) -> bool:
    """Deliver to the mailbox; False when there is no such user and no transport that knows better."""
    if attempt.seen.is_repeated(f"mailbox {target.local}"):
        return True
    if await pass_to_transport(attempt, target, "mailbox_transport"):
        return True
    name, _ = target.names(attempt.config)
    user = attempt.find_user(name)
    if user is None:
        return False
    target = replace(attempt.reached(target), user=user)
    attempt.report(target, await _deliver(attempt, target, user))
    return True


async def _deliver(attempt: Attempt, target: Target, user: User) -> Outcome:
    config, agent = attempt.config, attempt.context.agent
    maps = attempt.context.user_maps
    try:
        found = await maps.find("mailbox_command_maps", user.name, agent.waiter, attempt.warn)
    except TableFailure as failure:
        attempt.warn(str(failure))
        return deferred("4.3.0", "mailbox_command_maps: temporary lookup failure")
    command = found or config.raw("mailbox_command")
    if command:
        runner = attempt.context.default_user if user.rights.uid == 0 else user
        return run_for(attempt, target, replace(user, rights=runner.rights), command)
    try:
        return await _deliver_file(attempt, target, user)
    except RightsRefused as refused:
        return deferred("4.2.0", f"cannot deliver to user {user.name}: {refused}")


async def _deliver_file(attempt: Attempt, target: Target, user: User) -> Outcome:
    """home_mailbox, else the user's file or Maildir in mail_spool_directory."""
    config, agent = attempt.config, attempt.context.agent
    home, spool = config.home_mailbox, config.mail_spool_directory
    path = f"{user.home}/{home}" if home else f"{spool.rstrip('/')}/{user.name}"
    is_maildir = (home or spool).endswith("/")
    if attempt.is_probe:
        return Outcome(
            Status.SENT, "2.0.0", f"delivers to {'maildir' if is_maildir else 'mailbox'}"
        )
    as_root = user.rights.uid == 0 and is_privileged()
    before = prepended(attempt, target, "file")
    if is_maildir:
        return await deliver_maildir(
            path.rstrip("/") + "/",
            user.rights,
            before,
            attempt.content,
            config.myhostname,
            attempt.warn,
            as_root,
            size_limit=config.mailbox_size_limit,
            durable=NOW if target.level else agent.durable,
        )
    mailbox = Mailbox(
        path,
        user.name,
        user.rights,
        not home,
        config.mailbox_size_limit,
        lock_policy(config),
        config.strict_mailbox_ownership,
        as_root,
        warn=attempt.warn,
    )
    agent.durable.hurry()  # others may hold the lock
    return append_message(mailbox, before, attempt.content, agent.clock.now())
