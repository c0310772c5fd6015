"""The cleanup pipeline of one view of the configuration (cleanup(8)); cleanup/message.py is one message in it."""

from __future__ import annotations

from dataclasses import replace

from pyfixcli.base.errors import ConfigError
from pyfixcli.cleanup.address_stages import AddressStages
from pyfixcli.cleanup.characters import compile_rejected, parse_characters
from pyfixcli.cleanup.checks import ContentChecks
from pyfixcli.cleanup.envelope import EnvelopeRules
from pyfixcli.cleanup.headers import HeaderRules
from pyfixcli.cleanup.known_results import KnownResults
from pyfixcli.cleanup.message import Message
from pyfixcli.cleanup.octets import utf8_classes
from pyfixcli.cleanup.outcome import ContentSink
from pyfixcli.cleanup.reception import SERVICES, Reception, without_mappings
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import Origin
from pyfixcli.mail.mime import Fault, MimeRules
from pyfixcli.maps.lookup import Waiter
from pyfixcli.rewrite.address_class import Domains
from pyfixcli.rewrite.rewrite import Rewriter

EVERYTHING = Reception()


def mime_rules(config: Config) -> MimeRules:
    """What is looked at in messages that come in."""
    strict = config.strict_8bitmime
    wanted = {
        Fault.NESTING: True,
        Fault.HEADER_8BIT: strict or config.strict_7bit_headers,
        Fault.BODY_8BIT: strict or config.strict_8bitmime_body,
        Fault.DOMAIN: config.strict_mime_encoding_domain,
    }
    return MimeRules(
        header_size=config.header_size_limit,
        line_length=config.line_length_limit,
        nesting=config.mime_nesting_limit,
        boundary_length=config.mime_boundary_length_limit,
        has_parts=not config.disable_mime_input_processing,
        separates=True,
        faults=frozenset(fault for fault, is_wanted in wanted.items() if is_wanted),
    )


class Cleanup:
    """What all messages of a view have in common. ConfigError for parameters that make no sense."""

    def __init__(self, config: Config, rewriter: Rewriter, log: MailLog, waiter: Waiter) -> None:
        self._config = config
        self._waiter = waiter
        self._unmapped: Cleanup | None = None
        self.rewriter = rewriter
        self.log = log
        self.rules = HeaderRules.of(config)
        domains = Domains(config, waiter)
        self.known = KnownResults()
        self.addresses = AddressStages(config, rewriter, domains, waiter, self.known)
        self.envelope_rules = EnvelopeRules(config, self.addresses, domains, waiter)
        self.header_checks = ContentChecks(config, "header_checks", waiter)
        self.mime_header_checks = ContentChecks(config, "mime_header_checks", waiter)
        self.nested_header_checks = ContentChecks(config, "nested_header_checks", waiter)
        self.milter_header_checks = ContentChecks(config, "milter_header_checks", waiter)
        self.body_checks = ContentChecks(config, "body_checks", waiter)
        self.body_checks_size_limit = config.body_checks_size_limit
        self.mime_rules = mime_rules(config)
        self.unchecked_mime_rules = replace(self.mime_rules, faults=frozenset())
        self.stripped = parse_characters(config.message_strip_characters)
        self.rejected = compile_rejected(config.message_reject_characters)
        self.detects_8bit = config.detect_8bit_encoding_header
        self.utf8_classes = utf8_classes(config)
        self.header_size_limit = config.header_size_limit
        self.line_length_limit = config.line_length_limit
        self.message_size_limit = config.message_size_limit
        self.replaces_stray_cr = config.cleanup_replace_stray_cr_lf
        self.delay_warning_time = config.delay_warning_time

    def check(self) -> None:
        """ConfigError when no message can be taken, whatever it is."""
        if self.addresses.problem:
            raise ConfigError(self.addresses.problem)

    @property
    def config(self) -> Config:
        """The view that this is made of."""
        return self._config

    def begin(
        self,
        origin: Origin,
        queue_id: str,
        sink: ContentSink,
        reception: Reception = EVERYTHING,
    ) -> Message:
        """A message that comes in. What ``reception`` says is for services that receive mail."""
        if origin.service not in SERVICES:
            reception = EVERYTHING
        cleanup = self if reception.maps_addresses else self._without_mappings()
        return Message(cleanup, origin, queue_id, sink, reception)

    def _without_mappings(self) -> Cleanup:
        """The same for mail whose addresses are not mapped (receive_override_options)."""
        if self._unmapped is None:
            config = without_mappings(self._config)
            self._unmapped = Cleanup(config, self.rewriter, self.log, self._waiter)
        return self._unmapped
