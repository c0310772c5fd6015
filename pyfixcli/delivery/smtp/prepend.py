"""Headers that ``flags=DOR`` put before a message on its way out (smtp(8), command attribute syntax)."""

from __future__ import annotations

from collections.abc import Iterator

from pyfixcli.mail.address import quote_address
from pyfixcli.mail.delivery import DeliveryRequest


def with_prepended(
    flags: str, request: DeliveryRequest, chunks: Iterator[bytes]
) -> Iterator[bytes]:
    """The content with Delivered-To:, X-Original-To: and Return-Path: as the flags say."""
    headers = prepended_headers(flags, request)
    if headers:
        yield headers
    yield from chunks


def prepended_headers(flags: str, request: DeliveryRequest) -> bytes:
    """The headers alone. Those about a recipient are for requests with one recipient."""
    recipient = request.recipients[0]
    lines = []
    if "R" in flags:
        lines.append(f"Return-Path: <{quote_address(request.sender)}>\n")
    if "O" in flags:
        original = recipient.original or recipient.address
        lines.append(f"X-Original-To: {quote_address(original)}\n")
    if "D" in flags:
        lines.append(f"Delivered-To: {quote_address(recipient.address)}\n")
    return "".join(lines).encode("utf-8", "surrogateescape")
