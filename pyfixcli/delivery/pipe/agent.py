"""pipe(8): one delivery to an external command, for all recipients of a request at once.

The command is executed as it is, never by a shell. Diagnostics: what its end means is in delivery/command.py; a service that
cannot be used is logged, and its mail waits.

Bugs: SASL attributes of the client are empty.
"""

from __future__ import annotations

import os
from dataclasses import replace

from pyfixcli.base.environment import DEFAULT_PATH, selected_environment
from pyfixcli.base.privilege import is_privileged
from pyfixcli.config.extensions import read_extensions
from pyfixcli.delivery.agent import (
    PROBES,
    AgentContext,
    ContentReader,
    Outcome,
    bounced,
    deferred,
    report,
    sent,
)
from pyfixcli.delivery.command import (
    Command,
    CommandEnd,
    judge_command,
    run_command,
)
from pyfixcli.delivery.delivered_to import is_delivered_before
from pyfixcli.delivery.pipe.attributes import find_rights, parse_attributes
from pyfixcli.delivery.pipe.macros import BadMacro, UnknownMacro, expand_arguments
from pyfixcli.delivery.pipe.message import message_pieces
from pyfixcli.delivery.status_filter import filter_status
from pyfixcli.mail.address import quote_address
from pyfixcli.mail.delivery import DeliveryRequest, DeliveryResult, Status
from pyfixcli.maps.lookup import MapList

RELAYED = "relayed"  # RFC 3464: the command is not the end of the way
SHOWN_OUTPUT = 100  # characters of the output of a command that succeeded
UNUSABLE = deferred("4.3.5", "mail system configuration error")
FOR_ONE = ("D", "O")  # flags that make sense for a request with one recipient


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
        outcome = self._attempt(request, content)
        if self._filter and not request.flags & PROBES:
            outcome = await filter_status(self._context, self._filter, outcome)
        return [
            report(self._context, request, recipient, outcome, request.service, started)
            for recipient in request.recipients
        ]

    # -- the attempts, in order ------------------------------------------------------------

    def _attempt(self, request: DeliveryRequest, content: ContentReader) -> Outcome:
        attributes, agent = self._attributes, self._context
        for flag in FOR_ONE:
            if flag in attributes.flags and len(request.recipients) > 1:
                limit = f"{self._service}_destination_recipient_limit"
                self._warn(f"pipe flag `{flag}' requires {limit} = 1")
                return UNUSABLE
        address = request.recipients[0].address
        if "D" in attributes.flags and is_delivered_before(content, address):
            return bounced("5.4.6", f"mail forwarding loop for {quote_address(address)}")
        if attributes.size_limit and request.size > attributes.size_limit:
            return bounced("5.2.3", "message too large")
        try:
            arguments = expand_arguments(attributes, request, read_extensions(agent.config))
        except UnknownMacro as error:
            self._complain(str(error))
            return UNUSABLE
        except BadMacro as error:
            self._warn(str(error))
            return UNUSABLE
        if request.flags & PROBES:
            return sent(f"delivers to command: {arguments[0]}")
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
        agent.durable.hurry()
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
            return replace(outcome, action=RELAYED)
        return outcome

    def _complain(self, text: str) -> None:
        path = f"{self._context.config.config_directory}/master.cf"
        self._warn(f"file {path}: service {self._service}: {text}")

    def _warn(self, text: str) -> None:
        self._context.log.warning(self._context.service, text)
