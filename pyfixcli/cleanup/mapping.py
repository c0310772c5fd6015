"""What the stages that look addresses up have in common: classes, warnings, and tables that fail."""

from __future__ import annotations

import enum
from collections.abc import Callable

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.snapshot import Config
from pyfixcli.mail.address import quote_address
from pyfixcli.maps.address_lookup import AddressLookup, Found, LookupFailed

Warn = Callable[[str], None]  # takes a line about the message; the queue id is added


class Warnings:
    """Passes lines about a message on, and counts them."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self.count = 0

    def __call__(self, line: str) -> None:
        """As Warn."""
        self.count += 1
        self._warn(line)


NOT_ACCEPTED = "message not accepted, try again later"


class NotMapped(Exception):
    """An address cannot be mapped now: the message is not accepted.

    ``about_tables`` are warnings without a queue id, ``line`` is the one about the message (empty: none),
    ``dsn`` the enhanced status code of the refusal; ``problem`` is what keeps all messages out (empty: nothing).
    """

    def __init__(
        self,
        line: str,
        dsn: str = "4.3.0",
        about_tables: list[str] | None = None,
        problem: str = "",
    ) -> None:
        super().__init__(line or problem)
        self.line = line
        self.problem = problem
        self.dsn = dsn
        self.about_tables = about_tables or []


class AddressKind(enum.Enum):
    """Where an address stands; the values are the words of the *_classes parameters."""

    ENVELOPE_SENDER = "envelope_sender"
    ENVELOPE_RECIPIENT = "envelope_recipient"
    HEADER_SENDER = "header_sender"
    HEADER_RECIPIENT = "header_recipient"


def read_classes(config: Config, name: str) -> frozenset[AddressKind]:
    """The classes of a parameter; ConfigError for a word that is none."""
    text = config.text(name)
    try:
        return frozenset(AddressKind(word) for word in text.replace(",", " ").split())
    except ValueError as error:
        word = next(w for w in text.replace(",", " ").split() if w not in _WORDS)
        raise ConfigError(f'unknown {name} value "{word}" in "{text}"') from error


_WORDS = frozenset(kind.value for kind in AddressKind)


async def find_mapping(lookup: AddressLookup, address: str) -> Found | None:
    """What the tables have for an address; NotMapped when they cannot tell."""
    try:
        return await lookup.find(address)
    except LookupFailed as failed:
        shown = quote_address(address)
        line = f"{lookup.title} map lookup problem for {shown} -- {NOT_ACCEPTED}"
        raise NotMapped(line, about_tables=failed.warnings) from failed


def is_propagated(config: Config, feature: str) -> bool:
    """Whether propagate_unmatched_extensions names a feature."""
    return feature in config.propagate_unmatched_extensions.replace(",", " ").split()
