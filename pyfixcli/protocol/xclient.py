"""XCLIENT: an authorised client says whom it stands for, and the session begins anew (XCLIENT_README).

Unlike XFORWARD it gives and takes rights: the access restrictions judge by what it says.
"""

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

# as the reply to EHLO has them
ORDER = "NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT"


class Claimed(msgspec.Struct, frozen=True):
    """What one command says; None: nothing. The words for what is not known stay as they are."""

    name: str | None = None
    reverse_name: str | None = None
    address: str | None = None
    port: str | None = None
    protocol: str = ""
    helo: str = ""
    login: str | None = None
    own_address: str | None = None  # of this server
    own_port: str | None = None


def parse_claimed(words: list[str]) -> Claimed | str:
    """What the attributes say, or the text of the refusal (code 501)."""
    values = {}
    for word in words:
        found = split_attribute(word)
        if found is None:
            return "Error: attribute=value expected"
        name, text, value = found
        attribute = ATTRIBUTES.get(name)
        if attribute is None:
            return f"Bad XCLIENT attribute name: {word.partition('=')[0]}"
        field, words_for_nothing, reader = attribute
        read = value
        if value is not None and value not in words_for_nothing:
            read = reader(value)
        if read is None:
            return f"Bad {name} syntax: {text}"
        values[field] = read
    return msgspec.structs.replace(Claimed(**values), **_plain(values))


def _plain(values: dict[str, str]) -> dict[str, str]:
    """The name in HELO is empty when it is not known."""
    return {"helo": ""} if values.get("helo") == UNAVAILABLE else {}


def _protocol(value: str) -> str | None:
    return value.upper() if value.upper() in ("SMTP", "ESMTP") else None


_NAMELESS = (UNAVAILABLE, TEMPUNAVAIL)
_UNKNOWN = (UNAVAILABLE,)
# attribute -> field, words for what is not known, reader
ATTRIBUTES: MappingProxyType[str, tuple[str, tuple[str, ...], Callable[[str], str | None]]] = (
    MappingProxyType(
        {
            "NAME": ("name", _NAMELESS, read_name),
            "REVERSE_NAME": ("reverse_name", _NAMELESS, read_name),
            "ADDR": ("address", _UNKNOWN, read_address),
            "PORT": ("port", _UNKNOWN, read_port),
            "PROTO": ("protocol", (), _protocol),
            "HELO": ("helo", _UNKNOWN, read_text),
            "LOGIN": ("login", _UNKNOWN, read_text),
            "DESTADDR": ("own_address", _UNKNOWN, read_address),
            "DESTPORT": ("own_port", _UNKNOWN, read_port),
        }
    )
)
