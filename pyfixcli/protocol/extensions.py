"""The extensions that a server names in its reply to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

from collections.abc import Iterable

from pyfixcli.protocol import forwarding, xclient

# In the order of the reference's reply. AUTH and STARTTLS come in when they are configured.
PIPELINING = "PIPELINING"
SIZE = "SIZE"
VRFY = "VRFY"
ETRN = "ETRN"
XVERP = "XVERP"
STARTTLS = "STARTTLS"
AUTH = "AUTH"
XCLIENT = "XCLIENT"
XFORWARD = "XFORWARD"
ENHANCEDSTATUSCODES = "ENHANCEDSTATUSCODES"
EIGHTBITMIME = "8BITMIME"
DSN = "DSN"
SMTPUTF8 = "SMTPUTF8"
CHUNKING = "CHUNKING"
KEYWORDS = (
    PIPELINING,
    SIZE,
    VRFY,
    ETRN,
    XVERP,
    STARTTLS,
    AUTH,
    XCLIENT,
    XFORWARD,
    ENHANCEDSTATUSCODES,
    EIGHTBITMIME,
    DSN,
    SMTPUTF8,
    CHUNKING,
)
ATTRIBUTES = {XCLIENT: xclient.ORDER, XFORWARD: forwarding.ORDER}
SILENT_DISCARD = "SILENT-DISCARD"


def parse_discarded(text: str) -> frozenset[str]:
    """The words of smtpd_discard_ehlo_keywords, in upper case."""
    return frozenset(text.replace(",", " ").upper().split())


def offered_keywords(
    *,
    has_vrfy: bool,
    has_smtputf8: bool,
    discarded: Iterable[str],
    has_verp: bool = False,
    has_xforward: bool = False,
    has_xclient: bool = False,
) -> frozenset[str]:
    """What is offered without TLS and SASL."""
    offered = set(KEYWORDS) - {STARTTLS, AUTH} - set(discarded)
    if not has_vrfy:
        offered.discard(VRFY)
    if not has_xforward:
        offered.discard(XFORWARD)
    if not has_xclient:
        offered.discard(XCLIENT)
    if not has_verp:
        offered.discard(XVERP)
    if not has_smtputf8:
        offered.discard(SMTPUTF8)
    return frozenset(offered)


def ehlo_lines(hostname: str, offered: frozenset[str], message_size_limit: int) -> str:
    """The text of the reply to EHLO, one line for each keyword."""
    lines = [hostname]
    for keyword in KEYWORDS:
        if keyword not in offered:
            continue
        if keyword == SIZE and message_size_limit:
            lines.append(f"{SIZE} {message_size_limit}")
        elif keyword in ATTRIBUTES:
            lines.append(f"{keyword} {ATTRIBUTES[keyword]}")
        else:
            lines.append(keyword)
    return "\n".join(lines)


def discard_notice(discarded: frozenset[str]) -> str:
    """What the log says about keywords that are left out; empty when it says nothing."""
    if SILENT_DISCARD in discarded:
        return ""
    found = [keyword for keyword in KEYWORDS if keyword in discarded]
    return f"discarding EHLO keywords: {' '.join(found)}" if found else ""
