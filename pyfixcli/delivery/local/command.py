"""Deliveries to a command (local(8): EXTERNAL COMMAND DELIVERY)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyfixcli.base.environment import DEFAULT_PATH, selected_environment
from pyfixcli.config.expand import ExpansionError
from pyfixcli.delivery.agent import Outcome, bounced, deferred
from pyfixcli.delivery.command import Command, judge_command, run_command
from pyfixcli.delivery.local.attempt import Attempt, Target
from pyfixcli.delivery.local.context import User
from pyfixcli.delivery.local.expansion import attributes, censor, expand_parameter
from pyfixcli.delivery.local.file_format import prepended
from pyfixcli.mail.delivery import Status


def deliver_command(attempt: Attempt, target: Target, line: str) -> None:
    """Feed the message to a command that an alias or a .forward file names; each once."""
    user = target.user or attempt.context.default_user
    if target.kind not in attempt.context.command_kinds:
        attempt.report(target, bounced("5.7.1", "mail to command is restricted"))
        return
    if attempt.seen.is_repeated(f"command {user.rights.uid} {line}"):
        return
    attempt.report(target, run_for(attempt, target, user, line), tells_owner=True)


def run_for(attempt: Attempt, target: Target, user: User, line: str) -> Outcome:
    """Run a command line for a target, with the rights of this user."""
    if attempt.is_probe:
        return Outcome(Status.SENT, "2.0.0", f"delivers to command: {line}")
    agent, config = attempt.context.agent, attempt.config
    try:
        directory = expand_parameter(
            config.raw("command_execution_directory") or "",
            attributes(attempt, target),
            config.execution_directory_expansion_filter,
        )
    except ExpansionError as error:
        attempt.warn(f"command_execution_directory: {error}")
        return deferred("4.3.5", "mail system configuration error")
    command = Command(
        line,
        agent.service,
        user.rights,
        environment(attempt, target, user),
        directory or config.queue_directory,
        config.command_time_limit,
        runner=tuple(config.local_command_shell.split()),
    )
    agent.durable.hurry()
    try:
        end = run_command(command, _message(attempt, target))
    except OSError as error:
        return deferred("4.3.0", f"cannot run a command: {error.strerror}")
    if end.complaint:
        agent.log.fatal(agent.service, end.complaint)
    return judge_command(command, end, f"delivered to command: {line}")


def _message(attempt: Attempt, target: Target) -> Iterator[bytes]:
    """The message with its envelope before it; nothing in it is quoted."""
    before = prepended(attempt, target, "command")
    yield before.from_line(attempt.context.agent.clock.now()) + before.headers()
    yield from attempt.content.chunks()


def environment(attempt: Attempt, target: Target, user: User) -> Mapping[str, str]:
    """The environment of a command: what is known of the delivery, and what export_environment names."""
    config, request = attempt.config, attempt.request
    known = attributes(attempt, target)
    allowed = config.command_expansion_filter
    values = {
        "HOME": user.home,
        "SHELL": user.shell,
        "USER": known["user"],
        "LOGNAME": known["user"],
        "EXTENSION": known["extension"],
        "DOMAIN": known["domain"],
        "LOCAL": known["local"],
        "RECIPIENT": target.address,
        "ORIGINAL_RECIPIENT": target.original,
        "CLIENT_ADDRESS": request.client_address,
        "CLIENT_HELO": request.helo,
        "CLIENT_HOSTNAME": request.client_name,
        "CLIENT_PROTOCOL": request.protocol,
    }
    found = {name: censor(value, allowed) for name, value in values.items() if value}
    return {
        "PATH": DEFAULT_PATH,
        **selected_environment(config.export_environment),
        **found,
        "SENDER": censor(target.sender, allowed),
    }
