"""Delivered-To: which addresses has this message been delivered to before?"""

from __future__ import annotations

from pyfixcli.delivery.agent import ContentReader
from pyfixcli.mail.address import quote_address

MAX_HEADER = 1024 * 1024
_NAME = b"delivered-to:"


def delivered_addresses(content: ContentReader) -> frozenset[str]:
    """The addresses that Delivered-To: headers name, in external form and lower case."""
    header = _read_header(content)
    if _NAME not in header.lower():
        return frozenset()
    folded = (line.lower() for line in header.split(b"\n"))
    return frozenset(
        line[len(_NAME) :].strip().decode("utf-8", "surrogateescape")
        for line in folded
        if line.startswith(_NAME)
    )


def _read_header(content: ContentReader) -> bytes:
    header = b""
    for chunk in content.chunks():
        header += chunk
        end = header.find(b"\n\n")
        if end >= 0:
            return header[:end]
        if len(header) > MAX_HEADER:
            break
    return header


def is_delivered_before(content: ContentReader, address: str) -> bool:
    """Whether a Delivered-To: header names the address (a mail loop)."""
    return quote_address(address).lower() in delivered_addresses(content)
