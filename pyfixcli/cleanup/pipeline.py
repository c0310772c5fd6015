"""The cleanup pipeline of one view of the configuration (cleanup(8)); cleanup/message.py is one message in it."""

from __future__ import annotations

from pyfixcli.cleanup.address_stages import AddressStages
from pyfixcli.cleanup.checks import HeaderChecks
from pyfixcli.cleanup.envelope import EnvelopeRules
from pyfixcli.cleanup.headers import HeaderRules, KnownHeaders
from pyfixcli.cleanup.message import Message
from pyfixcli.cleanup.octets import utf8_classes
from pyfixcli.cleanup.outcome import ContentSink
from pyfixcli.config.snapshot import Config
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import Origin
from pyfixcli.maps.lookup import Waiter
from pyfixcli.rewrite.address_class import Domains
from pyfixcli.rewrite.rewrite import Rewriter


class Cleanup:
    """What all messages of a view have in common. ConfigError for parameters that make no sense."""

    def __init__(self, config: Config, rewriter: Rewriter, log: MailLog, waiter: Waiter) -> None:
        self.rewriter = rewriter
        self.log = log
        self.rules = HeaderRules.of(config)
        domains = Domains(config, waiter)
        self.addresses = AddressStages(config, rewriter, domains, waiter)
        self.envelope_rules = EnvelopeRules(config, self.addresses, domains, waiter)
        self.known_headers = KnownHeaders()
        self.header_checks = HeaderChecks(config, "header_checks", waiter)
        self.utf8_classes = utf8_classes(config)
        self.header_size_limit = config.header_size_limit
        self.line_length_limit = config.line_length_limit
        self.message_size_limit = config.message_size_limit
        self.replaces_stray_cr = config.cleanup_replace_stray_cr_lf
        self.delay_warning_time = config.delay_warning_time

    def begin(self, origin: Origin, queue_id: str, sink: ContentSink) -> Message:
        """A message that comes in."""
        return Message(self, origin, queue_id, sink)
