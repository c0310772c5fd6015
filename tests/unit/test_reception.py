"""content_filter and receive_override_options of a receiving service; hop counting. Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.base.errors import ConfigError
from pyfixcli.cleanup.outcome import Accepted, Outcome, Refused
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.cleanup.reception import Reception, access_view
from pyfixcli.config.load import load_config
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import Asked, Origin
from pyfixcli.mail.recipient import Recipient
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.rewrite import Rewriter

RULES = """
virtual_alias_maps = inline:{alice@example.test=bob@example.test}
canonical_maps = inline:{s@example.test=t@example.test}
always_bcc = copy@example.test
header_checks = regexp:{{/^X-No/ REJECT} {/^X-Filter/ FILTER smtp:checks}}
body_checks = regexp:{{/^no/ REJECT}}
"""


class Sink:
    """Collects what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        """Take octets."""
        self.data += data

    def close(self) -> None:
        """Nothing is held."""


def receive(
    place: Path, text: bytes, settings: str, service: str = "smtpd", asked: Asked | None = None
) -> tuple[Outcome, str]:
    """A message through cleanup as the service takes it; the outcome and the log."""
    (place / "main.cf").write_text(f"myhostname=mail.example.test\n{settings}")
    config = load_config(str(place))
    logged = Sink()
    log = MailLog(logged, "postfix", "mail", SystemClock())
    cleanup = Cleanup(config, Rewriter(config), log, BlockingWaiter())
    origin = Origin(
        service=service,
        sender="s@example.test",
        recipients=(Recipient("alice@example.test"),),
        arrival_time=1795493378.0,
    )
    message = cleanup.begin(origin, "2BFB71051", Sink(), Reception.of(config))

    async def go() -> Outcome:
        await message.feed(text)
        message.ask(asked or Asked())
        return await message.finish()

    outcome = drive(go())
    return outcome, logged.data.decode()


def addresses(outcome: Outcome) -> list[str]:
    """Sender and recipients."""
    assert isinstance(outcome, Accepted)
    envelope = outcome.envelope
    return [envelope.sender, *(recipient.address for recipient in envelope.recipients)]


def test_addresses_are_mapped_unless_told_otherwise(place: Path) -> None:
    """no_address_mappings: canonical, virtual aliases and copies are left out."""
    plain, _ = receive(place, b"Subject: x\n\nx\n", RULES)
    assert addresses(plain) == ["t@example.test", "bob@example.test", "copy@example.test"]
    option = "receive_override_options = no_address_mappings\n"
    kept, _ = receive(place, b"Subject: x\n\nx\n", RULES + option)
    assert addresses(kept) == ["s@example.test", "alice@example.test"]


@pytest.mark.parametrize("text", [b"X-No: 1\n\nx\n", b"Subject: x\n\nno\n"])
def test_content_is_checked_unless_told_otherwise(place: Path, text: bytes) -> None:
    """no_header_body_checks, in any case of letters."""
    refused, _ = receive(place, text, RULES)
    assert isinstance(refused, Refused)
    option = "receive_override_options = No_Header_Body_Checks, no_milters\n"
    taken, _ = receive(place, text, RULES + option)
    assert isinstance(taken, Accepted)


def test_mail_of_the_system_is_not_concerned(place: Path) -> None:
    """A notice goes to its recipient, not to the content filter."""
    outcome, _ = receive(place, b"Subject: x\n\nx\n", "content_filter = smtp:away\n", "bounce")
    assert isinstance(outcome, Accepted) and outcome.envelope.content_filter == ""


def test_unknown_option(place: Path) -> None:
    """The option and the whole value are named."""
    config = Config(str(place), {"receive_override_options": "no_milters nothing"})
    with pytest.raises(ConfigError, match='value "nothing" in "no_milters nothing"'):
        Reception.of(config)


@pytest.mark.parametrize(
    ("text", "asked", "wanted"),
    [
        (b"Subject: x\n\nx\n", Asked(), "smtp:main"),
        (b"Subject: x\n\nx\n", Asked(content_filter="smtp:access"), "smtp:access"),
        (b"X-Filter: x\n\nx\n", Asked(content_filter="smtp:access"), "smtp:checks"),
        (b"X-Filter: x\n\nx\n", Asked(redirect="r@example.test"), ""),
    ],
)
def test_what_asks_last_for_a_filter_wins(
    place: Path, text: bytes, asked: Asked, wanted: str
) -> None:
    """REDIRECT, FILTER of tables for content, of tables for clients, content_filter."""
    outcome, _ = receive(place, text, RULES + "content_filter = smtp:main\n", asked=asked)
    assert isinstance(outcome, Accepted) and outcome.envelope.content_filter == wanted


def test_s17_too_many_hops(place: Path) -> None:
    """hopcount_limit Received: headers are too many; a client of SMTP is refused."""
    text = b"Received: from a\n" * 3 + b"Message-Id: <x@y>\n\nx\n"
    outcome, log = receive(place, text, "hopcount_limit = 3\n")
    assert isinstance(outcome, Refused) and outcome.text == "too many hops"
    assert log.count("message rejected: hopcount exceeded") == 1
    outcome, log = receive(place, text, "hopcount_limit = 5\n")
    assert isinstance(outcome, Accepted) and "hopcount" not in log


def test_unknown_recipients_may_pass(place: Path) -> None:
    """no_unknown_recipient_checks stands over smtpd_reject_unlisted_recipient."""
    config = Config(str(place), {"smtpd_reject_unlisted_recipient": "yes"})
    assert access_view(config) is config
    config = Config(str(place), {"receive_override_options": "no_unknown_recipient_checks"})
    assert not access_view(config).smtpd_reject_unlisted_recipient
