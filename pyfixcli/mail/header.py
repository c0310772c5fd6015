"""Header fields: telling them from body lines, and what is known about their names (RFC 5322)."""

from __future__ import annotations

SPACE = b" \t"
NAME_OCTETS = bytes(range(33, 127))

RECIPIENTS = frozenset((b"to", b"cc", b"bcc"))
RESENT_RECIPIENTS = frozenset((b"resent-to", b"resent-cc", b"resent-bcc"))
SENDER_ADDRESSES = frozenset(
    (
        b"from",
        b"sender",
        b"reply-to",
        b"errors-to",
        b"return-receipt-to",
        b"disposition-notification-to",
        b"mail-followup-to",
        b"resent-from",
        b"resent-sender",
        b"resent-reply-to",
        b"return-path",
    )
)
ADDRESSES = RECIPIENTS | RESENT_RECIPIENTS | SENDER_ADDRESSES | {b"apparently-to"}
MIME_NAMES = frozenset(
    (
        b"content-description",
        b"content-disposition",
        b"content-id",
        b"content-transfer-encoding",
        b"content-type",
        b"mime-version",
    )
)


def cut_header(header: bytes, limit: int) -> bytes:
    """At most ``limit`` octets of a header (header_size_limit).

    A line is cut where at least a tenth of the limit is left for it, else it goes.
    """
    if len(header) <= limit:
        return header
    end = header.rfind(b"\n", 0, limit)
    return header[:limit] if end < 0 or limit - end - 1 >= limit // 10 else header[:end]


def split_header(line: bytes) -> tuple[bytes, int] | None:
    """(name, position after the colon) of a header's first line, or None for another line.

    A name is printable characters without blanks; blanks before the colon are tolerated.
    """
    colon = line.find(b":")
    if colon < 1:
        return None
    name = line[:colon].rstrip(SPACE)
    if not name or not _is_name(name):
        return None
    return name, colon + 1


def _is_name(name: bytes) -> bool:
    return not name.translate(None, NAME_OCTETS)


def header_value(text: bytes, after: int) -> str:
    """What follows the colon, unfolded to blanks, as text."""
    return text[after:].replace(b"\n", b" ").strip(SPACE).decode("utf-8", "surrogateescape")
