"""Mail for servers without 8BITMIME: 8bit and binary parts become quoted-printable (RFC 2045, RFC 6152).

Only parts whose Content-Transfer-Encoding says 8bit or binary change: a single part is encoded; a multipart or
a message keeps its text, says 7bit, and its own parts are looked at in turn. The header that says so goes to the
end of its block. Everything else passes as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pyfixcli.mail.mime import Body, Event, Field, MimeParser, MimeRules


class Downgrade:
    """Converts one message."""

    def __init__(self, rules: MimeRules) -> None:
        self._parser = MimeParser(replace(rules, converts=True))

    def convert(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """All of the message, with LF line ends, in pieces."""
        for chunk in chunks:
            yield join_events(self._parser.feed(chunk))
        yield join_events(self._parser.finish())


def join_events(events: list[Event]) -> bytes:
    """The octets that what a parser found stands for."""
    return b"".join(_octets(event) for event in events)


def _octets(event: Event) -> bytes:
    if isinstance(event, Body):
        return event.octets
    return event.text + b"\n" if isinstance(event, Field) else b""
