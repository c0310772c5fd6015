"""Deliveries to a file or a Maildir that an alias or a .forward file names (local(8): EXTERNAL FILE DELIVERY)."""

from __future__ import annotations

from dataclasses import replace

from pyfixcli.base.privilege import RightsRefused
from pyfixcli.delivery.agent import Outcome, bounced, deferred
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.file_format import lock_policy, prepended
from pyfixcli.delivery.mailbox import Mailbox, append_message
from pyfixcli.delivery.maildir import deliver_maildir
from pyfixcli.mail.delivery import Status


async def deliver_file(attempt: Attempt, target: Target, path: str) -> None:
    """Deliver to a file, to a Maildir when the name ends with a slash; each once."""
    user = target.user or attempt.context.default_user
    if target.kind not in attempt.context.file_kinds:
        attempt.report(target, bounced("5.7.1", "mail to file is restricted"), tells_owner=True)
        return
    if attempt.seen.is_repeated(f"file {user.rights.uid} {path}"):
        return
    if attempt.is_probe:
        attempt.report(target, Outcome(Status.SENT, "2.0.0", f"delivers to file: {path}"))
        return
    try:
        outcome = await _deliver(attempt, replace(target, user=user), path)
    except RightsRefused as refused:
        outcome = deferred("4.3.0", f"cannot deliver to file {path}: {refused}")
    attempt.report(target, outcome, tells_owner=True)


async def _deliver(attempt: Attempt, target: Target, path: str) -> Outcome:
    config, agent, user = attempt.config, attempt.context.agent, target.user
    assert user is not None
    before = prepended(attempt, target, "file")
    if path.endswith("/"):
        return await deliver_maildir(
            path,
            user.rights,
            before,
            attempt.content,
            config.myhostname,
            attempt.warn,
            size_limit=config.mailbox_size_limit,
        )
    mailbox = Mailbox(
        path,
        user.name,
        user.rights,
        in_spool=False,
        size_limit=config.mailbox_size_limit,
        locks=lock_policy(config),
        strict_owner=False,
        complaint=f"cannot append message to file {path}: ",
        is_external=True,
        warn=attempt.warn,
    )
    agent.durable.hurry()  # others may hold the lock
    outcome = append_message(mailbox, before, attempt.content, agent.clock.now())
    if outcome.status is Status.SENT:
        return replace(outcome, text=f"delivered to file: {path}")
    return outcome
