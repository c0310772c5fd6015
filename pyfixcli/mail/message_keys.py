"""What header_checks(5) and body_checks(5) would look up of a message: its logical headers and its body lines (postmap(1): -b, -h, -m)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyfixcli.mail.mime import Body, Event, Field, MimeParser, MimeRules


def message_keys(
    lines: Iterable[bytes], has_headers: bool, has_body: bool, rules: MimeRules
) -> Iterator[bytes]:
    """Each logical header (with newlines in it) and body line, in order, as far as it is wanted.

    ``rules`` say whether parts are looked at; what follows the header of the message begins with an empty line.
    """
    parser = MimeParser(rules)
    for line in lines:
        whole = line if line.endswith(b"\n") else line + b"\n"
        yield from _keys(parser.feed(whole), has_headers, has_body)
    yield from _keys(parser.finish(), has_headers, has_body)


def _keys(events: list[Event], has_headers: bool, has_body: bool) -> Iterator[bytes]:
    """Body text comes in whole lines, since the parser was fed such."""
    for event in events:
        if isinstance(event, Field) and has_headers:
            yield event.text
        elif isinstance(event, Body) and has_body and event.octets:
            yield from event.octets.removesuffix(b"\n").split(b"\n")
