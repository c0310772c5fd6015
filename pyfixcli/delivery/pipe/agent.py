"""pipe(8): one delivery to an external command, for all recipients of a request at once.

The command is executed as it is, never by a shell. Diagnostics: what its end means is in delivery/command.py; a service that
cannot be used is logged, and its mail waits.

Bugs: SASL attributes of the client are empty.
"""

from __future__ import annotations

import os

import msgspec

from pyfixcli.base.environment import DEFAULT_PATH, selected_environment
from pyfixcli.base.privilege import is_privileged
from pyfixcli.delivery.agent import (
    AgentContext,
    ContentReader,
    Outcome,
    bounced,
    deferred,
    report,
)
from pyfixcli.delivery.command import (
    Command,
    CommandEnd,
    judge_command,
    run_command,
)
from pyfixcli.delivery.local.delivered import is_delivered_before
from pyfixcli.delivery.pipe.attributes import Attributes, find_rights, parse_attributes
from pyfixcli.delivery.pipe.macros import BadMacro, UnknownMacro, expand_arguments
from pyfixcli.delivery.pipe.message import message_pieces
from pyfixcli.delivery.smtp.reply_filter import filter_status
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, RequestRecipient, Status
from pyfixcli.mail.envelope import FLAG_PROBE, FLAG_VERIFY_ONLY
from pyfixcli.maps.lookup import MapList

SHOWN_OUTPUT = 100  # characters of the output of a command that succeeded
UNUSABLE = deferred("4.3.5", "mail system configuration error")
FOR_ONE = frozenset("DO")  # flags that make sense for a request with one recipient


class PipeAgent:
    """Delivers for one service of master.cf. Raises ConfigError for arguments that cannot be used."""

    def __init__(self, context: AgentContext, service: str, arguments: tuple[str, ...]) -> None:
        config = context.config
        self._context = context
        self._service = service
        self._attributes = parse_attributes(arguments)
        self._rights = find_rights(self._attributes, config)
        limit = config.seconds("command_time_limit", 1000.0)
        self._time_limit = config.seconds(f"{service}_time_limit", limit)
        name = "pipe_delivery_status_filter"
        self._filter = MapList(config, config.text(name), name, fold=False)

    async def deliver(
        self, request: DeliveryRequest, content: ContentReader
    ) -> list[DeliveryResult]:
        """A result for each recipient, each logged."""
        started = self._context.clock.now()
        remaining, results = request.recipients, []
        if "D" in self._attributes.flags and not self._is_overloaded(request):
            remaining = tuple(
                to for to in remaining if not is_delivered_before(content, to.address)
            )
            results = [
                await self._report(request, to, _looping(to), started)
                for to in request.recipients
                if to not in remaining
            ]
        if remaining:
            rest = msgspec.structs.replace(request, recipients=remaining)
            outcome = self._attempt(rest, content)
            results += [await self._report(request, to, outcome, started) for to in remaining]
        return results

    def _is_overloaded(self, request: DeliveryRequest) -> bool:
        """Whether the flags are for one recipient, and there are several."""
        return len(request.recipients) > 1 and bool(self._attributes.flags & FOR_ONE)

    async def _report(
        self,
        request: DeliveryRequest,
        recipient: RequestRecipient,
        outcome: Outcome,
        started: float,
    ) -> DeliveryResult:
        if self._filter and outcome.status is not Status.DELIVERABLE:
            outcome = await filter_status(self._context, self._filter, outcome)
        return report(self._context, request, recipient, outcome, request.service, started)

    # -- the attempts, in order ------------------------------------------------------------

    def _attempt(self, request: DeliveryRequest, content: ContentReader) -> Outcome:
        attributes, agent = self._attributes, self._context
        if self._is_overloaded(request):
            limit = f"{self._service}_destination_recipient_limit"
            self._warn(f"pipe flag `{_first(attributes)}' requires {limit} = 1")
            return UNUSABLE
        if attributes.size_limit and request.size > attributes.size_limit:
            return bounced("5.2.3", "message too large")
        try:
            arguments = expand_arguments(attributes, request, agent.config.recipient_delimiter)
        except UnknownMacro as error:
            self._complain(str(error))
            return UNUSABLE
        except BadMacro as error:
            self._warn(str(error))
            return UNUSABLE
        if request.flags & (FLAG_VERIFY_ONLY | FLAG_PROBE):
            return Outcome(Status.DELIVERABLE, "2.0.0", f"delivers to command: {arguments[0]}")
        return self._run(arguments, request, content)

    def _run(
        self, arguments: tuple[str, ...], request: DeliveryRequest, content: ContentReader
    ) -> Outcome:
        attributes, agent = self._attributes, self._context
        if not is_privileged() and self._rights.uid != os.geteuid():
            self._complain(f"user {attributes.user} is not the user of this instance")
            return UNUSABLE
        command = Command(
            arguments,
            agent.service,
            self._rights,
            {"PATH": DEFAULT_PATH, **selected_environment(agent.config.export_environment)},
            attributes.directory or ("/" if attributes.chroot else agent.config.queue_directory),
            self._time_limit,
            attributes.chroot,
        )
        has_original = agent.config.enable_original_recipient
        now = agent.clock.now()
        try:
            pieces = message_pieces(attributes, request, content, has_original, now)
            end = run_command(command, pieces)
        except OSError as error:
            return deferred("4.3.0", f"cannot run a command: {error.strerror}")
        if end.complaint:
            agent.log.fatal(agent.service, end.complaint)
        return self._judge(command, end)

    def _judge(self, command: Command, end: CommandEnd) -> Outcome:
        delivered = f"delivered via {self._service} service"
        if shown := end.output.rstrip()[:SHOWN_OUTPUT]:
            delivered = f"{delivered} ({shown})"
        outcome = judge_command(command, end, delivered)
        if outcome.status is Status.SENT and "X" not in self._attributes.flags:
            return sent_on(outcome)
        return outcome

    def _complain(self, text: str) -> None:
        path = f"{self._context.config.config_directory}/master.cf"
        self._warn(f"file {path}: service {self._service}: {text}")

    def _warn(self, text: str) -> None:
        self._context.log.warning(self._context.service, text)


def sent_on(outcome: Outcome) -> Outcome:
    """Success of a command that is not the end of the way (RFC 3464: relayed)."""
    return Outcome(outcome.status, outcome.dsn, outcome.text, "relayed")


def _looping(recipient: RequestRecipient) -> Outcome:
    return bounced("5.4.6", f"mail forwarding loop for {quote_address(recipient.address)}")


def _first(attributes: Attributes) -> str:
    return "D" if "D" in attributes.flags else "O"
