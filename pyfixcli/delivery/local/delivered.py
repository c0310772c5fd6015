"""Delivered-To: has this message been delivered to this address before?"""

from __future__ import annotations

from pyfixcli.delivery.agent import ContentReader
from pyfixcli.mail.address import quote_address

MAX_HEADER = 1024 * 1024
_NAME = b"delivered-to:"


def is_delivered_before(content: ContentReader, address: str) -> bool:
    """Whether a Delivered-To: header names the address (a mail loop)."""
    header = _read_header(content)
    if _NAME not in header.lower():
        return False
    wanted = quote_address(address).lower().encode("utf-8", "surrogateescape")
    for line in header.split(b"\n"):
        folded = line.lower()
        if folded.startswith(_NAME) and folded[len(_NAME) :].strip() == wanted:
            return True
    return False


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
