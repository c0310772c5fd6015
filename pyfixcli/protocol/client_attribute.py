"""Attributes of a client that another system tells us of: what XFORWARD and XCLIENT have in common.

A reader takes the decoded value, and returns None for one that is malformed.
"""

from __future__ import annotations

import ipaddress

from pyfixcli.mail.hostname import is_hostname
from pyfixcli.protocol.grammar import decode_xtext

UNAVAILABLE = "[UNAVAILABLE]"
TEMPUNAVAIL = "[TEMPUNAVAIL]"
LONGEST = 255  # characters of a value
_SPECIALS = frozenset(' <>()\\";@')


def split_attribute(word: str) -> tuple[str, str, str | None] | None:
    """(name in upper case, value as it was written, value decoded or None) of ``name=xtext``; None if it is no such word.

    The words for what is not known come in upper case.
    """
    name, equals, text = word.partition("=")
    if not equals:
        return None
    value = decode_xtext(text)
    if value is not None and value.upper() in (UNAVAILABLE, TEMPUNAVAIL):
        value = value.upper()
    return name.upper(), text, value


def read_name(value: str) -> str | None:
    """A host name."""
    return value if is_hostname(value) else None


def read_address(value: str) -> str | None:
    """An IPv4 address, or an IPv6 address after ``IPV6:``."""
    text = value[5:] if value.upper().startswith("IPV6:") else value
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return text if (address.version == 6) == (text != value) and "%" not in text else None


def read_port(value: str) -> str | None:
    """A TCP port."""
    is_good = value.isascii() and value.isdecimal() and len(value) < 6 and 0 < int(value) < 65536
    return value if is_good else None


def read_text(value: str) -> str | None:
    """What may stand in a header and in the log: what has a meaning there becomes ``?``."""
    return "".join("?" if c in _SPECIALS or not c.isprintable() else c for c in value[:LONGEST])
