"""XFORWARD: a content filter that gives mail back says whose it was (XFORWARD_README). For the log only, it gives no rights."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import msgspec

from pyfixcli.protocol.client_attribute import (
    TEMPUNAVAIL,
    UNAVAILABLE,
    read_address,
    read_name,
    read_port,
    read_text,
    split_attribute,
)

ORDER = "NAME ADDR PROTO HELO SOURCE PORT IDENT"  # as the reply to EHLO has them


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
        found = split_attribute(word)
        if found is None:
            return "Error: attribute=value expected"
        name, text, value = found
        field = FIELDS.get(name)
        if field is None:
            return f"Bad XFORWARD attribute name: {word.partition('=')[0]}"
        if value in (UNAVAILABLE, TEMPUNAVAIL):
            values[field] = getattr(Forwarded(), field)
            continue
        read = None if value is None else READERS[field](value)
        if read is None:
            return f"Bad {name} syntax: {text}"
        values[field] = read
    return msgspec.structs.replace(known, **values)


def _source(value: str) -> str | None:
    return value.upper() if value.upper() in ("LOCAL", "REMOTE") else None


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
        "name": read_name,
        "address": read_address,
        "port": read_port,
        "protocol": read_text,
        "helo": read_text,
        "ident": read_text,
        "source": _source,
    }
)
