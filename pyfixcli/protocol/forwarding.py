"""XFORWARD: a content filter that gives mail back says whose it was (XFORWARD_README). For the log only, it gives no rights."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from types import MappingProxyType

import msgspec

from pyfixcli.mail.hostname import is_hostname
from pyfixcli.protocol.grammar import decode_xtext

UNAVAILABLE = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")
LONGEST = 255  # characters of a value
ORDER = "NAME ADDR PROTO HELO SOURCE PORT IDENT"  # as the reply to EHLO has them
_SPECIALS = frozenset(' <>()\\";@')


class Forwarded(msgspec.Struct, frozen=True):
    """What is known of the client before the filter, in the next mail transaction."""

    name: str = "unknown"
    address: str = "unknown"
    port: str = "unknown"
    protocol: str = ""
    helo: str = ""
    ident: str = ""
    source: str = ""


def parse_forwarded(words: list[str], known: Forwarded) -> Forwarded | str:
    """What is known with these attributes, or the text of the refusal (code 501)."""
    values = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            return "Error: attribute=value expected"
        field = FIELDS.get(name.upper())
        if field is None:
            return f"Bad XFORWARD attribute name: {name}"
        value = decode_xtext(text)
        if value in UNAVAILABLE:
            values[field] = getattr(Forwarded(), field)
            continue
        read = None if value is None else READERS[field](value)
        if read is None:
            return f"Bad {name.upper()} syntax: {text}"
        values[field] = read
    return msgspec.structs.replace(known, **values)


def _name(value: str) -> str | None:
    return value if is_hostname(value) else None


def _address(value: str) -> str | None:
    text = value[5:] if value.upper().startswith("IPV6:") else value
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return text if (address.version == 6) == (text != value) and "%" not in text else None


def _port(value: str) -> str | None:
    is_good = value.isascii() and value.isdecimal() and len(value) < 6 and 0 < int(value) < 65536
    return value if is_good else None


def _source(value: str) -> str | None:
    return value.upper() if value.upper() in ("LOCAL", "REMOTE") else None


def _text(value: str) -> str | None:
    """What may stand in a header and in the log: what has a meaning there becomes ``?``."""
    return "".join("?" if c in _SPECIALS or not c.isprintable() else c for c in value[:LONGEST])


FIELDS = MappingProxyType(
    {
        "NAME": "name",
        "ADDR": "address",
        "PORT": "port",
        "PROTO": "protocol",
        "HELO": "helo",
        "IDENT": "ident",
        "SOURCE": "source",
    }
)
READERS: MappingProxyType[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "name": _name,
        "address": _address,
        "port": _port,
        "protocol": _text,
        "helo": _text,
        "ident": _text,
        "source": _source,
    }
)
